/**
 * Single kernels at the sizes of a nano step (16 x 128 tokens): GFLOP/s where arithmetic counts, GB/s where memory does.
 *
 * GB/s counts what must at least be read and written once, so a kernel that copies in between shows as slow. The tensors of a
 * nano step fit into the processor's caches: figures above the speed of the main memory are right. Called as the engine calls
 * them, results given back at once. N tokens, D model width, F feed-forward width, V vocabulary; B rows, H heads, T length, d
 * head width.
 */
import { CausalLM } from '../src/models/causal-lm.ts';
import { preset } from '../src/models/presets.ts';
import { gradientNorm } from '../src/optim/clip.ts';
import {
  type Backend,
  fromArray,
  getDefaults,
  Random,
  randn,
  type Shape,
  scope,
  type Tensor,
  withDefaults,
} from '../src/tensor/index.ts';
import type { View } from '../src/tensor/view.ts';

export interface Op {
  readonly name: string;
  /** Numbers read and written, 4 bytes each; or operations, if `flops` is set. */
  readonly work: number;
  readonly flops?: boolean;
  /** Returns whatever memory it made. */
  run(): unknown;
}

const config = preset('nano');
const [B, T, D, F, V, H] = [16, 128, 128, config.intermediateSize, config.vocabSize, 4];
const [N, d] = [B * T, D / H];

/** The kernels of a backend, with its memory for them; made once per process. */
export function opTable(backend: Backend): readonly Op[] {
  const known = tables.get(backend);
  if (known !== undefined) return known;
  const made = withDefaults({ backend }, () => [
    ...fusedOps(),
    ...rowOps(backend),
    ...elementOps(backend),
    ...parameterOps(backend),
  ]);
  tables.set(backend, made);
  return made;
}

const tables = new Map<Backend, readonly Op[]>();

/** One call, as the engine makes it. */
export function runOp(backend: Backend, { run }: Op): void {
  withDefaults({ backend }, () => giveBack(backend, run()));
}

/** Release a kernel's result: memory, or a record of several. */
function giveBack(backend: Backend, result: unknown): void {
  if (ArrayBuffer.isView(result)) backend.release(result as Float32Array);
  else if (result !== null && typeof result === 'object') {
    for (const part of Object.values(result)) giveBack(backend, part);
  }
}

const random = new Random(3);
const floats = (...shape: Shape) => randn(shape, random).view;
const integers = (size: number, below: number) =>
  fromArray(
    Int32Array.from({ length: size }, () => random.int(below)),
    [size],
  ).view;

/** Empty on a backend without fused kernels. */
function fusedOps(): Op[] {
  const { fused } = getDefaults().backend;
  if (fused === undefined) return [];
  const [x, dy, gain, scales] = [floats(N, D), floats(N, D), floats(D), floats(N)];
  const [gate, up, dGate] = [floats(B, T, F), floats(B, T, F), floats(B, T, F)];
  const heads = (t: Tensor) => t.transpose(1, 2).view; // [B, T, H, d] as the layer has it
  const [q, k, v] = [0, 1, 2].map(() => heads(randn([B, T, H, d], random))) as [View, View, View];
  const [cos, sin] = [floats(1, 1, T, d / 2), floats(1, 1, T, d / 2)];
  const [weight, wide, bias] = [floats(D, D), floats(F, D), floats(D)];
  const [vocabulary, targets] = [floats(V, D), integers(N, V)];
  const attention = { q, k, v, mask: null, scale: 1 / Math.sqrt(d) };
  const { y, logSums } = fused.attention(attention);
  const [out, sums] = [fromArray(y as Float32Array, [B, T, H, d]).view, viewLike(logSums, [B, H, T])];
  const dOut = floats(B, T, H, d);
  const pairs = (B * H * T * (T + 1)) / 2; // query-key pairs a causal mask lets through
  return [
    { name: 'rmsNorm', work: 2 * N * D, run: () => fused.rmsNorm(x, gain, 1e-6) },
    { name: 'rmsNormAdjoint', work: 3 * N * D, run: () => fused.rmsNormAdjoint(x, gain, scales, dy) },
    { name: 'rope', work: 2 * N * D, run: () => fused.rope(q, cos, sin, false) },
    { name: 'swiglu', work: 3 * N * F, run: () => fused.swiglu(gate, up) },
    { name: 'swigluAdjoint', work: 5 * N * F, run: () => fused.swigluAdjoint(gate, up, dGate) },
    { name: 'linear D-D bias', work: 2 * N * D * D, flops: true, run: () => fused.linear(x, weight, bias) },
    { name: 'linear D-F', work: 2 * N * D * F, flops: true, run: () => fused.linear(x, wide, null) },
    { name: 'attention', work: 4 * pairs * d, flops: true, run: () => fused.attention(attention) },
    {
      name: 'attentionAdjoint',
      work: 10 * pairs * d,
      flops: true,
      run: () => fused.attentionAdjoint(attention, out, sums, dOut),
    },
    {
      name: 'linearCrossEntropy',
      work: 6 * N * D * V,
      flops: true,
      run: () => fused.linearCrossEntropy(x, vocabulary, targets, -100),
    },
  ];
}

