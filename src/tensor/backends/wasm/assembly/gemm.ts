/**
 * Matrix products C (+)= A B in float32, for any strides of A and B.
 *
 * Goto & van de Geijn (2008), "Anatomy of high-performance matrix multiplication": B is packed into panels of 8 or 16 columns, A
 * into panels of 4 to 6 rows, and a register tile of sums (tiles.ts) runs down both. Packing makes every transpose case the same
 * inner loop; edges are padded with zeros in the panels and cut off when the tile is stored.
 *
 *   for 256 of k                            a panel of B is 16 kB
 *     for 48 rows of C                      their panels of A are packed here, 48 kB
 *       for each panel of B                 read once from the second-level cache ...
 *         for each panel of A               ... and used for all of them
 *
 * Every element of C is summed over k in the same order whatever the size of the tile or of the job, so neither the width of the
 * registers nor the number of threads changes a bit.
 */
import { tile4x16, tile4x8, tile5x8, tile6x16, tile6x8 } from './tiles';

/** 1 where V8 makes 256-bit operations of pairs of vectors (../width.ts finds out), else 0. */
// @ts-ignore: decorator
@external('env', 'wide')
declare const WIDE: i32;

const KC: i32 = 256;
/** Panels of A packed at once. */
const TILES: i32 = 8;
/** Of the largest tile: 6 rows, 16 columns. */
const MAX_ROWS: i32 = 6;
const MAX_COLUMNS: i32 = 16;
/** Columns of B that a product on its own packs at once: KC x NC floats, 1 MB. */
const NC: i32 = 1024;
/** Bytes of scratch memory: an edge tile, zeros, panels of A; what is after them belongs to the caller. */
const ZEROS: usize = <usize>(MAX_ROWS * MAX_COLUMNS * 4);
const A_PANELS: usize = ZEROS + 64;
export const B_PANELS: usize = A_PANELS + <usize>(TILES * MAX_ROWS * KC * 4);

/** Rows and columns of the tile in use. */
// @ts-ignore: decorator
@inline
function tileRows(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 6 : WIDE ? 4 : 5;
}

// @ts-ignore: decorator
@inline
function tileColumns(): i32 {
  return WIDE ? 16 : 8;
}

/** For the caller, who counts in rows of tiles. */
export function rowsOfTile(): i32 {
  return tileRows();
}

export function columnsOfTile(): i32 {
  return tileColumns();
}

