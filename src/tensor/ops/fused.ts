/**
 * Fused ops: one kernel where a layer spells out many (meaning in tensor/fused.ts; the compositions are in src/nn and
 * src/losses).
 *
 * (Inner functions have no names here: tsx would store each name again at every call, a tenth of the time of decoding.)
 *
 * A layer asks `fusedFor(x)`: the kernels of the tensor's backend, or null where there are none (reference, float64), and then
 * runs its formula.
 */
import { record } from '../autograd.ts';
import type { FusedKernels } from '../fused.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { leaf, type Tensor } from '../tensor.ts';
import { isContiguous, turned, type View, viewOf } from '../view.ts';
import { mul } from './arithmetic.ts';
import { contiguous, reshape } from './shape.ts';
import { sum } from './sum.ts';

/** The fused kernels that work on this tensor, or null. */
export function fusedFor(x: Tensor): FusedKernels | null {
  return (x.dtype === 'float32' && x.backend.fused) || null;
}

/** Results of an adjoint kernel that gives several gradients: computed at the first question, kept for the others. */
function shared<T>(compute: (dy: Tensor) => T): (dy: Tensor) => T {
  let result: T | undefined;
  return (dy) => {
    result ??= compute(dy);
    return result;
  };
}

const fresh = (data: Parameters<typeof record>[1], shape: Shape, near: Tensor) =>
  record('fused', data, shape, [near]);
const rowsOf = (x: Tensor) => sizeOf(x.shape.slice(0, -1));
/** [..., D] seen as [N, D]. */
const flat = (x: Tensor): View => contiguousView(x, [rowsOf(x), x.shape.at(-1)!]);

function contiguousView(x: Tensor, shape: Shape): View {
  const { data, offset } = isContiguous(x.view) ? x.view : contiguous(x.detach()).view;
  return viewOf(data, shape, undefined, offset);
}

export function fusedRmsNorm(fused: FusedKernels, x: Tensor, weight: Tensor, eps: number): Tensor {
  const input = flat(x);
  const { y, scales } = fused.rmsNorm(input, weight.view, eps);
  const factors = fresh(scales, [rowsOf(x)], x);
  const adjoint = shared((dy: Tensor) => {
    const { dx, dWeight } = fused.rmsNormAdjoint(input, weight.view, factors.view, flat(dy));
    return { dx: fresh(dx, x.shape, dy), dWeight: fresh(dWeight, weight.shape, dy) };
  });
  return record('rmsNorm', y, x.shape, [x, weight], [(dy) => adjoint(dy).dx, (dy) => adjoint(dy).dWeight]);
}

/** x [B, H, T, d]; cos and sin [T, d/2] or [B, 1, T, d/2]. */
export function fusedRope(fused: FusedKernels, x: Tensor, cos: Tensor, sin: Tensor): Tensor {
  const c = angles(cos);
  const s = angles(sin);
  return record(
    'rope',
    fused.rope(x.view, c, s, false),
    x.shape,
    [x],
    [(dy) => fresh(fused.rope(dy.view, c, s, true), x.shape, dy)],
  );
}

/** [T, d/2] or [B, 1, T, d/2] seen as [1 or B, 1, T, d/2]. */
function angles(table: Tensor): View {
  const { view } = table;
  if (table.rank !== 2) return view;
  const [T, half] = view.shape as [number, number];
  return viewOf(view.data, [1, 1, T, half], [0, 0, view.stride[0]!, view.stride[1]!], view.offset);
}

export function fusedSwiglu(fused: FusedKernels, gate: Tensor, up: Tensor): Tensor {
  const adjoint = shared((dy: Tensor) => {
    const { dGate, dUp } = fused.swigluAdjoint(gate.view, up.view, dy.view);
    return { dGate: fresh(dGate, gate.shape, dy), dUp: fresh(dUp, up.shape, dy) };
  });
  return record(
    'swiglu',
    fused.swiglu(gate.view, up.view),
    gate.shape,
    [gate, up],
    [(dy) => adjoint(dy).dGate, (dy) => adjoint(dy).dUp],
  );
}

