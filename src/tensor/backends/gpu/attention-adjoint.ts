/**
 * The adjoint of causal attention, one kernel for each formula; scores and probabilities P are computed again (attention.ts).
 *
 *   D[t] = dy[t] . y[t]       dS[t, s] = P[t, s] (dy[t] . v[s] - D[t]) scale
 *   dq[t] = sum over s of dS k[s]       dk[s] = sum over t of dS q[t]       dv[s] = sum over t of P dy[t]
 *
 * (Dao 2022, appendix B.) dk and dv sum over the query heads that share a key-value head.
 */
import type { AttentionViews } from '../../fused.ts';
import type { View } from '../../view.ts';
import {
  type Heads,
  headSizes,
  probabilityKernel,
  scoresOf,
  sizesOf,
  strides,
  type Tensor4,
  viewPlace,
} from './attention.ts';
import type { GpuDevice } from './device.ts';
import { type Cell, defineKernel, type FloatArray, quotient, quotientHelpers } from './kernel.ts';
import { contiguous } from './movement.ts';

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
    { ...headSizes(sizes), ...vStrides },
    [weights, ...upPlace!, ...viewPlace(views.v), dots, past, views.scale],
  );
  const kConstants = { ...headSizes(sizes), ...strides('k', views.k.stride) };
  const dq = device.launch(queryKernel, { rows, columns: width }, kConstants, [
    dScores,
    ...viewPlace(views.k),
    past,
  ]);
  const keyGrid = { rows: B * kvHeads * keys, columns: width };
  const qConstants = { ...headSizes(sizes), ...strides('x', views.q.stride) };
  const dk = device.launch(keyKernel, keyGrid, qConstants, [dScores, ...viewPlace(views.q)]);
  // dy is [B, T, H, d]
  const upStrides = strides('x', [queries * H * width, width, H * width, 1]);
  const dv = device.launch(keyKernel, keyGrid, { ...headSizes(sizes), ...upStrides }, [weights, ...upPlace!]);
  device.release(scores, weights, dots, dScores, ...out!.temporary, ...up!.temporary, ...logs!.temporary);
  return { dq, dk, dv };
}
