/**
 * Causal attention, forward and adjoint, one kernel for each line.
 *
 *   score[t, s] = scale q[t] . k[s], or MASKED where s lies in the future or the mask hides it
 *   L[t] = log sum over s of e^score          P = e^(score - L)          y[t] = sum over s of P[t, s] v[s]
 *   D[t] = dy[t] . y[t]       dS[t, s] = P[t, s] (dy[t] . v[s] - D[t]) scale
 *   dq[t] = sum over s of dS k[s]       dk[s] = sum over t of dS q[t]       dv[s] = sum over t of P dy[t]
 *
 * (Vaswani et al. 2017; adjoint as in Dao 2022, appendix B.) Rows of scores are (batch, head, time). With one query (decoding) the number
 * of keys grows with every token; the scores then have room for the next multiple of KEYS_STEP, so that 64 tokens share their kernels.
 * H query heads share K key-value heads: head h reads head h / (H / K).
 */
import type { AttentionViews } from '../../fused.ts';
import type { View } from '../../view.ts';
import type { GpuDevice } from './device.ts';
import { type Cell, defineKernel, type FloatArray, quotient, quotientHelpers } from './kernel.ts';
import type { GpuArray } from './memory.ts';
import { contiguous } from './movement.ts';
import { rowNormalizers } from './softmax.ts';

const KEYS_STEP = 64;

type Heads = 'heads' | 'group' | 'queries' | 'keys' | 'width';
type Tensor4<Name extends string> = `${Name}Batch` | `${Name}Head` | `${Name}Time` | `${Name}Step`;

/** `past` keys lie before the first query; the score of a later key than the query's own is MASKED. */
function maskedScore(
  this: Cell<Heads | Tensor4<'q'> | Tensor4<'k'> | 'hidden' | 'maskBatch' | 'maskTime'>,
  q: FloatArray,
  qOffset: number,
  k: FloatArray,
  kOffset: number,
  mask: FloatArray,
  maskOffset: number,
  past: number,
  scale: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const heads = quotient(row, this.constants.queries);
  const time = row - heads * this.constants.queries;
  if (this.thread.x > past + time) {
    return -1e30;
  }
  const batch = quotient(heads, this.constants.heads);
  const head = heads - batch * this.constants.heads;
  if (this.constants.hidden === 1) {
    const place = batch * this.constants.maskBatch + time * this.constants.maskTime + this.thread.x;
    if (mask[maskOffset + place] > 0) {
      return -1e30;
    }
  }
  const from =
    qOffset + batch * this.constants.qBatch + head * this.constants.qHead + time * this.constants.qTime;
  const kvHead = quotient(head, this.constants.group);
  const to = kOffset + batch * this.constants.kBatch + kvHead * this.constants.kHead;
  const key = to + this.thread.x * this.constants.kTime;
  let sum = 0;
  for (let i = 0; i < this.constants.width; i++) {
    sum += q[from + i * this.constants.qStep] * k[key + i * this.constants.kStep];
  }
  return sum * scale;
}

function logSumOfRow(this: Cell, max: FloatArray, sum: FloatArray): number {
  return max[this.thread.x] + Math.log(sum[this.thread.x]);
}

function probability(this: Cell<'keys'>, scores: FloatArray, logSums: FloatArray, logOffset: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  return Math.exp(scores[row * this.constants.keys + this.thread.x] - logSums[logOffset + row]);
}

/** y is [B, T, H, d]: row = (batch, time, head). Keys that cannot be seen are not read: there may be none. */
function mixedValue(
  this: Cell<Heads | Tensor4<'v'>>,
  weights: FloatArray,
  v: FloatArray,
  vOffset: number,
  past: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const times = quotient(row, this.constants.heads);
  const head = row - times * this.constants.heads;
  const batch = quotient(times, this.constants.queries);
  const time = times - batch * this.constants.queries;
  const kvHead = quotient(head, this.constants.group);
  const start = vOffset + batch * this.constants.vBatch + kvHead * this.constants.vHead;
  const value = start + this.thread.x * this.constants.vStep;
  const scores =
    ((batch * this.constants.heads + head) * this.constants.queries + time) * this.constants.keys;
  let sum = 0;
  for (let s = 0; s < this.constants.keys; s++) {
    if (s > past + time) {
      break;
    }
    sum += weights[scores + s] * v[value + s * this.constants.vTime];
  }
  return sum;
}

