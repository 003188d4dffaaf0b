/**
 * Shapes: the length of a tensor along each of its axes, outermost first. `[]` is a single number.
 *
 * Broadcasting is NumPy's: shapes are aligned at the right, an axis of length 1 (or a missing one) stretches to the other's
 * length, any other mismatch is an error that names the op and every shape.
 */
export type Shape = readonly number[];

/** A shape that does not fit an op: names the op, the shapes given and what was expected. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Number of elements: the product of all lengths (1 for `[]`). */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false;
  return true;
}

export function checkShape(op: string, shape: Shape): void {
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 0) {
      throw new ShapeError(
        `${op}: ${formatShape(shape)} is not a shape: every length must be a whole number >= 0`,
      );
    }
  }
}

/** Distance in elements between neighbours along each axis of a row-major tensor. */
export function rowMajorStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

/** The shape that all of `shapes` broadcast to. */
export function broadcastShapes(op: string, ...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    const shift = rank - shape.length;
    for (let axis = 0; axis < shape.length; axis++) {
      const length = shape[axis]!;
      if (length === 1 || length === result[axis + shift]) continue;
      if (result[axis + shift] !== 1) {
        throw new ShapeError(
          `${op}: shapes ${shapes.map(formatShape).join(' and ')} do not broadcast: ` +
            `axis ${axis + shift - rank} has length ${result[axis + shift]} in one and ${length} in another`,
        );
      }
      result[axis + shift] = length;
    }
  }
  return result;
}

/** Axis counted from the end if negative; an axis outside the shape is an error. */
export function normalizeAxis(op: string, axis: number, shape: Shape): number {
  const positive = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || positive < 0 || positive >= shape.length) {
    throw new ShapeError(`${op}: axis ${axis} is outside a tensor of shape ${formatShape(shape)}`);
  }
  return positive;
}

export type Axes = number | readonly number[];

/** Sorted, distinct, non-negative axes; all of them when none is named. */
export function normalizeAxes(op: string, axes: Axes | undefined, shape: Shape): number[] {
  if (axes === undefined) return shape.map((_, axis) => axis);
  const list = typeof axes === 'number' ? [axes] : axes;
  const result = [...new Set(list.map((axis) => normalizeAxis(op, axis, shape)))].sort((a, b) => a - b);
  if (result.length !== list.length) {
    throw new ShapeError(`${op}: axes ${formatShape(list)} name an axis of ${formatShape(shape)} twice`);
  }
  return result;
}

/** `shape` with the reduced axes set to 1 (`keepDim`) or removed. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDim: boolean): number[] {
  if (keepDim) return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
  return shape.filter((_, axis) => !axes.includes(axis));
}

const isCount = (n: number) => Number.isInteger(n) && n >= 0;

/** Fills in a single -1 and checks that the number of elements stays the same. */
export function resolveReshape(from: Shape, to: Shape): number[] {
  const size = sizeOf(from);
  const shape = to.slice();
  const open = to.indexOf(-1);
  if (open >= 0) shape[open] = size / -sizeOf(to);
  if (!shape.every(isCount) || sizeOf(shape) !== size) {
    throw new ShapeError(
      `reshape: ${formatShape(from)} (${size} elements) does not fit into ${formatShape(to)}`,
    );
  }
  return shape;
}
