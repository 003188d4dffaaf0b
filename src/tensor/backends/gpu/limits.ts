/**
 * The largest tensor of a device, and how a grid of rows and columns is laid out within its limits.
 *
 *   mode                 limit                                          a grid beyond it
 *   webgl2, headlessgl   a texture's longest side (its square in all)    [columns, 1, rows], which gpu.js lays out as a square
 *   webgpu               the size of a buffer                            a sentence
 *                        65535 groups of eight rows in one launch        folded into layers
 *   all but cpu          2^24 numbers: gpu.js makes every local variable of a kernel a float, larger places would be rounded
 */
import { tooLarge } from './faults.ts';
import { type DeviceContext, type GpuMode, isTextureMode } from './library.ts';
import { LARGEST_INTEGER } from './memory.ts';

export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

const MAX_TEXTURE_SIZE = 0x0d33; // WebGL's number for the limit
const WEBGPU_ROWS = 65535 * 8;

export class Limits {
  private readonly mode: GpuMode;
  /** Longest side of a texture, and most numbers in one tensor. */
  private readonly side: number;
  private readonly size: number;

  /** Without a context (before the first kernel has run) the device's own limits are not known. */
  constructor(mode: GpuMode, context: DeviceContext | null) {
    this.mode = mode;
    const side = isTextureMode(mode) ? context?.getParameter?.(MAX_TEXTURE_SIZE) : undefined;
    this.side = typeof side === 'number' && side > 0 ? side : isTextureMode(mode) ? 2048 : Infinity;
    const limits = mode === 'webgpu' ? context?.device?.limits : undefined;
    const buffer =
      limits === undefined
        ? Infinity
        : Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize) / 4;
    this.size = Math.min(this.side ** 2, buffer, mode === 'cpu' ? Infinity : LARGEST_INTEGER);
  }

  /** Throws if a tensor of `size` numbers has no place on the device; `what` is who would make it. */
  check(what: string, size: number): void {
    if (size <= this.size) return;
    const limit =
      this.size === LARGEST_INTEGER
        ? `the ${LARGEST_INTEGER} that a kernel of gpu.js can address`
        : isTextureMode(this.mode)
          ? `a texture of ${this.side} x ${this.side}, the largest of this device`
          : `a buffer of ${this.size} numbers, the largest of this device`;
    throw tooLarge(what, size, limit);
  }

  /** The shape that gpu.js gets; kernels find their row with `fold`. Flat memory is the same for every layout. */
  layOut({ rows, columns }: Grid): { output: readonly number[]; fold: number } {
    if (isTextureMode(this.mode) && rows > 1 && Math.max(rows, columns) > this.side) {
      return { output: [columns, 1, rows], fold: 1 };
    }
    if (this.mode === 'webgpu' && rows > WEBGPU_ROWS) {
      const layers = Math.ceil(rows / WEBGPU_ROWS);
      const fold = Math.ceil(rows / layers);
      return { output: [columns, fold, layers], fold };
    }
    return { output: rows === 1 ? [columns] : [columns, rows], fold: rows };
  }
}
