/**
 * Between the tensors of the engine, which may live on any device, and the plain arrays of a safetensors file.
 */
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