// @ts-ignore: decorator
@inline
function transpose4(from: usize, step: usize, to: usize, toStep: usize): void {
  const r0 = v128.load(from), r1 = v128.load(from + step), r2 = v128.load(from + 2 * step), r3 = v128.load(from + 3 * step);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
  v128.store(to + toStep, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
  v128.store(to + 2 * toStep, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
  v128.store(to + 3 * toStep, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
}

/** The last two lines of a panel of six: out[k * width + line] for four k. */
// @ts-ignore: decorator
@inline
function transpose2(from: usize, step: usize, to: usize, toStep: usize): void {
  const r0 = v128.load(from), r1 = v128.load(from + step);
  const low = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), high = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  v128.store64_lane(to, low, 0);
  v128.store64_lane(to + toStep, low, 1);
  v128.store64_lane(to + 2 * toStep, high, 0);
  v128.store64_lane(to + 3 * toStep, high, 1);
}

/**
 * `lines` lines of length kc, interleaved to a panel: out[k * width + line]; missing lines are zeros. Steps in elements. `width`
 * is a constant wherever this is inlined.
 */
// @ts-ignore: decorator
@inline
function packPanel(from: usize, lineStep: i32, step: i32, kc: i32, lines: i32, width: i32, out: usize): void {
  const ls = <usize>lineStep << 2, ks = <usize>step << 2, row = <usize>width << 2;
  if (lines == width && lineStep == 1) {
    for (let k = 0; k < kc; k++, from += ks, out += row) {
      const first = v128.load(from);
      if (width == 5) store<u32>(out, load<u32>(from, 16), 16);
      if (width == 6) store<u64>(out, load<u64>(from, 16), 16);
      if (width >= 8) {
        const second = v128.load(from, 16);
        if (width == 16) {
          const third = v128.load(from, 32), fourth = v128.load(from, 48);
          v128.store(out, fourth, 48);
          v128.store(out, third, 32);
        }
        v128.store(out, second, 16);
      }
      v128.store(out, first);
    }
    return;
  }
  let k = 0;
  if (lines == width && step == 1) {
    for (; k + 4 <= kc; k += 4, from += 16, out += 4 * row) {
      transpose4(from, ls, out, row);
      if (width == 5) {
        const last = from + 4 * ls;
        for (let i: usize = 0; i < 4; i++) store<u32>(out + i * row, load<u32>(last + 4 * i), 16);
      }
      if (width == 6) transpose2(from + 4 * ls, ls, out + 16, row);
      if (width >= 8) transpose4(from + 4 * ls, ls, out + 16, row);
      if (width == 16) {
        transpose4(from + 8 * ls, ls, out + 32, row);
        transpose4(from + 12 * ls, ls, out + 48, row);
      }
    }
  }
  for (; k < kc; k++, from += ks, out += row) {
    for (let line = 0; line < width; line++) {
      store<f32>(out + (<usize>line << 2), line < lines ? load<f32>(from + <usize>line * ls) : 0);
    }
  }
}

function pack(from: usize, lineStep: i32, step: i32, kc: i32, lines: i32, width: i32, out: usize): void {
  if (width == 16) packPanel(from, lineStep, step, kc, lines, 16, out);
  else if (width == 8) packPanel(from, lineStep, step, kc, lines, 8, out);
  else if (width == 6) packPanel(from, lineStep, step, kc, lines, 6, out);
  else if (width == 5) packPanel(from, lineStep, step, kc, lines, 5, out);
  else packPanel(from, lineStep, step, kc, lines, 4, out);
}

/** Columns that the panels of N columns have room for: a last one of up to 8 is half as wide. */
// @ts-ignore: decorator
@inline
function padded(N: i32): i32 {
  return (N + 7) & ~7;
}

/** Columns of the panel that begins at `column` of `room`. */
// @ts-ignore: decorator
@inline
function panelWidth(column: i32, room: i32): i32 {
  return min(tileColumns(), room - column);
}

/**
 * B [K, N] as panels, for `gemmPacked`: out[k0 room + column kc] is the panel of kc rows from k0 on. An item is a panel, first
 * those of the first 256 rows.
 */
export function packColumns(
  b: usize, bRow: i32, bCol: i32, N: i32, K: i32, out: usize, begin: i32, end: i32, scratch: usize,
): void {
  const columns = tileColumns(), room = padded(N), panels = (room + columns - 1) / columns;
  for (let item = begin; item < end; item++) {
    const k0 = item / panels * KC, column = item % panels * columns, kc = min(KC, K - k0);
    const from = b + ((<usize>k0 * <usize>bRow + <usize>column * <usize>bCol) << 2);
    const to = out + ((<usize>k0 * <usize>room + <usize>column * <usize>kc) << 2);
    pack(from, bCol, bRow, kc, min(columns, N - column), panelWidth(column, room), to);
  }
}

// @ts-ignore: decorator
@inline
function tile(a: usize, b: usize, kc: i32, width: i32, c: usize, ldc: usize, base: usize, ldb: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (width == 16) tile6x16(a, b, kc, c, ldc, base, ldb);
    else tile6x8(a, b, kc, c, ldc, base, ldb);
  } else if (WIDE) {
    if (width == 16) tile4x16(a, b, kc, c, ldc, base, ldb);
    else tile4x8(a, b, kc, c, ldc, base, ldb);
  } else tile5x8(a, b, kc, c, ldc, base, ldb);
}

/**
 * C (+)= kc columns of A times as many rows of B, from row `first` of panels that hold `depth` of them and have room for `room`
 * columns; the first N are wanted. `add` keeps what is in C. ldc in bytes.
 */
function multiply(
  a: usize, aRow: i32, aCol: i32, bPanels: usize, depth: i32, first: i32, room: i32,
  c: usize, ldc: usize, M: i32, N: i32, kc: i32, add: bool, scratch: usize,
): void {
  const ROWS = tileRows(), aPanels = scratch + A_PANELS, aBytes = <usize>(kc * ROWS) << 2;
  const edge = scratch, zeros = scratch + ZEROS;
  for (let i0 = 0; i0 < M; i0 += TILES * ROWS) {
    const last = min(M, i0 + TILES * ROWS);
    let panel = aPanels;
    for (let i = i0; i < last; i += ROWS, panel += aBytes) {
      pack(a + ((<usize>i * <usize>aRow) << 2), aRow, aCol, kc, min(ROWS, M - i), ROWS, panel);
    }
    for (let column = 0; column < N; column += tileColumns()) {
      const width = panelWidth(column, room);
      const b = bPanels + ((<usize>column * <usize>depth + <usize>first * <usize>width) << 2);
      const columns = min(width, N - column);
      let to = c + <usize>i0 * ldc + (<usize>column << 2);
      panel = aPanels;
      for (let i = i0; i < last; i += ROWS, panel += aBytes, to += <usize>ROWS * ldc) {
        const rows = min(ROWS, M - i);
        if (rows == ROWS && columns == width) {
          tile(panel, b, kc, width, to, ldc, add ? to : zeros, add ? ldc : 0);
          continue;
        }
        const line = <usize>width << 2;
        if (add) copyBlock(edge, line, to, ldc, rows, columns); // sums go on from C: the same additions as in a whole tile
        tile(panel, b, kc, width, edge, line, add ? edge : zeros, add ? line : 0);
        copyBlock(to, ldc, edge, line, rows, columns);
      }
    }
  }
}

/** rows x columns of a tile at the edge; steps in bytes. */
function copyBlock(to: usize, toStep: usize, from: usize, fromStep: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++, to += toStep, from += fromStep) {
    for (let s = 0; s < columns; s++) store<f32>(to + (<usize>s << 2), load<f32>(from + (<usize>s << 2)));
  }
}

