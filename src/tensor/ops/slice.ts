/**
 * Cutting out and putting together. A slice is a view: it shares the memory of its input.
 *
 *   y = slice(x)         dx = pad(dy)           zeros everywhere but at the slice
 *   y = pad(x)           dx = slice(dy)
 *   y = concat(a, b)     da = slice(dy), db = slice(dy)
 */
import { record, recordView } from '../autograd.ts';
import { formatShape, normalizeAxis, ShapeError, sameShape, sizeOf } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { type View, viewOf } from '../view.ts';
import { checkPair } from './arithmetic.ts';
import { unsqueeze } from './shape.ts';

/** Elements start..end-1 along `axis`. Negative positions count from the end; out-of-range ones are an error. */
export function slice(x: Tensor, axis: number, start: number, end?: number): Tensor {
  const at = normalizeAxis('slice', axis, x.shape);
  const length = x.shape[at]!;
  const from = start < 0 ? start + length : start;
  const to = end === undefined ? length : end < 0 ? end + length : end;
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > length || from > to) {
    throw new ShapeError(`slice: ${start}..${end ?? ''} is outside axis ${axis} of ${formatShape(x.shape)}`);
  }
  if (from === 0 && to === length) return x;
  return recordView('slice', cut(x.view, at, from, to), x, (dy) => pad(dy, at, from, length - to));
}

const isCount = (n: number) => Number.isInteger(n) && n >= 0;

function cut(view: View, axis: number, from: number, to: number): View {
  const shape = view.shape.map((length, other) => (other === axis ? to - from : length));
  return viewOf(view.data, shape, view.stride, view.offset + from * view.stride[axis]!);
}

/** Zeros added before and after along `axis`. */
export function pad(x: Tensor, axis: number, before: number, after: number): Tensor {
  const at = normalizeAxis('pad', axis, x.shape);
  const length = x.shape[at]!;
  if (![before, after].every(isCount)) {
    throw new ShapeError(
      `pad: cannot add ${before} before and ${after} after axis ${axis} of ${formatShape(x.shape)}`,
    );
  }
  const shape = x.shape.map((n, other) => (other === at ? before + n + after : n));
  const data = x.backend.allocate(x.dtype, sizeOf(shape));
  x.backend.assign(cut(viewOf(data, shape), at, before, before + length), x.view);
  return record('pad', data, shape, [x], [(dy) => slice(dy, at, before, before + length)]);
}

/** Tensors joined along an axis; all other axes must agree. */
export function concat(parts: readonly Tensor[], axis = 0): Tensor {
  const first = parts[0];
  if (first === undefined) throw new ShapeError('concat: there is nothing to join');
  const at = normalizeAxis('concat', axis, first.shape);
  const others = (t: Tensor) => t.shape.filter((_, other) => other !== at);
  let total = 0;
  for (const part of parts) {
    checkPair('concat', first, part);
    if (part.rank !== first.rank || !sameShape(others(part), others(first))) {
      const shapes = parts.map((t) => formatShape(t.shape)).join(', ');
      throw new ShapeError(`concat: shapes ${shapes} differ in another axis than ${axis}`);
    }
    total += part.shape[at]!;
  }
  const shape = first.shape.map((n, other) => (other === at ? total : n));
  const data = first.backend.allocate(first.dtype, sizeOf(shape));
  const whole = viewOf(data, shape);
  let start = 0;
  const adjoints = parts.map((part) => {
    const from = start;
    const to = from + part.shape[at]!;
    start = to;
    first.backend.assign(cut(whole, at, from, to), part.view);
    return (dy: Tensor) => slice(dy, at, from, to);
  });
  return record('concat', data, shape, parts, adjoints);
}

/** Tensors of one shape side by side along a new axis. */
export function stack(parts: readonly Tensor[], axis = 0): Tensor {
  return concat(
    parts.map((part) => unsqueeze(part, axis)),
    axis,
  );
}

/** Consecutive slices of the given lengths, which must add up to the axis. */
export function split(x: Tensor, lengths: readonly number[], axis = 0): Tensor[] {
  const at = normalizeAxis('split', axis, x.shape);
  if (!lengths.every(isCount) || lengths.reduce((a, b) => a + b, 0) !== x.shape[at]) {
    throw new ShapeError(
      `split: lengths ${formatShape(lengths)} do not add up to axis ${axis} of ${formatShape(x.shape)}`,
    );
  }
  let start = 0;
  return lengths.map((length) => {
    start += length;
    return slice(x, at, start - length, start);
  });
}
