/**
 * Elementwise kernels with broadcasting: y = f(a), y = f(a, b), y = condition != 0 ? a : b.
 *
 * An operand is walked with one step per row and one per column, 0 where it is broadcast (views.ts); a plain number is an
 * argument. Results of int32 are rounded towards zero, as an Int32Array would.
 */
import type { BinaryKind, Operand, UnaryKind } from '../../backend.ts';
import type { DType } from '../../dtype.ts';
import type { Shape } from '../../shape.ts';
import type { View } from '../../view.ts';
import type { GpuDevice } from './device.ts';
import { apply, binaryHelpers, combine, unaryHelpers } from './functions.ts';
import { type Cell, defineKernel, type FloatArray, type KernelDefinition } from './kernel.ts';
import type { GpuArray } from './memory.ts';
import { copy, truncated } from './movement.ts';
import { asMatrices } from './views.ts';

type Steps<Name extends string> = `${Name}Row` | `${Name}Column`;

function mapOne(this: Cell<Steps<'a'>>, a: FloatArray, aOffset: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  return apply(a[aOffset + row * this.constants.aRow + this.thread.x * this.constants.aColumn]);
}

function mapTwo(
  this: Cell<Steps<'a'> | Steps<'b'>>,
  a: FloatArray,
  aOffset: number,
  b: FloatArray,
  bOffset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  return combine(
    a[aOffset + row * this.constants.aRow + this.thread.x * this.constants.aColumn],
    b[bOffset + row * this.constants.bRow + this.thread.x * this.constants.bColumn],
  );
}

function mapWithNumber(this: Cell<Steps<'a'>>, a: FloatArray, aOffset: number, value: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  return combine(a[aOffset + row * this.constants.aRow + this.thread.x * this.constants.aColumn], value);
}

function mapNumberWith(this: Cell<Steps<'a'>>, a: FloatArray, aOffset: number, value: number): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  return combine(value, a[aOffset + row * this.constants.aRow + this.thread.x * this.constants.aColumn]);
}

function mapNumbers(this: Cell, first: number, second: number): number {
  return combine(first, second);
}

function chooseArrays(
  this: Cell<Steps<'c'> | Steps<'a'> | Steps<'b'>>,
  c: FloatArray,
  cOffset: number,
  a: FloatArray,
  aOffset: number,
  b: FloatArray,
  bOffset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  if (c[cOffset + row * this.constants.cRow + this.thread.x * this.constants.cColumn] === 0) {
    return b[bOffset + row * this.constants.bRow + this.thread.x * this.constants.bColumn];
  }
  return a[aOffset + row * this.constants.aRow + this.thread.x * this.constants.aColumn];
}

function chooseNumberOrArray(
  this: Cell<Steps<'c'> | Steps<'b'>>,
  c: FloatArray,
  cOffset: number,
  value: number,
  b: FloatArray,
  bOffset: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  if (c[cOffset + row * this.constants.cRow + this.thread.x * this.constants.cColumn] === 0) {
    return b[bOffset + row * this.constants.bRow + this.thread.x * this.constants.bColumn];
  }
  return value;
}

function chooseArrayOrNumber(
  this: Cell<Steps<'c'> | Steps<'a'>>,
  c: FloatArray,
  cOffset: number,
  a: FloatArray,
  aOffset: number,
  value: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  if (c[cOffset + row * this.constants.cRow + this.thread.x * this.constants.cColumn] === 0) {
    return value;
  }
  return a[aOffset + row * this.constants.aRow + this.thread.x * this.constants.aColumn];
}

function chooseNumbers(
  this: Cell<Steps<'c'>>,
  c: FloatArray,
  cOffset: number,
  first: number,
  second: number,
): number {
  const row = this.thread.y + this.constants.fold * this.thread.z;
  if (c[cOffset + row * this.constants.cRow + this.thread.x * this.constants.cColumn] === 0) {
    return second;
  }
  return first;
}

const kinds = <Kind extends string>(all: Record<Kind, unknown>) => Object.keys(all) as Kind[];
const perKind = <Kind extends string>(all: readonly Kind[], make: (kind: Kind) => KernelDefinition) =>
  Object.fromEntries(all.map((kind) => [kind, make(kind)])) as Record<Kind, KernelDefinition>;

