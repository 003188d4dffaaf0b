/**
 * Sizes at which fast kernels go wrong and plain ones do not:
 *
 *   tails     a vector holds four numbers and a tile 4 x 16 to 6 x 16: widths 1 to 9, 4k - 1, 4k, 4k + 1, one more or less than a tile
 *   blocks    a kernel that works in parts: less than one, exactly one, one and a bit, several, several and a part of one
 *   shares    more items than one thread takes, so that another begins in the middle of a row, of a batch, of a tensor
 *
 * `blocks` lists the sizes in the source; wasm/conformance.test.ts holds the list against the constants there, so that a new
 * block size cannot stay without rows.
 */
import type { Shape } from '../../../../src/tensor/shape.ts';
import type { Layout } from '../harness.ts';

/** Sizes of blocks and shares in src/tensor/backends/wasm, by file and name. */
export const blocks = {
  'assembly/attention.ts BLOCK': 24,
  'assembly/attention.ts SLAB': 128,
  'assembly/few-rows.ts NEAR': 16384,
  'assembly/fused.ts GROUP': 16,
  'assembly/gemm.ts KC': 256,
  'assembly/gemm.ts MAX_COLUMNS': 16,
  'assembly/gemm.ts MAX_ROWS': 6,
  'assembly/gemm.ts NC': 1024,
  'assembly/gemm.ts TILES': 8,
  'assembly/next-tokens.ts STRIP': 64,
  'assembly/optimizer.ts CHUNK': 4096,
  'assembly/reduce.ts RUN': 4096,
  'assembly/reduce.ts PIECE': 512,
  'assembly/reduce.ts STRIP': 64,
  'assembly/rows.ts STRIP': 1024,
  'device.ts GRAIN': 16384,
  'fused.ts GROUP': 16,
  'fused.ts GRAIN': 8192,
  'fused.ts ATTENTION_GRAIN': 65536,
  'fused.ts LOGIT_ROWS': 256,
  'fused.ts PRODUCT_SCRATCH': 65536,
  'fused.ts BLOCK': 24,
  'fused.ts SLAB': 128,
  'matmul.ts GRAIN_WORK': 262144,
  'matmul.ts FEW_ROWS': 128,
  'matmul.ts FEW_ROWS_GRAIN': 524288,
  'matmul.ts KC': 256,
  'matmul.ts PACK_GRAIN': 16384,
  'optimizer.ts CHUNK': 4096,
  'optimizer.ts GRAIN': 2,
  'reduce.ts RUN': 4096,
  'softmax.ts WORK': 8192,
} as const;

/** Less than a block, exactly one, one and a bit, several, several and a part. */
export const around = (block: number): number[] => [block - 1, block, block + 1, 2 * block, 2 * block + 3];
/** Widths around the four numbers of a vector. */
export const tails: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 31, 33];

export const ulp = 2 ** -23;
export const layouts: readonly Layout[] = [
  'row-major',
  'transposed',
  'sliced',
  'every second',
  'reversed',
  'expanded',
];
export const layoutOf = (i: number): Layout => layouts[i % layouts.length]!;
/** Four axes of odd lengths, more than two shares of any job: shares begin in the middle of rows. */
export const large: Shape = [3, 7, 41, 43];