/** One product with all of its operands in place; `add` keeps what is in C. Strides in elements. */
export function product(
  a: usize, aRow: i32, aCol: i32, b: usize, bRow: i32, bCol: i32, c: usize, ldc: i32,
  M: i32, N: i32, K: i32, add: bool, scratch: usize,
): void {
  const bPanels = scratch + B_PANELS, columns = tileColumns();
  memory.fill(scratch + ZEROS, 0, 64);
  for (let n0 = 0; n0 < N; n0 += NC) {
    const nc = min(NC, N - n0), room = padded(nc);
    for (let k0 = 0; k0 < K; k0 += KC) {
      const kc = min(KC, K - k0);
      for (let column = 0; column < nc; column += columns) {
        const from = b + ((<usize>k0 * <usize>bRow + <usize>(n0 + column) * <usize>bCol) << 2);
        const to = bPanels + ((<usize>column * <usize>kc) << 2);
        pack(from, bCol, bRow, kc, min(columns, nc - column), panelWidth(column, room), to);
      }
      const from = a + ((<usize>k0 * <usize>aCol) << 2), to = c + (<usize>n0 << 2);
      multiply(from, aRow, aCol, bPanels, kc, 0, room, to, <usize>ldc << 2, M, nc, kc, add || k0 > 0, scratch);
    }
  }
}

/**
 * A batch of products. Items are rows of tiles of one product after the other; C is row-major [batch, M, N].
 * With `add`, C holds what is to be added to (a bias, a residual).
 */
export function gemm(
  a: usize, aBatch: i32, aRow: i32, aCol: i32, b: usize, bBatch: i32, bRow: i32, bCol: i32, c: usize,
  M: i32, N: i32, K: i32, add: i32, begin: i32, end: i32, scratch: usize,
): void {
  const ROWS = tileRows(), blocks = (M + ROWS - 1) / ROWS;
  let item = begin;
  while (item < end) {
    const batch = item / blocks, first = item - batch * blocks;
    const last = min(blocks, first + end - item);
    const row = first * ROWS, rows = min(M, last * ROWS) - row;
    product(
      a + ((<usize>batch * <usize>aBatch + <usize>row * <usize>aRow) << 2), aRow, aCol,
      b + ((<usize>batch * <usize>bBatch) << 2), bRow, bCol,
      c + ((<usize>batch * <usize>(M * N) + <usize>row * <usize>N) << 2), N,
      rows, N, K, add != 0, scratch,
    );
    item += last - first;
  }
}

/** All panels of B [K, N] in one go; returns the address after them. */
export function packAll(b: usize, bRow: i32, bCol: i32, N: i32, K: i32, out: usize): usize {
  const columns = tileColumns(), room = padded(N);
  packColumns(b, bRow, bCol, N, K, out, 0, (room + columns - 1) / columns * ((K + KC - 1) / KC), 0);
  return out + ((<usize>K * <usize>room) << 2);
}

/**
 * C (+)= A times rows first..last of B [K, N], which lies in panels; only its first `columns` columns are wanted. The columns of A
 * begin with the one for row `first`. ldc in elements.
 */
export function multiplyPanels(
  a: usize, aRow: i32, aCol: i32, panels: usize, N: i32, K: i32, first: i32, last: i32,
  c: usize, ldc: i32, M: i32, columns: i32, add: bool, scratch: usize,
): void {
  const room = padded(N);
  memory.fill(scratch + ZEROS, 0, 64);
  for (let k0 = first & ~(KC - 1); k0 < last; k0 += KC) {
    const depth = min(KC, K - k0), from = max(first - k0, 0), to = min(last - k0, depth);
    const at = a + ((<usize>(k0 + from - first) * <usize>aCol) << 2), b = panels + ((<usize>k0 * <usize>room) << 2);
    multiply(at, aRow, aCol, b, depth, from, room, c, <usize>ldc << 2, M, columns, to - from, add || k0 + from > first, scratch);
  }
}

/** One product with B packed by `packColumns`; an item is a row of tiles. */
export function gemmPacked(
  a: usize, aRow: i32, aCol: i32, bPanels: usize, c: usize,
  M: i32, N: i32, K: i32, add: i32, begin: i32, end: i32, scratch: usize,
): void {
  const ROWS = tileRows(), row = begin * ROWS, rows = min(M, end * ROWS) - row;
  const from = a + ((<usize>row * <usize>aRow) << 2), to = c + ((<usize>row * <usize>N) << 2);
  multiplyPanels(from, aRow, aCol, bPanels, N, K, 0, K, to, N, rows, N, add != 0, scratch);
}