/** dy and y are [B, T, H, d]; the result is [B, H, T]. */
function outputDot(
  this: Cell<'heads' | 'queries' | 'width'>,
  dy: FloatArray,
  dyOffset: number,
  y: FloatArray,
  yOffset: number,
): number {
  const heads = quotient(this.thread.x, this.constants.queries);
  const time = this.thread.x - heads * this.constants.queries;
  const batch = quotient(heads, this.constants.heads);
  const head = heads - batch * this.constants.heads;
  const start =
    ((batch * this.constants.queries + time) * this.constants.heads + head) * this.constants.width;
  let sum = 0;
  for (let i = 0; i < this.constants.width; i++) {
    sum += dy[dyOffset + start + i] * y[yOffset + start + i];
  }
  return sum;
}

function scoreAdjoint(
  this: Cell<Heads | Tensor4<'v'>>,
  weights: FloatArray,
  dy: FloatArray,
  dyOffset: number,
  v: FloatArray,
  vOffset: number,
  dots: FloatArray,
  past: number,
  scale: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const heads = quotient(row, this.constants.queries);
  const time = row - heads * this.constants.queries;
  if (this.thread.x > past + time) {
    return 0;
  }
  const batch = quotient(heads, this.constants.heads);
  const head = heads - batch * this.constants.heads;
  const kvHead = quotient(head, this.constants.group);
  const out = ((batch * this.constants.queries + time) * this.constants.heads + head) * this.constants.width;
  const start = vOffset + batch * this.constants.vBatch + kvHead * this.constants.vHead;
  const value = start + this.thread.x * this.constants.vTime;
  let sum = 0;
  for (let i = 0; i < this.constants.width; i++) {
    sum += dy[dyOffset + out + i] * v[value + i * this.constants.vStep];
  }
  return weights[row * this.constants.keys + this.thread.x] * (sum - dots[row]) * scale;
}

/** dq [B, H, T, d]: row = (batch, head, time). */
function queryAdjoint(
  this: Cell<Heads | Tensor4<'k'>>,
  dScores: FloatArray,
  k: FloatArray,
  kOffset: number,
  past: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const heads = quotient(row, this.constants.queries);
  const time = row - heads * this.constants.queries;
  const batch = quotient(heads, this.constants.heads);
  const kvHead = quotient(heads - batch * this.constants.heads, this.constants.group);
  const start = kOffset + batch * this.constants.kBatch + kvHead * this.constants.kHead;
  const key = start + this.thread.x * this.constants.kStep;
  let sum = 0;
  for (let s = 0; s < this.constants.keys; s++) {
    if (s > past + time) {
      break;
    }
    sum += dScores[row * this.constants.keys + s] * k[key + s * this.constants.kTime];
  }
  return sum;
}

type Turned = Heads | Tensor4<'x'>;

/** dk and dv [B, K, S, d]: row = (batch, kv head, key); sums weights[.., t, s] x[.., t] over the heads of the group and all t. */
function keyAdjoint(this: Cell<Turned>, weights: FloatArray, x: FloatArray, xOffset: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const kvHeads = quotient(row, this.constants.keys);
  const key = row - kvHeads * this.constants.keys;
  const batch = quotient(kvHeads * this.constants.group, this.constants.heads);
  const first = kvHeads * this.constants.group - batch * this.constants.heads;
  let sum = 0;
  for (let g = 0; g < this.constants.group; g++) {
    const head = first + g;
    const start = xOffset + batch * this.constants.xBatch + head * this.constants.xHead;
    const scores = (batch * this.constants.heads + head) * this.constants.queries;
    for (let t = 0; t < this.constants.queries; t++) {
      const value = x[start + t * this.constants.xTime + this.thread.x * this.constants.xStep];
      sum += weights[(scores + t) * this.constants.keys + key] * value;
    }
  }
  return sum;
}

const part = ['array', 'integer'] as const;
const scoreKernel = defineKernel(
  'attention scores',
  maskedScore,
  [...part, ...part, ...part, 'integer', 'float'],
  quotientHelpers,
);
const logSumKernel = defineKernel('attention log sums', logSumOfRow, ['array', 'array']);
const probabilityKernel = defineKernel('attention probabilities', probability, ['array', ...part]);
const mixKernel = defineKernel('attention', mixedValue, ['array', ...part, 'integer'], quotientHelpers);
const dotKernel = defineKernel('attention output dot', outputDot, [...part, ...part], quotientHelpers);
const scoreAdjointKernel = defineKernel(
  'attention score adjoint',
  scoreAdjoint,
  ['array', ...part, ...part, 'array', 'integer', 'float'],
  quotientHelpers,
);
const queryKernel = defineKernel(
  'attention query adjoint',
  queryAdjoint,
  ['array', ...part, 'integer'],
  quotientHelpers,
);
const keyKernel = defineKernel('attention key adjoint', keyAdjoint, ['array', ...part], quotientHelpers);

