/**
 * Strided views: an `ndarray` record (data, shape, stride, offset) over memory of any backend.
 *
 * Element (i0, i1, ...) lies at offset + i0 * stride[0] + i1 * stride[1] + ...; so transposing, slicing and broadcasting
 * (stride 0) only rewrite the record and move no data. Kernels loop over `.data` directly: `ndarray.get` in a loop is about
 * five times slower than indexing.
 */
import ndarray from 'ndarray';
import type { Data } from './dtype.ts';
import { rowMajorStrides, type Shape, sizeOf } from './shape.ts';

export type View = ndarray.NdArray<Data>;

/**
 * A view of `data`; row-major from its start unless strides and offset say otherwise.
 *
 * `ndarray()` asks the memory for its type by name, every time, which was 7% of the time of decoding. So the class it chose for
 * an element type and rank is remembered, and used directly from then on.
 */
export function viewOf(data: Data, shape: Shape, stride: Shape = rowMajorStrides(shape), offset = 0): View {
  const rank = shape.length;
  const known =
    data instanceof Float32Array ? float32Views : data instanceof Int32Array ? int32Views : undefined;
  if (known === undefined || rank === 0 || rank > 4) {
    return ndarray(data, shape as number[], stride as number[], offset);
  }
  const Class = known[rank];
  if (Class === undefined) {
    const first = ndarray(data, shape as number[], stride as number[], offset);
    known[rank] = first.constructor as ViewClass;
    return first;
  }
  if (rank === 1) return new Class(data, shape[0]!, stride[0]!, offset);
  if (rank === 2) return new Class(data, shape[0]!, shape[1]!, stride[0]!, stride[1]!, offset);
  if (rank === 3) {
    return new Class(data, shape[0]!, shape[1]!, shape[2]!, stride[0]!, stride[1]!, stride[2]!, offset);
  }
  const [a, b, c, d] = shape as [number, number, number, number];
  const [s, t, u, v] = stride as [number, number, number, number];
  return new Class(data, a, b, c, d, s, t, u, v, offset);
}

/** ndarray's class for one element type and rank: data, lengths, strides, offset. */
type ViewClass = new (data: Data, ...numbers: number[]) => View;
const float32Views: (ViewClass | undefined)[] = [];
const int32Views: (ViewClass | undefined)[] = [];

/** [N, M] seen as [M, N]. */
export function turned({ data, shape, stride, offset }: View): View {
  return viewOf(data, [shape[1]!, shape[0]!], [stride[1]!, stride[0]!], offset);
}

/** True if the elements lie one after the other in row-major order (axes of length 1 do not matter). */
export function isContiguous(view: View): boolean {
  let step = 1;
  for (let axis = view.shape.length - 1; axis >= 0; axis--) {
    const length = view.shape[axis]!;
    if (length === 0) return true;
    if (length !== 1 && view.stride[axis] !== step) return false;
    step *= length;
  }
  return true;
}

/** True if the view is row-major and covers its memory from the first element to the last. */
export function coversData(view: View): boolean {
  return view.offset === 0 && view.data.length === sizeOf(view.shape) && isContiguous(view);
}

/** The same elements seen in a larger shape: stretched and new axes get stride 0. The shapes must broadcast. */
export function broadcastView(view: View, shape: Shape): View {
  const shift = shape.length - view.shape.length;
  const stride = shape.map((length, axis) => {
    if (axis < shift) return 0;
    return view.shape[axis - shift] === length ? view.stride[axis - shift]! : 0;
  });
  return viewOf(view.data, shape, stride, view.offset);
}

/** The elements of a row-major view in another shape of the same size. */
export function rowMajorView(view: View, shape: Shape): View {
  return viewOf(view.data, shape, rowMajorStrides(shape), view.offset);
}
