/**
 * Strided views as kernels want them: rows and columns, each with one step.
 *
 * Neighbouring axes that all operands walk without a jump are one axis: two row-major tensors of any shape are a single row.
 * What has more than two axes left after that is copied to row-major memory first (kernel `copyStrided`), so that every other
 * kernel gets by with two steps for each operand.
 */
import { type Shape, sizeOf } from '../../shape.ts';
import { isContiguous, type View, viewOf } from '../../view.ts';
import type { Grid } from './device.ts';
import type { GpuArray } from './memory.ts';

export interface Walk {
  readonly offset: number;
  readonly stride: Shape;
}

/** Axes joined where every walk allows it; axes of length 1 are left out. */
export function mergeAxes(
  shape: Shape,
  walks: readonly Walk[],
): { readonly lengths: number[]; readonly strides: number[][] } {
  const lengths: number[] = [];
  const strides: number[][] = walks.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const length = shape[axis]!;
    if (length === 1) continue;
    const last = lengths.length - 1;
    const joins = last >= 0 && walks.every((walk, w) => strides[w]![last] === length * walk.stride[axis]!);
    if (joins) lengths[last]! *= length;
    else lengths.push(length);
    walks.forEach((walk, w) => {
      strides[w]![lengths.length - 1] = walk.stride[axis]!;
    });
  }
  return { lengths, strides };
}

/** Where one operand of a kernel over rows and columns lies. */
export interface Steps {
  readonly data: GpuArray;
  readonly offset: number;
  readonly row: number;
  readonly column: number;
}

interface Matrices {
  readonly grid: Grid;
  readonly operands: readonly Steps[];
  /** Copies made on the way: release them after the launch. */
  readonly temporary: readonly GpuArray[];
}

/** Operands of one shape as rows and columns; `copy` makes row-major memory of a view. */
export function asMatrices(views: readonly View[], shape: Shape, copy: (view: View) => GpuArray): Matrices {
  const direct = matrixForm(views, shape);
  if (direct !== null) return { ...direct, temporary: [] };
  const temporary: GpuArray[] = [];
  const copies = views.map((view) => {
    if (isContiguous(view)) return view;
    const data = copy(view);
    temporary.push(data);
    return viewOf(data, shape);
  });
  return { ...matrixForm(copies, shape)!, temporary }; // row-major ones are a single row
}

function matrixForm(views: readonly View[], shape: Shape): Omit<Matrices, 'temporary'> | null {
  const { lengths, strides } = mergeAxes(shape, views);
  if (lengths.length > 2) return null;
  const [rows, columns] = lengths.length === 2 ? lengths : [1, lengths[0] ?? 1];
  const operands = views.map((view, i) => ({
    data: view.data as GpuArray,
    offset: view.offset,
    row: lengths.length === 2 ? strides[i]![0]! : 0,
    column: strides[i]!.at(-1) ?? 0,
  }));
  return { grid: { rows: rows!, columns: columns! }, operands };
}

/** The last axis as columns, all others as rows. */
export function rowsOf(shape: Shape): Grid {
  return { rows: sizeOf(shape.slice(0, -1)), columns: shape.at(-1)! };
}

/** A view as [rows, last axis] with one step each, or a row-major copy of it. */
export function asRows(view: View, copy: (view: View) => GpuArray): { steps: Steps; temporary: GpuArray[] } {
  const axes = view.shape.length - 1;
  const { lengths, strides } = mergeAxes(view.shape.slice(0, -1), [
    { offset: 0, stride: view.stride.slice(0, -1) },
  ]);
  const column = view.stride[axes]!;
  if (lengths.length <= 1) {
    const row = strides[0]![0] ?? 0;
    return { steps: { data: view.data as GpuArray, offset: view.offset, row, column }, temporary: [] };
  }
  const data = copy(view);
  return { steps: { data, offset: 0, row: view.shape[axes]!, column: 1 }, temporary: [data] };
}

/** The numbers of some axes. */
export const select = (values: readonly number[], axes: readonly number[]) =>
  axes.map((axis) => values[axis]!);

/** At most two numbers, as the last of a pair. */
export function padded(values: readonly number[], filler = 1): [number, number] {
  return [values.length === 2 ? values[0]! : filler, values.at(-1) ?? filler];
}
