/**
 * Embedding rows and their adjoint on the wasm backend (kernels in assembly/indexing.ts). Indices are checked here, the kernels
 * trust them.
 */
import type { HostArray } from '../../dtype.ts';
import type { View } from '../../view.ts';
import { type Device, GRAIN } from './device.ts';

export function gatherRows(device: Device, table: View, index: View): HostArray {
  const [rows, width] = table.shape as [number, number];
  checkIndices(index, rows);
  const count = index.size;
  const result = device.allocate('float32', count * width);
  if (result.length === 0) return result;
  const isRowwise = table.stride[1] === 1 || width === 1;
  const source = isRowwise ? device.address(table) : device.rowMajor(table);
  const ids = device.rowMajor(index);
  const step = isRowwise ? table.stride[0]! : width;
  const args = [source, step, ids, result.byteOffset, width];
  device.run('gatherTableRows', count, Math.ceil(GRAIN / width), args);
  device.done();
  return result;
}

export function scatterAddRows(device: Device, rows: number, index: View, source: View): HostArray {
  checkIndices(index, rows);
  const width = source.shape[1]!;
  const result = device.allocate('float32', rows * width);
  if (result.length === 0) return result;
  const [values, ids] = [device.rowMajor(source), device.rowMajor(index)];
  const args = [values, ids, index.size, result.byteOffset, width];
  device.run('scatterTableRows', rows, Math.ceil(GRAIN / width), args);
  device.done();
  return result;
}

function checkIndices(index: View, length: number): void {
  const ids = index.data as HostArray;
  const step = index.stride[0]!;
  for (let n = 0, at = index.offset; n < index.shape[0]!; n++, at += step) {
    const id = ids[at]!;
    if (id < 0 || id >= length) {
      throw new RangeError(`embedding: index ${id} is outside an axis of length ${length}`);
    }
  }
}
