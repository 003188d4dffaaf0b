/**
 * Copies between layouts, and writing into a part of a tensor.
 *
 *   copyStrided   y[i] = x[place of i in the view]
 *   assign        y[p] = p lies in the view ? source[..] : old[p]        for every place p of the target's whole memory
 *
 * `assign` goes the other way round than a loop on a CPU: a cell of the new memory asks whether the view covers it, by taking the
 * coordinates of its place apart, from the longest stride to the shortest.
 */
import type { DType } from '../../dtype.ts';
import { rowMajorStrides, sizeOf } from '../../shape.ts';
import { coversData, isContiguous, type View } from '../../view.ts';
import type { GpuDevice } from './device.ts';
import {
  type Cell,
  defineKernel,
  type FloatArray,
  integer,
  integerHelper,
  quotient,
  quotientHelpers,
} from './kernel.ts';
import type { GpuArray } from './memory.ts';
import { mergeAxes } from './views.ts';

function copyRows(this: Cell<'row' | 'column'>, x: FloatArray, offset: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  return x[offset + row * this.constants.row + this.thread.x * this.constants.column];
}

/** Up to six axes: the row is taken apart into five coordinates, the last of them fastest. */
function copyAxes(
  this: Cell<'n1' | 'n2' | 'n3' | 'n4' | 's0' | 's1' | 's2' | 's3' | 's4' | 's5'>,
  x: FloatArray,
  offset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  const q4 = quotient(row, this.constants.n4);
  const q3 = quotient(q4, this.constants.n3);
  const q2 = quotient(q3, this.constants.n2);
  const q1 = quotient(q2, this.constants.n1);
  const outer = q1 * this.constants.s0 + (q2 - q1 * this.constants.n1) * this.constants.s1;
  const middle = (q3 - q2 * this.constants.n2) * this.constants.s2;
  const inner =
    (q4 - q3 * this.constants.n3) * this.constants.s3 + (row - q4 * this.constants.n4) * this.constants.s4;
  return x[offset + outer + middle + inner + this.thread.x * this.constants.s5];
}

/** Towards zero, as a typed array of int32 would store it. */
function truncate(this: Cell, x: FloatArray): number {
  return integer(x[this.thread.x]);
}

function constant(this: Cell, value: number): number {
  return value;
}

type AssignConstants = 'n0' | 'n1' | 'n2' | 'n3' | 'n4' | 'n5' | AssignStrides;
type AssignStrides = `${'s' | 't'}${0 | 1 | 2 | 3 | 4 | 5}`;

/** Target and source share coordinates i0..i5; strides s of the target descend, t are those of the source. */
function assignAxes(
  this: Cell<AssignConstants>,
  old: FloatArray,
  source: FloatArray,
  offset: number,
  sourceOffset: number,
): number {
  const place = this.thread.x - offset;
  if (place < 0) {
    return old[this.thread.x];
  }
  const i0 = quotient(place, this.constants.s0);
  const rest1 = place - i0 * this.constants.s0;
  const i1 = quotient(rest1, this.constants.s1);
  const rest2 = rest1 - i1 * this.constants.s1;
  const i2 = quotient(rest2, this.constants.s2);
  const rest3 = rest2 - i2 * this.constants.s2;
  const i3 = quotient(rest3, this.constants.s3);
  const rest4 = rest3 - i3 * this.constants.s3;
  const i4 = quotient(rest4, this.constants.s4);
  const rest5 = rest4 - i4 * this.constants.s4;
  const i5 = quotient(rest5, this.constants.s5);
  if (rest5 - i5 * this.constants.s5 > 0) {
    return old[this.thread.x];
  }
  if (i0 >= this.constants.n0 || i1 >= this.constants.n1 || i2 >= this.constants.n2) {
    return old[this.thread.x];
  }
  if (i3 >= this.constants.n3 || i4 >= this.constants.n4 || i5 >= this.constants.n5) {
    return old[this.thread.x];
  }
  const outer = i0 * this.constants.t0 + i1 * this.constants.t1 + i2 * this.constants.t2;
  const inner = i3 * this.constants.t3 + i4 * this.constants.t4 + i5 * this.constants.t5;
  return source[sourceOffset + outer + inner];
}

const copyRowsKernel = defineKernel('copyRows', copyRows, ['array', 'integer']);
const copyAxesKernel = defineKernel('copyAxes', copyAxes, ['array', 'integer'], quotientHelpers);
const truncateKernel = defineKernel('truncate', truncate, ['array'], [integerHelper]);
const constantKernel = defineKernel('constant', constant, ['float']);
const assignKernel = defineKernel(
  'assignAxes',
  assignAxes,
  ['array', 'array', 'integer', 'integer'],
  quotientHelpers,
);

