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
import {
  concat,
  fromFunction,
  fusedFor,
  fusedRope,
  getDefaults,
  power,
  stack,
  type Tensor,
} from '../tensor/index.ts';

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

/** Rows of a table that is made for the first time. */
const FIRST_ROWS = 64;

/**
 * Tables of cos and sin for positions 0, 1, 2, ... They reach as far as anyone has asked, at least twice as far each time they
 * grow: a context that is only promised, however long, takes no memory.
 */
export class RopeTable {
  readonly maxPositions: number;
  private readonly headDim: number;
  private readonly theta: number;
  /** Where it was made: that is where its model computes. */
  private readonly place = getDefaults();
  private rows = 0;
  private table: RopeAngles | null = null;

  constructor(headDim: number, maxPositions: number, theta = 10000) {
    if (headDim % 2 !== 0) throw new RangeError(`RoPE: the head width must be even, got ${headDim}`);
    this.headDim = headDim;
    this.maxPositions = maxPositions;
    this.theta = theta;
  }

  /** Angles for T tokens in a row, the first at position `start`: [T, d/2]. */
  consecutive(start: number, length: number): RopeAngles {
    const end = start + length;
    const { cos, sin } = this.upTo(end);
    return { cos: cos.slice(0, start, end), sin: sin.slice(0, start, end) };
  }

  /** Angles for explicit positions [B, T] (int32): [B, 1, T, d/2], one for all heads. */
  at(positions: Tensor): RopeAngles {
    const { cos, sin } = this.upTo(this.endOf(positions));
    const rows = (table: Tensor) => table.embedding(positions).unsqueeze(1);
    return { cos: rows(cos), sin: rows(sin) };
  }

  /** How far the tables have to reach for these positions: all the way, where they cannot be read at once (gpu). */
  private endOf(positions: Tensor): number {
    if (positions.backend.readSync === undefined) return this.maxPositions;
    let last = 0;
    for (const position of positions.toArray()) last = Math.max(last, position);
    return last + 1;
  }

  private upTo(end: number): RopeAngles {
    if (end > this.maxPositions) {
      throw new RangeError(
        `RoPE: position ${end - 1} is beyond the model's context of ${this.maxPositions} tokens`,
      );
    }
    if (this.table !== null && end <= this.rows) return this.table;
    const rows = Math.min(this.maxPositions, Math.max(end, 2 * this.rows, FIRST_ROWS));
    const { headDim, theta } = this;
    const half = headDim / 2;
    const angle = (i: number) => Math.floor(i / half) * power(theta, (-2 * (i % half)) / headDim); // m θ_j, i = m d/2 + j
    const table = (fn: (angle: number) => number) =>
      fromFunction([rows, half], (i) => fn(angle(i)), this.place).keep();
    this.table = { cos: table(Math.cos), sin: table(Math.sin) };
    this.rows = rows;
    return this.table;
  }
}
