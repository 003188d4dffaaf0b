/**
 * Causal attention, one kernel for each line.
 *
 *   score[t, s] = scale q[t] . k[s], or MASKED where s lies in the future or the mask hides it
 *   L[t] = log sum over s of e^score          P = e^(score - L)          y[t] = sum over s of P[t, s] v[s]
 *
 * (Vaswani et al. 2017; the adjoint is in attention-adjoint.ts.) Rows of scores are (batch, head, time). With one query
 * (decoding) the number of keys grows with every token; the scores then have room for the next multiple of KEYS_STEP, so that
 * 64 tokens share their kernels. H query heads share K key-value heads: head h reads head h / (H / K).
 */
import type { AttentionViews } from '../../fused.ts';
import type { View } from '../../view.ts';
import type { GpuDevice } from './device.ts';
import { type Cell, defineKernel, type FloatArray, quotient, quotientHelpers } from './kernel.ts';
import type { GpuArray } from './memory.ts';
import { rowNormalizers } from './softmax.ts';

const KEYS_STEP = 64;

export type Heads = 'heads' | 'group' | 'queries' | 'keys' | 'width';
export type Tensor4<Name extends string> = `${Name}Batch` | `${Name}Head` | `${Name}Time` | `${Name}Step`;

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

const part = ['array', 'integer'] as const;
const scoreKernel = defineKernel(
  'attention scores',
  maskedScore,
  [...part, ...part, ...part, 'integer', 'float'],
  quotientHelpers,
);
const logSumKernel = defineKernel('attention log sums', logSumOfRow, ['array', 'array']);
export const probabilityKernel = defineKernel('attention probabilities', probability, ['array', ...part]);
const mixKernel = defineKernel('attention', mixedValue, ['array', ...part, 'integer'], quotientHelpers);
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

export function sizesOf({ q, k }: AttentionViews, isForward: boolean): Sizes {
  const [B, heads, queries, width] = q.shape as [number, number, number, number];
  const [kvHeads, S] = [k.shape[1]!, k.shape[2]!];
  const keys = isForward && queries === 1 ? Math.ceil(S / KEYS_STEP) * KEYS_STEP : S;
  return { B, heads, kvHeads, group: heads / kvHeads, queries, keys, width, past: S - queries };
}

export const viewPlace = (view: View): [GpuArray, number] => [view.data as GpuArray, view.offset];
export const strides = (name: string, [batch, head, time, step]: readonly number[]) => ({
  [`${name}Batch`]: batch!,
  [`${name}Head`]: head!,
  [`${name}Time`]: time!,
  [`${name}Step`]: step!,
});
export const headSizes = ({ heads, group, queries, keys, width }: Sizes) => ({
  heads,
  group,
  queries,
  keys,
  width,
});

export function scoresOf(device: GpuDevice, { q, k, mask, scale }: AttentionViews, sizes: Sizes): GpuArray {
  const constants = {
    ...headSizes(sizes),
    ...strides('q', q.stride),
    ...strides('k', k.stride),
    hidden: mask === null ? 0 : 1,
    maskBatch: mask === null || mask.shape[0] === 1 ? 0 : mask.stride[0]!,
    maskTime: mask === null ? 0 : mask.stride[3]!,
  };
  const rows = sizes.B * sizes.heads * sizes.queries;
  const args = [...viewPlace(q), ...viewPlace(k), ...viewPlace(mask ?? q), sizes.past, scale];
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
  const constants = { ...headSizes(sizes), ...strides('v', views.v.stride) };
  const args = [weights, ...viewPlace(views.v), past];
  const y = device.launch(mixKernel, { rows, columns: width }, constants, args);
  device.release(scores, max, sum, weights);
  return { y, logSums };
}
