/**
 * Matrix products C[M,N] = A[M,K] B[K,N] in GFLOP/s (2 M K N operations).
 *
 *   ceiling   multiply-adds in registers on as many threads, measured in the same rounds: what the processor can do at most
 *   nn nt tn  neither, the right, the left factor is the transpose of a row-major matrix: forward y = x W^T is nt, backward
 *             dx = dy W is nn and dW = dy^T x is tn
 *
 * On the cubes the ladder is measured too: the reference's three loops (every sum waits for itself), the loop over rows that
 * most people write first, tiles of 4 x 4 (tile.ts), and the SIMD kernel.
 *
 * Measured are cubes and the products of a pico (16x64 tokens) and nano (16x128) training step. A name is MxKxN, with the case
 * if not nn.
 */
import { preset } from '../src/models/presets.ts';
import { type Backend, Random, randn, reference, withDefaults } from '../src/tensor/index.ts';
import type { View } from '../src/tensor/view.ts';
import { type Bench, type Contender, labels } from './backends.ts';
import type { Measurement } from './measurement.ts';
import { tiledMatmul } from './tile.ts';
import { alternate, faster, median } from './timing.ts';

export type Form = 'nn' | 'nt' | 'tn';
export type Size = readonly [m: number, k: number, n: number];

const cubes: readonly Size[] = [64, 128, 256].map((n) => [n, n, n] as const);
/** Rows of logits that the fused cross-entropy holds at once. */
const LOGIT_ROWS = 256;
/** Multiply-adds in one iteration of the ceiling loop, times two. */
const CEILING_FLOPS = 80;
const CEILING_ITERATIONS = 500_000;

/** The products of a training step with N tokens, each once. */
export function trainingProducts(name: string, tokens: number): { size: Size; form: Form }[] {
  const { hiddenSize: D, intermediateSize: F, vocabSize: V } = preset(name);
  const layer = (rows: number, inputs: number, outputs: number): { size: Size; form: Form }[] => [
    { size: [rows, inputs, outputs], form: 'nt' },
    { size: [rows, outputs, inputs], form: 'nn' },
    { size: [outputs, rows, inputs], form: 'tn' },
  ];
  const head = Math.min(tokens, LOGIT_ROWS);
  return [...layer(tokens, D, D), ...layer(tokens, D, F), ...layer(tokens, F, D), ...layer(head, D, V)];
}

export function* gemm({ contenders }: Bench): Generator<Measurement> {
  const wasm = contenders.filter((contender) => contender.wasm !== null);
  for (const contender of wasm) yield ceilingAlone(contender);
  const all = [
    ...cubes.flatMap((size) => (['nn', 'nt', 'tn'] as const).map((form) => ({ size, form }))),
    ...trainingProducts('pico', 16 * 64),
    ...trainingProducts('nano', 16 * 128),
  ];
  for (const { size, form } of all) {
    // The slow ones only on the cubes: they show the ladder, and take most of the time.
    const small = cubes.includes(size) && form === 'nn';
    yield* oneProduct(contenders, size, form, small || wasm.length === 0);
  }
}

function* oneProduct(
  contenders: readonly Contender[],
  size: Size,
  form: Form,
  withSlow: boolean,
): Generator<Measurement> {
  const candidates = contenders.map(({ backend }) => productOn(backend, size, form));
  const ceilings = contenders.map(ceilingRun);
  const slow: Record<string, () => unknown> = {};
  if (withSlow && contenders[0]!.wasm !== null) slow.reference = productOn(reference, size, form);
  if (withSlow) slow['4 x 4 tile'] = tileOn(size, form);
  if (withSlow && form === 'nn') slow['row loop'] = rowLoopOn(size);
  const times = alternate({ rounds: 9 }, [...candidates, ...ceilings, ...Object.values(slow)]);
  const work = 2 * size[0] * size[1] * size[2];
  for (const [i, contender] of contenders.entries()) {
    const own = times[i]!;
    const ratios: Record<string, number> = {};
    if (contender.wasm !== null) {
      const limit = times[contenders.length + i]!; // ms for ceilingWork
      ratios['SIMD ceiling'] = median(own.map((ms, r) => work / ms / (ceilingWork(contender) / limit[r]!)));
    }
    if (i > 0) ratios['1 thread'] = faster(own, times[0]!);
    for (const [s, against] of Object.keys(slow).entries()) {
      ratios[against] = faster(own, times[2 * contenders.length + s]!);
    }
    yield {
      group: 'gemm',
      name: gemmName(size, form),
      ...labels(contender),
      value: work / median(own) / 1e6,
      unit: 'GFLOP/s',
      ratios,
    };
  }
}

export function gemmName(size: Size, form: Form): string {
  return `${size.join('x')}${form === 'nn' ? '' : ` ${form}`}`;
}

/** One product as the engine calls it: new memory for the result, which is given back at once. */
export function productOn(backend: Backend, size: Size, form: Form): () => void {
  const [left, right] = operandsOn(backend, size, form);
  return () => backend.release(backend.matmul(left, right));
}

function tileOn(size: Size, form: Form): () => void {
  const [left, right] = operandsOn(reference, size, form);
  return () => tiledMatmul(left, right);
}

function operandsOn(backend: Backend, [m, k, n]: Size, form: Form): readonly [View, View] {
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

/** Every thread runs the ceiling loop; nothing for a backend that has none. */
function ceilingRun({ wasm, threads }: Contender): () => void {
  if (wasm === null) return () => {};
  return () => wasm.device.run('ceiling', threads * CEILING_ITERATIONS, CEILING_ITERATIONS, [0]);
}

function ceilingWork({ threads }: Contender): number {
  return threads * CEILING_ITERATIONS * CEILING_FLOPS;
}

function ceilingAlone(contender: Contender): Measurement {
  const [times] = alternate({ rounds: 15 }, [ceilingRun(contender)]);
  const value = ceilingWork(contender) / median(times!) / 1e6;
  return { group: 'gemm', name: 'SIMD ceiling', ...labels(contender), value, unit: 'GFLOP/s' };
}