function viewLike(data: unknown, shape: Shape): View {
  return fromArray(data as Float32Array, shape).view;
}

/** Along rows of scores or logits. */
function rowOps(backend: Backend): Op[] {
  const [scores, dScores] = [floats(N, T), floats(N, T)];
  const rows = 256;
  const [logits, targets, dLosses] = [floats(rows, V), integers(rows, V), floats(rows)];
  const { logSumExp } = backend.crossEntropy(logits, targets, -100);
  const sums = viewLike(logSumExp, [rows]);
  return [
    { name: 'softmax', work: 2 * N * T, run: () => backend.softmax(scores) },
    { name: 'softmaxAdjoint', work: 3 * N * T, run: () => backend.softmaxAdjoint(scores, dScores) },
    { name: 'logSoftmax', work: 2 * rows * V, run: () => backend.logSoftmax(logits) },
    { name: 'crossEntropy', work: rows * V, run: () => backend.crossEntropy(logits, targets, -100) },
    {
      name: 'crossEntropyAdjoint',
      work: 2 * rows * V,
      run: () => backend.crossEntropyAdjoint(logits, targets, sums, dLosses, -100),
    },
    { name: 'argmax', work: rows * V, run: () => backend.argmax(logits, 1) },
  ];
}

function elementOps(backend: Backend): Op[] {
  const [x, y, row] = [floats(B, T, D), floats(B, T, D), randn([1, 1, D], random)];
  const heads = randn([B, H, T, d], random).transpose(1, 2).view;
  const matrix = randn([V, D], random).transpose().view;
  const flat = floats(N, D);
  const gain = { ...row.view, shape: [B, T, D], stride: [0, 0, 1] } as unknown as View;
  const shape = [B, T, D];
  return [
    { name: 'add', work: 3 * N * D, run: () => backend.binary('add', x, y, shape, 'float32') },
    { name: 'add number', work: 2 * N * D, run: () => backend.binary('add', x, 1, shape, 'float32') },
    {
      name: 'mul broadcast row',
      work: 2 * N * D,
      run: () => backend.binary('mul', x, gain, shape, 'float32'),
    },
    { name: 'exp', work: 2 * N * D, run: () => backend.unary('exp', x) },
    { name: 'silu', work: 2 * N * D, run: () => backend.unary('silu', x) },
    { name: 'copy', work: 2 * N * D, run: () => backend.copy(x, 'float32') },
    { name: 'copy heads to rows', work: 2 * N * D, run: () => backend.copy(heads, 'float32') },
    { name: 'copy transposed', work: 2 * V * D, run: () => backend.copy(matrix, 'float32') },
    { name: 'sum rows (bias grad)', work: N * D, run: () => backend.reduce('sum', flat, [0]) },
    { name: 'sum last axis', work: N * D, run: () => backend.reduce('sum', flat, [1]) },
    { name: 'sum all', work: N * D, run: () => backend.reduce('sum', flat, [0, 1]) },
  ];
}

/** Embedding, optimizer, clipping: all parameters of nano at once. */
function parameterOps(backend: Backend): Op[] {
  const [vocabulary, ids, dRows] = [floats(V, D), integers(N, V), floats(N, D)];
  const model = new CausalLM(config, new Random(1));
  for (const parameter of model.parameters()) parameter.grad = randn(parameter.shape, random).keep();
  const P = model.parameterCount();
  const [parameter, gradient, firstMoment, secondMoment] = [0, 1, 2, 3].map(() => floats(F * D)) as [
    View,
    View,
    View,
    View,
  ];
  const update = { step: 10, learningRate: 0, beta1: 0.9, beta2: 0.95, eps: 1e-8, gradientScale: 1 };
  const target = { parameter, gradient, firstMoment, secondMoment, weightDecay: 0.1 };
  backend.fill(secondMoment, 1);
  return [
    { name: 'embedding', work: 2 * N * D, run: () => backend.gatherRows(vocabulary, ids) },
    {
      name: 'embeddingAdjoint',
      work: N * D + V * D,
      run: () => backend.scatterAddRows(V, ids, dRows),
    },
    { name: 'adamw', work: 7 * F * D, run: () => backend.adamw([target], update) },
    { name: 'gradient norm', work: P, run: () => scope(() => gradientNorm(model).item()) },
  ];
}