interface Sizes {
  readonly B: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly group: number;
  readonly queries: number;
  /** Columns of the scores: at least the number of keys. */
  readonly keys: number;
  readonly width: number;
  readonly past: number;
}

function sizesOf({ q, k }: AttentionViews, isForward: boolean): Sizes {
  const [B, heads, queries, width] = q.shape as [number, number, number, number];
  const [kvHeads, S] = [k.shape[1]!, k.shape[2]!];
  const keys = isForward && queries === 1 ? Math.ceil(S / KEYS_STEP) * KEYS_STEP : S;
  return { B, heads, kvHeads, group: heads / kvHeads, queries, keys, width, past: S - queries };
}

const place = (view: View): [GpuArray, number] => [view.data as GpuArray, view.offset];
const strides = (name: string, [batch, head, time, step]: readonly number[]) => ({
  [`${name}Batch`]: batch!,
  [`${name}Head`]: head!,
  [`${name}Time`]: time!,
  [`${name}Step`]: step!,
});
const heads = ({ heads, group, queries, keys, width }: Sizes) => ({ heads, group, queries, keys, width });

function scoresOf(device: GpuDevice, { q, k, mask, scale }: AttentionViews, sizes: Sizes): GpuArray {
  const constants = {
    ...heads(sizes),
    ...strides('q', q.stride),
    ...strides('k', k.stride),
    hidden: mask === null ? 0 : 1,
    maskBatch: mask === null || mask.shape[0] === 1 ? 0 : mask.stride[0]!,
    maskTime: mask === null ? 0 : mask.stride[3]!,
  };
  const rows = sizes.B * sizes.heads * sizes.queries;
  const args = [...place(q), ...place(k), ...place(mask ?? q), sizes.past, scale];
  return device.launch(scoreKernel, { rows, columns: sizes.keys }, constants, args);
}

export function attention(device: GpuDevice, views: AttentionViews): { y: GpuArray; logSums: GpuArray } {
  const sizes = sizesOf(views, true);
  const { B, heads: H, queries, keys, width, past } = sizes;
  const rows = B * H * queries;
  const scores = scoresOf(device, views, sizes);
  const { max, sum } = rowNormalizers(device, { data: scores, offset: 0, row: keys, column: 1 }, rows, keys);
  const logSums = device.launch(logSumKernel, { rows: 1, columns: rows }, {}, [max, sum]);
  const weights = device.launch(probabilityKernel, { rows, columns: keys }, { keys }, [scores, logSums, 0]);
  const constants = { ...heads(sizes), ...strides('v', views.v.stride) };
  const args = [weights, ...place(views.v), past];
  const y = device.launch(mixKernel, { rows, columns: width }, constants, args);
  device.release(scores, max, sum, weights);
  return { y, logSums };
}

export function attentionAdjoint(device: GpuDevice, views: AttentionViews, y: View, logSums: View, dy: View) {
  const sizes = sizesOf(views, false);
  const { B, heads: H, kvHeads, queries, keys, width, past } = sizes;
  const rows = B * H * queries;
  const [out, up, logs] = [y, dy, logSums].map((view) => contiguous(device, view));
  const [outPlace, upPlace] = [out!, up!].map(({ data, offset }) => [data, offset] as const);
  const scores = scoresOf(device, views, sizes);
  const args = [scores, logs!.data, logs!.offset];
  const weights = device.launch(probabilityKernel, { rows, columns: keys }, { keys }, args);
  const dots = device.launch(dotKernel, { rows: 1, columns: rows }, { heads: H, queries, width }, [
    ...upPlace!,
    ...outPlace!,
  ]);
  const vStrides = strides('v', views.v.stride);
  const dScores = device.launch(
    scoreAdjointKernel,
    { rows, columns: keys },
    { ...heads(sizes), ...vStrides },
    [weights, ...upPlace!, ...place(views.v), dots, past, views.scale],
  );
  const kConstants = { ...heads(sizes), ...strides('k', views.k.stride) };
  const dq = device.launch(queryKernel, { rows, columns: width }, kConstants, [
    dScores,
    ...place(views.k),
    past,
  ]);
  const keyGrid = { rows: B * kvHeads * keys, columns: width };
  const qConstants = { ...heads(sizes), ...strides('x', views.q.stride) };
  const dk = device.launch(keyKernel, keyGrid, qConstants, [dScores, ...place(views.q)]);
  // dy is [B, T, H, d]
  const upStrides = strides('x', [queries * H * width, width, H * width, 1]);
  const dv = device.launch(keyKernel, keyGrid, { ...heads(sizes), ...upStrides }, [weights, ...upPlace!]);
  device.release(scores, weights, dots, dScores, ...out!.temporary, ...up!.temporary, ...logs!.temporary);
  return { dq, dk, dv };
}