/** Row-major copy of a view, in its own type. */
export function copy(device: GpuDevice, x: View): GpuArray {
  const data = x.data as GpuArray;
  const { lengths, strides } = mergeAxes(x.shape, [x]);
  const steps = strides[0]!;
  if (sizeOf(x.shape) === 0) return device.memory.allocate(data.dtype, 0);
  if (lengths.length > 6)
    throw new RangeError(`gpu: a view of ${x.shape.length} axes has more than the 6 that a kernel walks`);
  if (lengths.length <= 2) {
    const [rows, columns] = lengths.length === 2 ? (lengths as [number, number]) : [1, lengths[0] ?? 1];
    const constants = { row: lengths.length === 2 ? steps[0]! : 0, column: steps.at(-1) ?? 0 };
    return device.launch(copyRowsKernel, { rows, columns }, constants, [data, x.offset], data.dtype);
  }
  while (lengths.length < 6) {
    lengths.unshift(1);
    steps.unshift(0);
  }
  const [n0, n1, n2, n3, n4, columns] = lengths as [number, number, number, number, number, number];
  const [s0, s1, s2, s3, s4, s5] = steps as [number, number, number, number, number, number];
  return device.launch(
    copyAxesKernel,
    { rows: n0 * n1 * n2 * n3 * n4, columns },
    { n1, n2, n3, n4, s0, s1, s2, s3, s4, s5 },
    [data, x.offset],
    data.dtype,
  );
}

/** Row-major copy in another type. */
export function convert(device: GpuDevice, x: View, dtype: DType): GpuArray {
  const data = x.data as GpuArray;
  if (dtype === 'float64') device.memory.allocate(dtype, x.size); // throws its sentence
  const made = copy(device, x);
  if (dtype === data.dtype) return made;
  if (dtype === 'int32') {
    const whole = truncated(device, made);
    device.release(made);
    return whole;
  }
  const floats = device.memory.allocate('float32', made.length);
  device.exchange(floats, made);
  return floats;
}

/** The same numbers, rounded towards zero, as int32. */
export function truncated(device: GpuDevice, x: GpuArray): GpuArray {
  return device.launch(truncateKernel, { rows: 1, columns: x.length }, {}, [x], 'int32');
}

/** New memory, every element `value`. */
export function filled(device: GpuDevice, dtype: DType, size: number, value: number): GpuArray {
  return device.launch(constantKernel, { rows: 1, columns: size }, {}, [value], dtype);
}

export function fill(device: GpuDevice, target: View, value: number): void {
  const data = target.data as GpuArray;
  const number = data.dtype === 'int32' ? wholeNumber(value) : value;
  if (target.size === 0) return;
  if (coversData(target)) {
    device.exchange(data, filled(device, data.dtype, data.length, number));
    return;
  }
  const one = filled(device, data.dtype, 1, number);
  write(device, target, { data: one, offset: 0, stride: target.shape.map(() => 0) });
  device.release(one);
}

/** What an Int32Array makes of a number. */
function wholeNumber(value: number): number {
  return Number.isFinite(value) ? Math.trunc(value) : 0;
}

export function assign(device: GpuDevice, target: View, source: View): void {
  const data = target.data as GpuArray;
  const from = source.data as GpuArray;
  if (target.size === 0) return;
  if (coversData(target)) {
    device.exchange(data, convert(device, source, data.dtype));
    return;
  }
  if (from.dtype === data.dtype || data.dtype === 'float32') {
    write(device, target, { data: from, offset: source.offset, stride: source.stride });
    return;
  }
  const whole = convert(device, source, data.dtype);
  write(device, target, { data: whole, offset: 0, stride: rowMajorStrides(target.shape) });
  device.release(whole);
}

/** Put the elements of `source` (walked in the shape of target) into the memory of target. */
function write(
  device: GpuDevice,
  target: View,
  source: { readonly data: GpuArray; readonly offset: number; readonly stride: readonly number[] },
): void {
  let { offset } = target;
  let sourceOffset = source.offset;
  // Positive strides, longest first: a place is then taken apart like a number into its digits.
  const axes = target.shape
    .map((length, axis) => ({ length, s: target.stride[axis]!, t: source.stride[axis]! }))
    .filter(({ s }) => s !== 0); // of elements that share a place, one is enough
  for (const axis of axes) {
    if (axis.s >= 0) continue;
    offset += axis.s * (axis.length - 1);
    sourceOffset += axis.t * (axis.length - 1);
    axis.s = -axis.s;
    axis.t = -axis.t;
  }
  axes.sort((a, b) => b.s - a.s);
  const { lengths, strides } = mergeAxes(
    axes.map((axis) => axis.length),
    [
      { offset: 0, stride: axes.map((axis) => axis.s) },
      { offset: 0, stride: axes.map((axis) => axis.t) },
    ],
  );
  const [s, t] = strides as [number[], number[]];
  if (lengths.length > 6)
    throw new RangeError(
      `gpu: a view of ${target.shape.length} axes has more than the 6 that a kernel walks`,
    );
  const data = target.data as GpuArray;
  while (lengths.length < 6) {
    lengths.unshift(1);
    s.unshift(data.length);
    t.unshift(0);
  }
  const constants: Record<string, number> = {};
  for (let i = 0; i < 6; i++) {
    constants[`n${i}`] = lengths[i]!;
    constants[`s${i}`] = s[i]!;
    constants[`t${i}`] = t[i]!;
  }
  const args = [data, source.data, offset, sourceOffset];
  device.exchange(
    data,
    device.launch(assignKernel, { rows: 1, columns: data.length }, constants, args, data.dtype),
  );
}

/** A view's data in row-major order from its start: its own memory, or a copy that has to be released. */
export function contiguous(
  device: GpuDevice,
  x: View,
): { data: GpuArray; offset: number; temporary: GpuArray[] } {
  if (isContiguous(x)) return { data: x.data as GpuArray, offset: x.offset, temporary: [] };
  const data = copy(device, x);
  return { data, offset: 0, temporary: [data] };
}
