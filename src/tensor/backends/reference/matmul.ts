/**
 * Matrix product on plain typed arrays, register-blocked 4 x 4.
 *
 * The textbook loop reads two numbers for every multiply-add. Sixteen running sums held in local variables read eight numbers
 * for sixteen of them, which is about 4.5 times as fast here (bench/). Both operands are first copied into panels of four
 * rows (of A) and four columns (of B), so that the inner loop walks forward through memory whichever of them is transposed;
 * that costs MK + KN copies against MNK multiply-adds. Edges are padded with zeros, and products with few rows (decoding one
 * token) skip the packing, which would cost as much as the product.
 *
 * Sums run over k in increasing order in double precision, so results do not depend on the blocking.
 */
import { type DType, type HostArray, hostArray } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import type { View } from '../../view.ts';
import { forEachRow, host } from './loops.ts';

interface Matrix {
  readonly data: HostArray;
  readonly offset: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

export function matmul(a: View, b: View, dtype: DType): HostArray {
  const rank = a.shape.length;
  const [m, k, n] = [a.shape[rank - 2]!, a.shape[rank - 1]!, b.shape[rank - 1]!];
  const batch = a.shape.slice(0, -2);
  const c = hostArray(dtype, sizeOf(batch) * m * n);
  if (c.length === 0 || k === 0) return c;
  const [left, right] = [host(a.data), host(b.data)];
  let at = 0;
  const walks = [a, b].map((view) => ({ offset: view.offset, stride: view.stride.slice(0, -2) }));
  forEachRow(batch, walks, (count, starts, steps) => {
    for (let i = 0; i < count; i++, at += m * n) {
      const A = matrix(left, a, starts[0]! + i * steps[0]!);
      const B = matrix(right, b, starts[1]! + i * steps[1]!);
      if (m < 4) fewRows(A, B, c, at, m, k, n);
      else blocked(A, B, c, at, m, k, n);
    }
  });
  return c;
}

function matrix(data: HostArray, view: View, offset: number): Matrix {
  const rank = view.shape.length;
  return { data, offset, rowStep: view.stride[rank - 2]!, columnStep: view.stride[rank - 1]! };
}

// Panels are scratch memory, kept between calls and grown when needed.
let panelA = new Float64Array(0);
let panelB = new Float64Array(0);

function blocked(A: Matrix, B: Matrix, c: HostArray, at: number, m: number, k: number, n: number): void {
  const panels = Math.ceil(n / 4);
  if (panelA.length < 4 * k) panelA = new Float64Array(4 * k);
  if (panelB.length < 4 * k * panels) panelB = new Float64Array(4 * k * panels);
  for (let p = 0; p < panels; p++) {
    pack(
      B.data,
      B.offset + 4 * p * B.columnStep,
      B.columnStep,
      B.rowStep,
      Math.min(4, n - 4 * p),
      k,
      panelB,
      4 * k * p,
    );
  }
  for (let i = 0; i < m; i += 4) {
    const rows = Math.min(4, m - i);
    pack(A.data, A.offset + i * A.rowStep, A.rowStep, A.columnStep, rows, k, panelA, 0);
    for (let p = 0; p < panels; p++) {
      block(panelA, panelB, 4 * k * p, k, c, at + i * n + 4 * p, n, rows, Math.min(4, n - 4 * p));
    }
  }
}

/** Up to four lines of length k, interleaved: out[4 j + r] = line r, element j; missing lines are zeros. */
function pack(
  data: HostArray,
  offset: number,
  lineStep: number,
  step: number,
  lines: number,
  k: number,
  out: Float64Array,
  at: number,
): void {
  if (lines === 4) {
    let [p0, p1, p2, p3] = [offset, offset + lineStep, offset + 2 * lineStep, offset + 3 * lineStep];
    for (let to = at; to < at + 4 * k; to += 4, p0 += step, p1 += step, p2 += step, p3 += step) {
      out[to] = data[p0]!;
      out[to + 1] = data[p1]!;
      out[to + 2] = data[p2]!;
      out[to + 3] = data[p3]!;
    }
    return;
  }
  out.fill(0, at, at + 4 * k);
  for (let r = 0; r < lines; r++) {
    for (let j = 0; j < k; j++) out[at + 4 * j + r] = data[offset + r * lineStep + j * step]!;
  }
}

/** One 4 x 4 tile of C from a panel of A and a panel of B. */
function block(
  a: Float64Array,
  b: Float64Array,
  start: number,
  k: number,
  c: HostArray,
  at: number,
  n: number,
  rows: number,
  columns: number,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  let c33 = 0;
  for (let i = 0, j = start; i < 4 * k; i += 4, j += 4) {
    const a0 = a[i]!;
    const a1 = a[i + 1]!;
    const a2 = a[i + 2]!;
    const a3 = a[i + 3]!;
    const b0 = b[j]!;
    const b1 = b[j + 1]!;
    const b2 = b[j + 2]!;
    const b3 = b[j + 3]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  if (rows === 4 && columns === 4) {
    c[at] = c00;
    c[at + 1] = c01;
    c[at + 2] = c02;
    c[at + 3] = c03;
    c[at + n] = c10;
    c[at + n + 1] = c11;
    c[at + n + 2] = c12;
    c[at + n + 3] = c13;
    c[at + 2 * n] = c20;
    c[at + 2 * n + 1] = c21;
    c[at + 2 * n + 2] = c22;
    c[at + 2 * n + 3] = c23;
    c[at + 3 * n] = c30;
    c[at + 3 * n + 1] = c31;
    c[at + 3 * n + 2] = c32;
    c[at + 3 * n + 3] = c33;
    return;
  }
  const tile = [c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33];
  for (let r = 0; r < rows; r++) {
    for (let s = 0; s < columns; s++) c[at + r * n + s] = tile[4 * r + s]!;
  }
}

/** Fewer than four rows: straight from the operands, walking B in the order in which it lies. */
function fewRows(A: Matrix, B: Matrix, c: HostArray, at: number, m: number, k: number, n: number): void {
  if (rowSums.length < n) rowSums = new Float64Array(n);
  for (let i = 0; i < m; i++) {
    const from = A.offset + i * A.rowStep;
    if (B.rowStep === 1) dotProducts(A, from, B, rowSums, k, n);
    else scaledRows(A, from, B, rowSums, k, n);
    for (let j = 0; j < n; j++) c[at + i * n + j] = rowSums[j]!;
  }
}

let rowSums = new Float64Array(0);

function dotProducts(A: Matrix, from: number, B: Matrix, sums: Float64Array, k: number, n: number): void {
  const [a, b, step] = [A.data, B.data, A.columnStep];
  for (let j = 0; j < n; j++) {
    const column = B.offset + j * B.columnStep;
    let sum = 0;
    for (let l = 0, i = from; l < k; l++, i += step) sum += a[i]! * b[column + l]!;
    sums[j] = sum;
  }
}

function scaledRows(A: Matrix, from: number, B: Matrix, sums: Float64Array, k: number, n: number): void {
  const [a, b, step] = [A.data, B.data, B.columnStep];
  sums.fill(0, 0, n);
  for (let l = 0; l < k; l++) {
    const factor = a[from + l * A.columnStep]!;
    for (let j = 0, i = B.offset + l * B.rowStep; j < n; j++, i += step) sums[j]! += factor * b[i]!;
  }
}
