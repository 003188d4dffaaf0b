/**
 * What the reference kernels read: typed arrays on the JavaScript heap, in row-major order.
 */
import type { Data, HostArray } from '../../dtype.ts';
import { isContiguous, type View } from '../../view.ts';
import { forEachElement } from '../../walk.ts';

/** The typed array under a view. This backend has no other memory. */
export function host(data: Data): HostArray {
  if (ArrayBuffer.isView(data)) return data as HostArray;
  throw new TypeError('The reference backend was given memory of another backend');
}

/** The view's elements one after the other: a part of its own memory where they lie like that, else a copy. To be read only. */
export function rowMajor(view: View): HostArray {
  const data = host(view.data);
  if (isContiguous(view)) return data.subarray(view.offset, view.offset + view.size);
  const copy = new (data.constructor as new (size: number) => HostArray)(view.size);
  copyInto(copy, view);
  return copy;
}

/** target[i] = element i of the view, converted to the target's type. */
export function copyInto(target: HostArray, view: View): void {
  const data = host(view.data);
  let i = 0;
  forEachElement(view.shape, [view], ([at]) => {
    target[i++] = data[at!]!;
  });
}