const unaryKernels = perKind(kinds(unaryHelpers), (kind) =>
  defineKernel(`unary ${kind}`, mapOne, ['array', 'integer'], [unaryHelpers[kind]]),
);
const binaryKernels = {
  arrays: perKind(kinds(binaryHelpers), (kind) =>
    defineKernel(`binary ${kind}`, mapTwo, ['array', 'integer', 'array', 'integer'], [binaryHelpers[kind]]),
  ),
  numberRight: perKind(kinds(binaryHelpers), (kind) =>
    defineKernel(
      `binary ${kind} number`,
      mapWithNumber,
      ['array', 'integer', 'float'],
      [binaryHelpers[kind]],
    ),
  ),
  numberLeft: perKind(kinds(binaryHelpers), (kind) =>
    defineKernel(
      `binary number ${kind}`,
      mapNumberWith,
      ['array', 'integer', 'float'],
      [binaryHelpers[kind]],
    ),
  ),
  numbers: perKind(kinds(binaryHelpers), (kind) =>
    defineKernel(`binary ${kind} of numbers`, mapNumbers, ['float', 'float'], [binaryHelpers[kind]]),
  ),
};
const operand = ['array', 'integer'] as const;
const chooseKernels = {
  arrays: defineKernel('where', chooseArrays, [...operand, ...operand, ...operand]),
  numberLeft: defineKernel('where number', chooseNumberOrArray, [...operand, 'float', ...operand]),
  numberRight: defineKernel('where or number', chooseArrayOrNumber, [...operand, ...operand, 'float']),
  numbers: defineKernel('where numbers', chooseNumbers, [...operand, 'float', 'float']),
};

export function unary(device: GpuDevice, kind: UnaryKind, x: View, dtype: DType): GpuArray {
  return run(device, unaryKernels[kind], { a: x }, ['a'], x.shape, dtype);
}

export function binary(
  device: GpuDevice,
  kind: BinaryKind,
  a: Operand,
  b: Operand,
  shape: Shape,
  dtype: DType,
): GpuArray {
  if (typeof a !== 'number' && typeof b !== 'number') {
    return run(device, binaryKernels.arrays[kind], { a, b }, ['a', 'b'], shape, dtype);
  }
  if (typeof a !== 'number') {
    return run(
      device,
      binaryKernels.numberRight[kind],
      { a },
      ['a', rounded(b as number, dtype)],
      shape,
      dtype,
    );
  }
  if (typeof b !== 'number') {
    return run(device, binaryKernels.numberLeft[kind], { a: b }, ['a', rounded(a, dtype)], shape, dtype);
  }
  return run(device, binaryKernels.numbers[kind], {}, [rounded(a, dtype), rounded(b, dtype)], shape, dtype);
}

export function where(
  device: GpuDevice,
  condition: View,
  a: Operand,
  b: Operand,
  shape: Shape,
  dtype: DType,
): GpuArray {
  if (typeof a !== 'number' && typeof b !== 'number') {
    return run(device, chooseKernels.arrays, { c: condition, a, b }, ['c', 'a', 'b'], shape, dtype);
  }
  if (typeof a !== 'number') {
    const args = ['c', 'a', rounded(b as number, dtype)];
    return run(device, chooseKernels.numberRight, { c: condition, a }, args, shape, dtype);
  }
  if (typeof b !== 'number') {
    return run(
      device,
      chooseKernels.numberLeft,
      { c: condition, b },
      ['c', rounded(a, dtype), 'b'],
      shape,
      dtype,
    );
  }
  const args = ['c', rounded(a, dtype), rounded(b, dtype)];
  return run(device, chooseKernels.numbers, { c: condition }, args, shape, dtype);
}

/** Mode cpu computes in double: a number beside float32 tensors counts as the float32 it would be stored as. */
function rounded(value: number, dtype: DType): number {
  return dtype === 'float32' ? Math.fround(value) : value;
}

/** Launch over `shape`; a name among the arguments stands for that operand and its offset. */
function run(
  device: GpuDevice,
  kernel: KernelDefinition,
  operands: Readonly<Record<string, View>>,
  args: readonly (string | number)[],
  shape: Shape,
  dtype: DType,
): GpuArray {
  const names = Object.keys(operands);
  const {
    grid,
    operands: steps,
    temporary,
  } = asMatrices(Object.values(operands), shape, (view) => copy(device, view));
  const constants: Record<string, number> = {};
  names.forEach((name, i) => {
    constants[`${name}Row`] = steps[i]!.row;
    constants[`${name}Column`] = steps[i]!.column;
  });
  const values = args.flatMap((arg): (GpuArray | number)[] => {
    if (typeof arg === 'number') return [arg];
    const { data, offset } = steps[names.indexOf(arg)]!;
    return [data, offset];
  });
  const floats = device.launch(kernel, grid, constants, values, dtype === 'int32' ? 'int32' : 'float32');
  device.release(...temporary);
  if (dtype !== 'int32') return floats;
  const whole = truncated(device, floats);
  device.release(floats);
  return whole;
}
