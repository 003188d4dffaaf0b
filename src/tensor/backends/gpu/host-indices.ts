/**
 * Checking indices. A device cannot throw, and waiting for its answer would stall every step; but ids nearly always come from
 * the host, where their values are remembered (memory.ts). Those are checked as on every backend. An index that was computed on
 * the device and is out of range reads an arbitrary element, or 0.
 */
import type { View } from '../../view.ts';
import type { GpuArray } from './memory.ts';

/** The elements of an int32 vector as they were uploaded; null if they were computed on the device. */
function hostValues(index: View): Int32Array | null {
  const { host } = index.data as GpuArray;
  if (host === null) return null;
  let values = [index.offset];
  for (let axis = 0; axis < index.shape.length; axis++) {
    const step = index.stride[axis]!;
    values = values.flatMap((start) =>
      Array.from({ length: index.shape[axis]! }, (_, i) => start + i * step),
    );
  }
  return Int32Array.from(values, (place) => host[place]!);
}

export function checkIndices(op: string, index: View, length: number): Int32Array | null {
  const values = hostValues(index);
  const bad = values?.find((id) => id < 0 || id >= length);
  if (bad !== undefined) throw new RangeError(`${op}: index ${bad} is outside an axis of length ${length}`);
  return values;
}

export function checkTargets(targets: View, classes: number, ignored: number): void {
  const values = hostValues(targets);
  const row = values?.findIndex((id) => id !== ignored && (id < 0 || id >= classes)) ?? -1;
  if (row === -1) return;
  throw new RangeError(
    `crossEntropy: target ${values![row]} in row ${row} is not a class, there are ${classes} classes`,
  );
}
