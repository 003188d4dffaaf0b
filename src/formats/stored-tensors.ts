/**
 * Between the tensors of the engine, which may live on any device, and the plain arrays of a safetensors file.
 */
import { UserError } from '../errors.ts';
import { quoted } from '../json-text.ts';
import { fromArray, type Tensor } from '../tensor/index.ts';
import type { StoredTensor } from './safetensors.ts';

/** Tensors by name, read back from wherever they live. */
export async function storeTensors(tensors: ReadonlyMap<string, Tensor>): Promise<Map<string, StoredTensor>> {
  const stored = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors)
    stored.set(name, { shape: tensor.shape, values: await tensor.read() });
  return stored;
}

/** The same tensors on the default backend. */
export function loadTensors(stored: ReadonlyMap<string, StoredTensor>): Map<string, Tensor> {
  return new Map([...stored].map(([name, { shape, values }]) => [name, fromArray(values, shape)]));
}

/**
 * Refuse NaN, infinities and what float32 cannot hold, by file, tensor and place. One pass: 1 ms for a million numbers, 0.4 s for
 * a hundred million.
 */
export function checkNumbers(stored: ReadonlyMap<string, StoredTensor>, path: string): void {
  for (const [name, { shape, values }] of stored) {
    const bad = firstNotFinite(values);
    if (bad === -1) continue;
    throw new UserError(
      `${path}: ${quoted(name)} has ${values[bad]} at [${placeOf(bad, shape).join(', ')}]; ` +
        'no model can use such a number, use another checkpoint',
    );
  }
}

function firstNotFinite(values: StoredTensor['values']): number {
  if (values instanceof Int32Array) return -1;
  if (values instanceof Float64Array) return values.findIndex((x) => !Number.isFinite(Math.fround(x)));
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** Position i in row-major order as one index for each axis. */
function placeOf(i: number, shape: readonly number[]): number[] {
  const place: number[] = [];
  let rest = i;
  for (const length of [...shape].reverse()) {
    place.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return place;
}
