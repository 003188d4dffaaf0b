/**
 * Strided walks for the kernels: up to three views of one shape, with neighbouring axes merged wherever all of them walk on
 * without a jump.
 *
 * Kernels take four axes. What still has more after merging (rare) is cut into `blocks` of four axes, one kernel call each. The
 * result of `merge` lies in module variables that the next call overwrites: shapes are walked a thousand times per step, and
 * arrays cost more than the merging.
 */
import type { Shape } from '../../shape.ts';

/** Merged lengths and strides, innermost axis first; at least four, the missing ones of length 1. */
export const lengths: number[] = [];
export const strides: readonly [number[], number[], number[]] = [[], [], []];

let rank = 0;

/** A walk without strides stays where it is. */
export function merge(shape: Shape, a?: Shape, b?: Shape, c?: Shape): void {
  const [A, B, C] = strides;
  rank = 0;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const p = a === undefined ? 0 : a[axis]!;
    const q = b === undefined ? 0 : b[axis]!;
    const r = c === undefined ? 0 : c[axis]!;
    if (rank > 0) {
      const last = rank - 1;
      const inner = lengths[last]!;
      if (p === A[last]! * inner && q === B[last]! * inner && r === C[last]! * inner) {
        lengths[last] = inner * length;
        continue;
      }
    }
    lengths[rank] = length;
    A[rank] = p;
    B[rank] = q;
    C[rank] = r;
    rank++;
  }
  for (let axis = rank; axis < 4; axis++) {
    lengths[axis] = 1;
    A[axis] = 0;
    B[axis] = 0;
    C[axis] = 0;
  }
}

/** Elements of the four innermost axes. */
export function blockSize(): number {
  return lengths[0]! * lengths[1]! * lengths[2]! * lengths[3]!;
}

/** How many times the four innermost axes are walked. */
export function blocks(): number {
  let count = 1;
  for (let axis = 4; axis < rank; axis++) count *= lengths[axis]!;
  return count;
}

/** Where block `index` of a walk starts, in elements from the start of the walk. */
export function blockOffset(walk: 0 | 1 | 2, index: number): number {
  let offset = 0;
  for (let axis = 4, rest = index; axis < rank; axis++) {
    offset += (rest % lengths[axis]!) * strides[walk][axis]!;
    rest = Math.floor(rest / lengths[axis]!);
  }
  return offset;
}
