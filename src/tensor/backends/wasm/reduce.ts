/**
 * Reductions on the wasm backend (kernels in assembly/reduce.ts): groups of neighbouring axes are reduced one after the other
 * from the last to the first, each as rows ([outer, n] -> [outer]) or as columns ([outer, n, inner] -> [outer, inner]).
 */
import type { ReduceKind } from '../../backend.ts';
import type { HostArray } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import type { View } from '../../view.ts';
import { type Device, GRAIN } from './device.ts';

/** Elements of a row that one item combines, as in assembly/reduce.ts. */
const RUN = 4096;
export const SUM = 0;
const kinds: Record<ReduceKind, number> = { sum: SUM, max: 1, min: 2 };

/** `x` is float32 and not empty. */
export function reduce(device: Device, kind: ReduceKind, x: View, axes: readonly number[]): HostArray {
  const { shape } = x;
  const input = device.rowMajor(x);
  const code = kinds[kind];
  let from = input;
  let temporary: HostArray | undefined;
  let outer = sizeOf(shape);
  let inner = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (!axes.includes(axis)) {
      outer /= shape[axis]!;
      inner *= shape[axis]!;
      continue;
    }
    let length = shape[axis]!;
    while (axes.includes(axis - 1)) length *= shape[--axis]!;
    outer /= length;
    if (length === 1) continue;
    const result =
      inner === 1
        ? rows(device, code, from, outer, length)
        : columns(device, code, from, outer, length, inner);
    if (temporary !== undefined) device.memory.release(temporary);
    temporary = result;
    from = result.byteOffset;
  }
  const result = temporary ?? device.copy(x); // every reduced axis had length 1
  device.done();
  return result;
}

/** Sums (or largest, smallest) of `outer` rows that lie one after the other. */
export function rows(device: Device, code: number, from: number, outer: number, length: number): HostArray {
  const runs = Math.ceil(length / RUN);
  const result = device.allocate('float32', outer * runs);
  const grain = Math.max(1, Math.ceil(GRAIN / Math.min(length, RUN)));
  device.run('rowReduce', outer * runs, grain, [code, from, result.byteOffset, length, runs]);
  if (runs === 1) return result;
  const total = rows(device, code, result.byteOffset, outer, runs);
  device.memory.release(result);
  return total;
}

function columns(
  device: Device,
  code: number,
  from: number,
  outer: number,
  length: number,
  inner: number,
): HostArray {
  const result = device.allocate('float32', outer * inner);
  const grain = Math.max(1, Math.ceil(GRAIN / (16 * length)));
  device.run('columnReduce', outer * Math.ceil(inner / 16), grain, [
    code,
    from,
    result.byteOffset,
    length,
    inner,
  ]);
  return result;
}

/** argmax along the last axis of a float32 tensor that is not empty. */
export function argmaxLast(device: Device, x: View): HostArray {
  const length = x.shape.at(-1)!;
  const result = device.allocate('int32', x.size / length);
  const input = device.rowMajor(x);
  const grain = Math.max(1, Math.ceil(8192 / length));
  device.run('argmaxRows', result.length, grain, [input, result.byteOffset, length]);
  device.done();
  return result;
}
