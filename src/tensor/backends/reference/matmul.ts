/**
 * Matrix product, as in the textbook: three loops.
 *
 *   C[i, j] = sum over k of A[i, k] B[k, j]
 *
 * A [..., M, K] and B [..., K, N] are strided views, so a transpose is only another pair of steps; leading axes are a batch of
 * such products. Each sum runs over k in increasing order in double precision and is rounded once, when stored.
 *
 * About 1.5 GFLOP/s here, since every addition waits for the one before: bench/gemm.ts climbs from it to the wasm kernel.
 */
import { dtypeOf, type HostArray, hostArray } from '../../dtype.ts';
import { sizeOf } from '../../shape.ts';
import type { View } from '../../view.ts';
import { forEachElement, type Walk } from '../../walk.ts';
import { host } from './memory.ts';

export function matmul(a: View, b: View): HostArray {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  const batch = a.shape.slice(0, -2);
  const C = hostArray(dtypeOf(a.data), sizeOf(batch) * m * n);
  let at = 0;
  forEachElement(batch, [leadingAxes(a), leadingAxes(b)], ([startOfA, startOfB]) => {
    multiply(matrixAt(a, startOfA!), matrixAt(b, startOfB!), C, at, m, n, k);
    at += m * n;
  });
  return C;
}

/** C = A B for A [m, k] and B [k, n]; C is row-major and begins at `at`. */
function multiply(A: Matrix, B: Matrix, C: HostArray, at: number, m: number, n: number, k: number): void {
  const { data: a, start: startOfA, rowStep: rowOfA, columnStep: columnOfA } = A;
  const { data: b, start: startOfB, rowStep: rowOfB, columnStep: columnOfB } = B;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      let p = startOfA + i * rowOfA;
      let q = startOfB + j * columnOfB;
      for (let l = 0; l < k; l++, p += columnOfA, q += rowOfB) sum += a[p]! * b[q]!;
      C[at + i * n + j] = sum;
    }
  }
}

/** Element (i, j) lies at start + i * rowStep + j * columnStep. */
interface Matrix {
  readonly data: HostArray;
  readonly start: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

function matrixAt({ data, stride }: View, start: number): Matrix {
  const [rowStep, columnStep] = stride.slice(-2) as [number, number];
  return { data: host(data), start, rowStep, columnStep };
}

/** A walk over the batch: each position is where a matrix begins. */
function leadingAxes({ offset, stride }: View): Walk {
  return { offset, stride: stride.slice(0, -2) };
}
