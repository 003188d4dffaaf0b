/**
 * Functions of one and two numbers and selection on the wasm backend (kernels in assembly/unary.ts and assembly/binary.ts).
 * float32 only: integer operands are rare and left to the reference loops.
 */
import type { BinaryKind, Operand, UnaryKind } from '../../backend.ts';
import type { HostArray } from '../../dtype.ts';
import { type Shape, sizeOf } from '../../shape.ts';
import type { View } from '../../view.ts';
import { type Device, GRAIN } from './device.ts';
import { blockOffset, blockSize, blocks, lengths, merge, strides } from './nest.ts';

/** Number of each function in the kernels, and how many elements make a share: fewer where the function is slow. */
const unaryKinds: Record<UnaryKind, readonly [code: number, grain: number]> = {
  neg: [0, GRAIN],
  abs: [1, GRAIN],
  exp: [2, 4096],
  log: [3, 4096],
  sqrt: [4, GRAIN],
  rsqrt: [5, 8192],
  square: [6, GRAIN],
  reciprocal: [7, GRAIN],
  sin: [8, 512],
  cos: [9, 512],
  sigmoid: [10, 4096],
  silu: [11, 4096],
  tanh: [12, 4096],
  relu: [13, GRAIN],
  erf: [14, 256],
};

const binaryKinds: Record<BinaryKind, readonly [code: number, grain: number]> = {
  add: [0, GRAIN],
  sub: [1, GRAIN],
  mul: [2, GRAIN],
  div: [3, GRAIN],
  pow: [4, 512],
  maximum: [5, GRAIN],
  minimum: [6, GRAIN],
  eq: [7, GRAIN],
  ne: [8, GRAIN],
  lt: [9, GRAIN],
  le: [10, GRAIN],
  gt: [11, GRAIN],
  ge: [12, GRAIN],
};

export function unary(device: Device, kind: UnaryKind, x: View): HostArray {
  const y = device.allocate('float32', x.size);
  const input = device.rowMajor(x);
  const [code, grain] = unaryKinds[kind];
  device.run('unary', y.length, grain, [code, input, y.byteOffset]);
  device.done();
  return y;
}

/** True for what the kernels take as an operand. */
export function isOperand(device: Device, operand: Operand): boolean {
  return typeof operand === 'number' || device.isFloat(operand);
}

export function binary(device: Device, kind: BinaryKind, a: Operand, b: Operand, shape: Shape): HostArray {
  const y = device.allocate('float32', sizeOf(shape));
  if (y.length === 0) return y;
  const [left, leftValue] = start(device, a);
  const [right, rightValue] = start(device, b);
  const [code, grain] = binaryKinds[kind];
  merge(shape, stridesOf(a), stridesOf(b));
  const [s, t] = strides;
  const size = blockSize();
  for (let block = 0, count = blocks(); block < count; block++) {
    device.run('binary', size, grain, [
      code,
      y.byteOffset + 4 * block * size,
      lengths[2]!,
      lengths[1]!,
      lengths[0]!,
      left === 0 ? 0 : left + 4 * blockOffset(0, block),
      s[3]!,
      s[2]!,
      s[1]!,
      s[0]!,
      leftValue,
      right === 0 ? 0 : right + 4 * blockOffset(1, block),
      t[3]!,
      t[2]!,
      t[1]!,
      t[0]!,
      rightValue,
    ]);
  }
  return y;
}

export function where(device: Device, condition: View, a: Operand, b: Operand, shape: Shape): HostArray {
  const y = device.allocate('float32', sizeOf(shape));
  if (y.length === 0) return y;
  const mask = device.address(condition);
  const [left, leftValue] = start(device, a);
  const [right, rightValue] = start(device, b);
  merge(shape, condition.stride, stridesOf(a), stridesOf(b));
  const [c, s, t] = strides;
  const size = blockSize();
  for (let block = 0, count = blocks(); block < count; block++) {
    device.run('select', size, GRAIN, [
      condition.data instanceof Int32Array ? 1 : 0,
      y.byteOffset + 4 * block * size,
      lengths[2]!,
      lengths[1]!,
      lengths[0]!,
      mask + 4 * blockOffset(0, block),
      c[3]!,
      c[2]!,
      c[1]!,
      c[0]!,
      left === 0 ? 0 : left + 4 * blockOffset(1, block),
      s[3]!,
      s[2]!,
      s[1]!,
      s[0]!,
      leftValue,
      right === 0 ? 0 : right + 4 * blockOffset(2, block),
      t[3]!,
      t[2]!,
      t[1]!,
      t[0]!,
      rightValue,
    ]);
  }
  return y;
}

/** Address and number of an operand: a number has address 0. */
function start(device: Device, operand: Operand): [address: number, value: number] {
  return typeof operand === 'number' ? [0, operand] : [device.address(operand), 0];
}

function stridesOf(operand: Operand): Shape | undefined {
  return typeof operand === 'number' ? undefined : operand.stride;
}
