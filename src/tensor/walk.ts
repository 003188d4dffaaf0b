/**
 * Walking several strided views of one shape together, in row-major order.
 *
 * `forEachElement` calls back for every element: what the reference kernels are written with. `forEachRow` calls back for every
 * row, a stretch along the last axis with a constant step in each view: for callers who loop, or fill a whole batch, themselves.
 * Neighbouring axes that every view walks without a jump are merged first, so two contiguous tensors are a single long row.
 */
import type { Shape } from './shape.ts';

/** Where a view begins and how far apart its elements lie; a `View` is one. */
export interface Walk {
  readonly offset: number;
  readonly stride: Shape;
}

/** `at[w]` is the position of the current element in walk w. Reused between calls: read it, do not keep it. */
export function forEachElement(
  shape: Shape,
  walks: readonly Walk[],
  fn: (at: readonly number[]) => void,
): void {
  forEachRow(shape, walks, (length, starts, steps) => {
    const at = [...starts];
    for (let i = 0; i < length; i++) {
      fn(at);
      for (let w = 0; w < at.length; w++) at[w]! += steps[w]!;
    }
  });
}

/** Start positions and steps of the current row, one per walk. Reused between calls: read them, do not keep them. */
type RowFn = (length: number, starts: readonly number[], steps: readonly number[]) => void;

export function forEachRow(shape: Shape, walks: readonly Walk[], fn: RowFn): void {
  if (shape.includes(0)) return;
  const { lengths, strides } = mergeAxes(
    shape,
    walks.map((walk) => walk.stride),
  );
  const inner = lengths.length - 1;
  const starts = walks.map((walk) => walk.offset);
  if (inner < 0) {
    fn(
      1,
      starts,
      walks.map(() => 0),
    );
    return;
  }
  const length = lengths[inner]!;
  const steps = strides.map((stride) => stride[inner]!);
  const position = new Array<number>(inner).fill(0);
  for (;;) {
    fn(length, starts, steps);
    let axis = inner - 1;
    for (; axis >= 0; axis--) {
      position[axis]!++;
      for (let w = 0; w < starts.length; w++) starts[w]! += strides[w]![axis]!;
      if (position[axis]! < lengths[axis]!) break;
      for (let w = 0; w < starts.length; w++) starts[w]! -= strides[w]![axis]! * lengths[axis]!;
      position[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Drop axes of length 1 and join axis i with i + 1 where every walk's stride i equals length i+1 times stride i+1. */
function mergeAxes(shape: Shape, allStrides: readonly Shape[]): { lengths: number[]; strides: number[][] } {
  const lengths: number[] = [];
  const strides: number[][] = allStrides.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const last = lengths.length - 1;
    const joins = last >= 0 && strides.every((mine, w) => mine[last] === length * allStrides[w]![axis]!);
    if (joins) {
      lengths[last]! *= length;
      strides.forEach((mine, w) => {
        mine[last] = allStrides[w]![axis]!;
      });
    } else {
      lengths.push(length);
      strides.forEach((mine, w) => {
        mine.push(allStrides[w]![axis]!);
      });
    }
  }
  return { lengths, strides };
}
