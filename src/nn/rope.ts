/**
 * RoPE: turn each pair of query and key coordinates by an angle proportional to the token's position.
 *
 *   (a, b) -> (a cos mθ_j - b sin mθ_j,  a sin mθ_j + b cos mθ_j)      θ_j = theta^(-2j/d)      (Su et al. 2021, eq. 15)
 *
 * The dot product of a query at position m and a key at n then depends on their distance m - n alone.
 * Which coordinates form pair j is a convention: `half` (Hugging Face, GPT-NeoX) takes j and j + d/2, `interleaved` (the paper,
 * llama2.c) takes 2j and 2j + 1. They differ by a fixed permutation of the rows of the q and k weights.
 * Shapes: x [B, H, T, d], cos and sin [T, d/2] or [B, 1, T, d/2].
 */
import { concat, fromFunction, fusedFor, fusedRope, stack, type Tensor } from '../tensor/index.ts';

export type RopeLayout = 'half' | 'interleaved';

/** Cosines and sines of the angles at the positions of one batch. */
export interface RopeAngles {
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Rotate x [B, H, T, d] by the given angles. */
export function applyRope(x: Tensor, { cos, sin }: RopeAngles, layout: RopeLayout = 'half'): Tensor {
  const d = x.shape.at(-1)!;
  if (layout === 'half') {
    const fused = fusedFor(x);
    if (fused) return fusedRope(fused, x, cos, sin);
    const a = x.slice(-1, 0, d / 2); // [B, H, T, d/2]
    const b = x.slice(-1, d / 2);
    return concat([a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))], -1);
  }
  const pairs = x.reshape([...x.shape.slice(0, -1), d / 2, 2]);
  const a = pairs.slice(-1, 0, 1).squeeze(-1);
  const b = pairs.slice(-1, 1, 2).squeeze(-1);
  return stack([a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))], -1).reshape(x.shape);
}

/** Tables of cos and sin for positions 0 .. maxPositions-1, made once for a model. */
export class RopeTable {
  readonly maxPositions: number;
  private readonly cos: Tensor;
  private readonly sin: Tensor;

  constructor(headDim: number, maxPositions: number, theta = 10000) {
    if (headDim % 2 !== 0) throw new RangeError(`RoPE: the head width must be even, got ${headDim}`);
    this.maxPositions = maxPositions;
    const half = headDim / 2;
    const angle = (i: number) => Math.floor(i / half) * theta ** ((-2 * (i % half)) / headDim); // m θ_j, i = m d/2 + j
    const table = (fn: (angle: number) => number) =>
      fromFunction([maxPositions, half], (i) => fn(angle(i))).keep();
    this.cos = table(Math.cos);
    this.sin = table(Math.sin);
  }

  /** Angles for T tokens in a row, the first at position `start`: [T, d/2]. */
  consecutive(start: number, length: number): RopeAngles {
    if (start + length > this.maxPositions) {
      throw new RangeError(
        `RoPE: position ${start + length - 1} is beyond the model's context of ${this.maxPositions} tokens`,
      );
    }
    const end = start + length;
    return { cos: this.cos.slice(0, start, end), sin: this.sin.slice(0, start, end) };
  }

  /** Angles for explicit positions [B, T] (int32): [B, 1, T, d/2], one for all heads. */
  at(positions: Tensor): RopeAngles {
    const rows = (table: Tensor) => table.embedding(positions).unsqueeze(1);
    return { cos: rows(this.cos), sin: rows(this.sin) };
  }
}