/** x [..., in] weight [out, in], bias [out] or null. */
export function fusedLinear(fused: FusedKernels, x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const input = flat(x);
  const outputs = weight.shape[0]!;
  const tokens = x.rank > 2 ? x.shape[x.rank - 2]! : 1;
  const data = fused.linear(input, weight.view, bias === null ? null : bias.view, tokens);
  return record(
    'linear',
    data,
    [...x.shape.slice(0, -1), outputs],
    bias === null ? [x, weight] : [x, weight, bias],
    [
      (dy) => fresh(dy.backend.matmul(flat(dy), weight.view), x.shape, dy),
      (dy) => fresh(dy.backend.matmul(turned(flat(dy)), input), weight.shape, dy),
      bias && ((dy) => sum(reshape(dy, [-1, outputs]), 0)),
    ],
  );
}

interface AttentionInputs {
  readonly q: Tensor; // [B, H, T, d]
  readonly k: Tensor; // [B, K, S, d]
  readonly v: Tensor; // [B, K, S, d]
  readonly mask: Tensor | null;
  /** Keys before each row's one query [B] int32, where rows differ. */
  readonly past?: Tensor | null;
  readonly scale: number;
}

/** Causal attention -> [B, T, H d]: the heads already side by side. */
export function fusedAttention(fused: FusedKernels, { q, k, v, mask, past, scale }: AttentionInputs): Tensor {
  const [B, H, T, d] = q.shape as [number, number, number, number];
  const views = {
    q: q.view,
    k: k.view,
    v: v.view,
    mask: mask === null ? null : contiguous(mask).view,
    past: past?.view ?? null,
    scale,
  };
  const { y, logSums } = fused.attention(views);
  const shape = [B, T, H * d];
  const sums = fresh(logSums, [B, H, T], q);
  const saved = leaf(y, shape, q.backend);
  const adjoint = shared((dy: Tensor) => {
    const { dq, dk, dv } = fused.attentionAdjoint(views, saved.view, sums.view, contiguous(dy).view);
    return { dq: fresh(dq, q.shape, dy), dk: fresh(dk, k.shape, dy), dv: fresh(dv, v.shape, dy) };
  });
  return record(
    'attention',
    y,
    shape,
    [q, k, v],
    [(dy) => adjoint(dy).dq, (dy) => adjoint(dy).dk, (dy) => adjoint(dy).dv],
  );
}

/** Summed cross-entropy of hidden [N, D] against weight [V, D] as the output layer. */
export function fusedLinearCrossEntropy(
  fused: FusedKernels,
  hidden: Tensor,
  weight: Tensor,
  targets: Tensor,
  ignoreIndex: number,
): Tensor {
  const { losses, dHidden, dWeight } = fused.linearCrossEntropy(
    hidden.view,
    weight.view,
    targets.view,
    ignoreIndex,
  );
  const gradients = {
    hidden: fresh(dHidden, hidden.shape, hidden),
    weight: fresh(dWeight, weight.shape, hidden),
  };
  const rows = record('linearCrossEntropy', losses, targets.shape, [hidden]);
  const total = sum(rows);
  return record(
    'linearCrossEntropy',
    total.data,
    [],
    [hidden, weight],
    [(dy) => mul(gradients.hidden, dy), (dy) => mul(gradients.weight, dy)],
  );
}

/** ids [N] int32 and log-probabilities [N] of the next tokens of logits [N, V]; draws [N] int32, or null for the most likely. */
export function fusedNextTokens(
  nextTokens: NonNullable<FusedKernels['nextTokens']>,
  logits: Tensor,
  draws: Tensor | null,
): { ids: Tensor; logProbs: Tensor } {
  const { ids, logProbs } = nextTokens(flat(logits), draws === null ? null : draws.view);
  const shape = [rowsOf(logits)];
  return { ids: fresh(ids, shape, logits), logProbs: fresh(logProbs, shape, logits) };
}
