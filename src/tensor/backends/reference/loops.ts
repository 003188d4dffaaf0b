/**
 * Walking strided views: the one loop nest that elementwise kernels, copies and scatters share.
 *
 * `forEachRow` splits any number of views of one shape into rows: stretches along the last axis with a constant step each.
 * Neighbouring axes that every view walks without a jump are merged first, so two contiguous tensors are a single long row.
 */
import type { Data, HostArray } from '../../dtype.ts';
import type { Shape } from '../../shape.ts';
import type { View } from '../../view.ts';

export interface Walk {
  readonly offset: number;
  readonly stride: Shape;
}

/** Start positions and steps of the current row, one for each walk. Reused between calls: read, do not keep. */
export type RowFn = (length: number, starts: number[], steps: number[]) => void;

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

/** The typed array under a view. This backend has no other memory. */
export function host(data: Data): HostArray {
  if (ArrayBuffer.isView(data)) return data as HostArray;
  throw new TypeError('The reference backend was given memory of another backend');
}

/** The view's elements in row-major order: its own memory where that already is so, else a copy. */
export function rowMajor(view: View): { data: HostArray; offset: number } {
  const data = host(view.data);
  let step = 1;
  for (let axis = view.shape.length - 1; axis >= 0; axis--) {
    if (view.shape[axis] !== 1 && view.stride[axis] !== step) return { data: copyOf(view), offset: 0 };
    step *= view.shape[axis]!;
  }
  return { data, offset: view.offset };
}

function copyOf(view: View): HostArray {
  const source = host(view.data);
  const target = new (source.constructor as new (size: number) => HostArray)(view.size);
  copyInto(source, view, target);
  return target;
}

/** Row-major copy of a view into `target`, converting to its element type. */
export function copyInto(source: HostArray, walk: View, target: HostArray): void {
  let at = 0;
  forEachRow(walk.shape, [walk], (length, [start], [step]) => {
    let from = start!;
    for (let i = 0; i < length; i++, from += step!) target[at++] = source[from]!;
  });
}
