/**
 * Matrix products, made ready to be measured: the backend's, the rungs of the ladder below it, and the ceiling above.
 *
 *   nn nt tn  neither, the right, the left factor is the transpose of a row-major matrix: forward y = x W^T is nt, backward
 *             dx = dy W is nn and dW = dy^T x is tn
 */
import { preset } from '../src/models/presets.ts';
import type { WasmBackend } from '../src/tensor/backends/wasm/index.ts';
import { type Backend, Random, randn, reference, withDefaults } from '../src/tensor/index.ts';
import type { View } from '../src/tensor/view.ts';
import type { Contender } from './tasks.ts';
import { tiledMatmul } from './tile.ts';
import type { Form, Size, SlowProduct } from './turns/protocol.ts';

/** Rows of logits that the fused cross-entropy holds at once. */
const LOGIT_ROWS = 256;

export interface Product {
  readonly size: Size;
  readonly form: Form;
}

export const cubes: readonly Size[] = [64, 128, 256].map((n) => [n, n, n] as const);

/** The products of a training step with N tokens, each once. */
export function trainingProducts(name: string, tokens: number): Product[] {
  const { hiddenSize: D, intermediateSize: F, vocabSize: V } = preset(name);
  const layer = (rows: number, inputs: number, outputs: number): Product[] => [
    { size: [rows, inputs, outputs], form: 'nt' },
    { size: [rows, outputs, inputs], form: 'nn' },
    { size: [outputs, rows, inputs], form: 'tn' },
  ];
  const head = Math.min(tokens, LOGIT_ROWS);
  return [...layer(tokens, D, D), ...layer(tokens, D, F), ...layer(tokens, F, D), ...layer(head, D, V)];
}

export function productName({ size, form }: Product): string {
  return `${size.join('x')}${form === 'nn' ? '' : ` ${form}`}`;
}

export function productFlops([m, k, n]: Size): number {
  return 2 * m * k * n;
}

/** One product as the engine calls it: new memory for the result, which is given back at once. */
export function productOn(backend: Backend, { size, form }: Product): () => void {
  const [left, right] = operandsOn(backend, { size, form });
  return () => backend.release(backend.matmul(left, right));
}

export function slowProduct(by: SlowProduct, product: Product): () => void {
  switch (by) {
    case 'reference':
      return productOn(reference, product);
    case '4 x 4 tile': {
      const [left, right] = operandsOn(reference, product);
      return () => tiledMatmul(left, right);
    }
    case 'row loop':
      return rowLoopOn(product.size);
  }
}

function operandsOn(backend: Backend, { size: [m, k, n], form }: Product): readonly [View, View] {
  return withDefaults({ backend }, () => {
    const random = new Random(1);
    const left = randn(form === 'tn' ? [k, m] : [m, k], random);
    const right = randn(form === 'nt' ? [n, k] : [k, n], random);
    return [(form === 'tn' ? left.transpose() : left).view, (form === 'nt' ? right.transpose() : right).view];
  });
}

/** The loop over rows: i, k, j over row-major arrays, so that the inner loop walks forward through B and C. */
function rowLoopOn([m, k, n]: Size): () => void {
  const random = new Random(1);
  const draw = (size: number) => Float32Array.from({ length: size }, () => random.normal());
  const [a, b] = [draw(m * k), draw(k * n)];
  return () => {
    const c = new Float32Array(m * n);
    for (let i = 0; i < m; i++) {
      for (let l = 0; l < k; l++) {
        const factor = a[i * k + l]!;
        for (let j = 0; j < n; j++) c[i * n + j]! += factor * b[l * n + j]!;
      }
    }
  };
}

/**
 * The loops of multiply-adds in registers (assembly/gemm.ts), and the floating-point operations of one iteration. The wide one
 * is what V8 makes 256 bits wide; where it does not, it says no more than the other.
 */
const ceilings = {
  128: { kernel: 'ceiling', flops: 80 },
  256: { kernel: 'ceilingWide', flops: 192 },
} as const;
const ITERATIONS = 500_000;

/** Bits of the vectors that a backend computes with; undefined for the reference. */
export function widthOf({ wasm }: Contender): 128 | 256 | undefined {
  if (wasm === null) return undefined;
  return wasm.wide ? 256 : 128;
}

/** Every thread runs the ceiling loop of the width that the backend computes with. */
export function ceilingOf(contender: Contender): { flops: number; run: () => void } {
  const { wasm, threads } = contender;
  if (wasm === null) return { flops: 0, run: () => {} };
  const { kernel, flops } =
    ceilings[widthOf(contender) === 256 && hasKernel(wasm, 'ceilingWide') ? 256 : 128];
  const items = threads * ITERATIONS;
  return { flops: items * flops, run: () => wasm.device.run(kernel, items, ITERATIONS, [0]) };
}

/** A single item is computed by the calling thread, so a kernel that does not exist is an error here and at once. */
function hasKernel({ device }: WasmBackend, kernel: string): boolean {
  try {
    device.run(kernel, 1, 1, [0]);
    return true;
  } catch {
    return false;
  }
}
