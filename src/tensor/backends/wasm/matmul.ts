/**
 * Matrix products on the wasm backend: batches are folded into one job wherever their strides allow it.
 *
 * The right factor is packed once, by all threads, and then used by all of them; a batch with a factor of its own for each
 * product packs it where it is used.
 */
import type { HostArray } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import type { View } from '../../view.ts';
import { forEachRow } from '../../walk.ts';
import type { Device } from './device.ts';

/** Rows of k packed at once, as in assembly/gemm.ts. */
const KC = 256;
/** Numbers to pack that are worth waking a thread for. */
const PACK_GRAIN = 1 << 14;
/** Multiply-adds below which waking another thread costs more than it saves. */
const GRAIN_WORK = 1 << 18;

/** At most this many rows are products without packing (assembly/few-rows.ts). */
const FEW_ROWS = 128;
/** The fewest multiply-adds of such rows that are worth waking a thread. */
const FEW_ROWS_GRAIN = 1 << 19;

export function matmul(device: Device, a: View, b: View): HostArray {
  const rank = a.shape.length;
  const result = device.allocate('float32', sizeOf(a.shape.slice(0, -1)) * b.shape[rank - 1]!);
  if (isFewRows(a, b)) dotRows(device, a, b, result, 0, 0);
  else gemm(device, a, b, result, false);
  return result;
}

/** Decoding: a few rows, both operands contiguous along k. */
export function isFewRows(a: View, b: View): boolean {
  if (a.shape.length !== 2 || a.shape[0]! > FEW_ROWS) return false;
  return a.stride[1] === 1 && b.stride[0] === 1 && a.size > 0 && b.size > 0;
}

/** c = base + a b for few rows; base is an address (0 for zeros), its rows `baseRow` elements apart. */
export function dotRows(device: Device, a: View, b: View, c: HostArray, base: number, baseRow: number): void {
  const [m, k] = a.shape as [number, number];
  const n = b.shape[1]!;
  const operands = [device.address(a), a.stride[0]!, device.address(b), b.stride[1]!];
  const grain = 4 * Math.ceil(FEW_ROWS_GRAIN / (4 * m * k));
  device.run('dotRows', n, grain, [...operands, c.byteOffset, base, baseRow, m, n, k]);
}

/** c (+)= a b; c is row-major [..., M, N]. */
export function gemm(device: Device, a: View, b: View, c: HostArray, add: boolean): void {
  const rank = a.shape.length;
  const [m, k, n] = [a.shape[rank - 2]!, a.shape[rank - 1]!, b.shape[rank - 1]!];
  const batch = a.shape.slice(0, -2);
  if (c.length === 0) return;
  if (k === 0) {
    if (!add) c.fill(0);
    return;
  }
  const { rows, columns } = device.tile;
  const blocks = Math.ceil(m / rows);
  const grain = Math.max(1, Math.ceil(GRAIN_WORK / (rows * k * n)));
  if (batch.length === 0) {
    const room = Math.ceil(n / 8) * 8;
    const panels = Math.ceil(room / columns) * Math.ceil(k / KC);
    const packed = device.allocate('float32', room * k);
    const packGrain = Math.ceil(PACK_GRAIN / (columns * Math.min(k, KC)));
    const from = [device.address(b), b.stride[0]!, b.stride[1]!];
    device.run('packColumns', panels, packGrain, [...from, n, k, packed.byteOffset]);
    const left = [device.address(a), a.stride[0]!, a.stride[1]!];
    device.run('gemmPacked', blocks, grain, [...left, packed.byteOffset, c.byteOffset, m, n, k, add ? 1 : 0]);
    device.memory.release(packed);
    return;
  }
  const [aBase, bBase] = [device.address(a) - 4 * a.offset, device.address(b) - 4 * b.offset];
  const walks = [a, b].map((view) => ({ offset: view.offset, stride: view.stride.slice(0, -2) }));
  let to = c.byteOffset;
  forEachRow(batch, walks, (count, starts, steps) => {
    device.run('gemm', count * blocks, grain, [
      aBase + 4 * starts[0]!,
      steps[0]!,
      a.stride[rank - 2]!,
      a.stride[rank - 1]!,
      bBase + 4 * starts[1]!,
      steps[1]!,
      b.stride[rank - 2]!,
      b.stride[rank - 1]!,
      to,
      m,
      n,
      k,
      add ? 1 : 0,
    ]);
    to += 4 * count * m * n;
  });
}
