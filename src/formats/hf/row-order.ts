/**
 * Weights between memory and disk: some architectures hold the rows of some parameters in another order than files do.
 *
 * Which rows go where is the architecture's to say (`rowsOnDisk`); here they only change places. What lies in the same order is
 * passed on as it is, without a copy.
 */
import { architectureOf } from '../../models/architectures/index.ts';
import type { ModelConfig } from '../../models/config.ts';
import type { StoredTensor } from '../safetensors.ts';

type Tensors = ReadonlyMap<string, StoredTensor>;

/** Row i on disk is row order[i] in memory. */
export function toDiskOrder(config: ModelConfig, tensors: Tensors): Map<string, StoredTensor> {
  return moved(config, tensors, (order) => order);
}

export function toMemoryOrder(config: ModelConfig, tensors: Tensors): Map<string, StoredTensor> {
  return moved(config, tensors, (order) => {
    const inverse = new Int32Array(order.length);
    for (const [onDisk, inMemory] of order.entries()) inverse[inMemory] = onDisk;
    return inverse;
  });
}

function moved(
  config: ModelConfig,
  tensors: Tensors,
  direction: (order: Int32Array) => Int32Array,
): Map<string, StoredTensor> {
  const { onDisk } = architectureOf(config);
  const result = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    const order = onDisk.rowsOnDisk?.(name, config) ?? null;
    result.set(name, order === null ? tensor : withRows(tensor, direction(order)));
  }
  return result;
}

/** The rows (of the first axis) in another order. */
function withRows({ shape, values }: StoredTensor, order: Int32Array): StoredTensor {
  const width = values.length / order.length;
  const result = values.slice();
  for (const [row, source] of order.entries())
    result.set(values.subarray(source * width, (source + 1) * width), row * width);
  return { shape, values: result };
}
