import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../../src/formats/safetensors.ts';
import { refuses } from '../data/temporary.ts';

const decode = (bytes: Uint8Array) => decodeSafetensors(bytes, 'm.safetensors');
const f32 = (shape: number[], ...values: number[]): StoredTensor => ({
  shape,
  values: Float32Array.from(values),
});

/** A file with any header, good or bad. */
function file(header: unknown, data: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = Buffer.alloc(8 + json.length + data.length);
  bytes.writeBigUInt64LE(BigInt(json.length));
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

const sample = new Map<string, StoredTensor>([
  ['a.weight', f32([2, 3], 1, -0, Infinity, -Infinity, 1e-45, 3.4e38)],
  ['b', { shape: [2], values: Float64Array.of(Math.PI, 5e-324) }],
  ['整数', { shape: [1, 3], values: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1) }],
  ['scalar', f32([], 7)],
  ['empty', f32([0, 4])],
]);

test('round trip: F32, F64, I32, a scalar, an empty tensor, bit for bit', () => {
  const { tensors, metadata } = decode(encodeSafetensors(sample));
  assert.equal([...tensors.keys()].sort(), [...sample.keys()].sort());
  for (const [name, { shape, values }] of sample) {
    const found = tensors.get(name)!;
    assert.equal(found.shape, shape);
    assert.is(found.values.constructor, values.constructor);
    assert.equal(Buffer.from(found.values.buffer), Buffer.from(values.buffer));
  }
  assert.equal(metadata, { format: 'pt' });
  assert.is(decode(encodeSafetensors(new Map())).tensors.size, 0);
});

test('NaN keeps its bits', () => {
  const values = new Float32Array(Uint32Array.of(0x7fc12345).buffer);
  const found = decode(encodeSafetensors(new Map([['x', { shape: [1], values }]]))).tensors.get('x')!;
  assert.is(new Uint32Array(found.values.buffer)[0], 0x7fc12345);
});

test('the header is padded to 8 bytes, whatever the names', () => {
  for (const name of ['x', 'xy', 'xyz', '名', '名字', 'abcdefg', '😀']) {
    const bytes = encodeSafetensors(new Map([[name, f32([1], 1)]]), { note: '注' });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    assert.is(length % 8, 0);
    assert.is(bytes[8], '{'.charCodeAt(0));
    assert.is(bytes.length, 8 + length + 4);
    assert.equal(decode(bytes).metadata, { note: '注' });
  }
});

test('a view of a larger buffer is written and read where it stands', () => {
  const all = Float32Array.of(9, 1, 2, 9);
  const bytes = encodeSafetensors(new Map([['x', { shape: [2], values: all.subarray(1, 3) }]]));
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  const found = decode(shifted.subarray(3)).tensors.get('x')!;
  assert.equal([...found.values], [1, 2]);
  shifted.fill(0);
  assert.equal([...found.values], [1, 2], 'a copy, not a view');
});

function halves(dtype: string, ...bits: number[]): number[] {
  const data = new Uint8Array(Uint16Array.from(bits).buffer);
  const header = { x: { dtype, shape: [bits.length], data_offsets: [0, data.length] } };
  return [...decode(file(header, data)).tensors.get('x')!.values];
}

test('float16 and bfloat16 become float32', () => {
  assert.equal(
    halves('F16', 0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x3555, 0x8000, 0x7c00, 0xfc00, 0x03ff),
    [1, -2, 65504, 2 ** -24, 2 ** -14, 0.333251953125, -0, Infinity, -Infinity, 1023 * 2 ** -24],
  );
  assert.equal(halves('BF16', 0x3f80, 0xc000, 0x4049, 0x0001, 0x7f80, 0x8000), [
    1,
    -2,
    3.140625,
    Math.fround(2 ** -133),
    Infinity,
    -0,
  ]);
  assert.ok(Number.isNaN(halves('F16', 0x7e00)[0]) && Number.isNaN(halves('BF16', 0x7fc0)[0]));
});

test('the order of the header is free, also around tensors without elements', () => {
  const entry = (start: number, end: number) => ({
    dtype: 'F32',
    shape: [(end - start) / 4],
    data_offsets: [start, end],
  });
  const header = { c: entry(4, 8), empty: entry(4, 4), a: entry(0, 4) };
  const { tensors } = decode(file(header, new Uint8Array(Float32Array.of(1, 2).buffer)));
  assert.equal([[...tensors.get('a')!.values], [...tensors.get('c')!.values]], [[1], [2]]);
});

test('a file cut off at any place is refused', () => {
  const bytes = encodeSafetensors(sample);
  for (let length = 0; length < bytes.length; length++) {
    refuses(() => decode(bytes.subarray(0, length)), 'm.safetensors is damaged or not a safetensors file');
  }
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  refuses(() => decode(longer), '1 bytes at its end belong to no tensor');
});

test('every kind of broken header is refused with the tensor and the reason', () => {
  const x = (entry: unknown, size = 8) => file({ x: entry }, new Uint8Array(size));
  const good = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const two = (a: number[], b: number[]) =>
    file(
      { x: { ...good, data_offsets: a }, y: { ...good, data_offsets: b } },
      new Uint8Array(Math.max(...a, ...b)),
    );
  const huge = Buffer.alloc(64);
  huge.writeBigUInt64LE(2n ** 63n);
  const cases: [string, Uint8Array, string][] = [
    ['header length beyond all bounds', huge, 'header of 9223372036854776000 bytes'],
    ['header longer than the file', file('{}').subarray(0, 9), 'does not fit'],
    ['text', Buffer.from('<!DOCTYPE html><html><body>404</body></html>'), 'does not fit'],
    ['not JSON', file('{"x": '), 'its header is not valid JSON'],
    ['JSON that is not an object', file('[1]'), 'its header must be an object, but it is a list of 1'],
    ['not UTF-8', file({}).fill(0xff, 8), 'its header is not UTF-8'],
    [
      'unknown type',
      x({ ...good, dtype: 'Q4' }),
      '"x.dtype" must be one of "F64", "F32", "I32", "F16", "BF16", but it is "Q4"',
    ],
    ['no type', x({ shape: [2], data_offsets: [0, 8] }), '"x.dtype" must be one of'],
    ['a type named like a method', x({ ...good, dtype: 'toString' }), 'but it is "toString"'],
    ['entry is null', x(null), '"x" must be an object, but it is null'],
    ['negative length', x({ ...good, shape: [-2] }), '"x.shape[0]" must be a whole number'],
    ['broken length', x({ ...good, shape: [1.5] }), '"x.shape[0]"'],
    ['shape is a text', x({ ...good, shape: '2' }), '"x.shape" must be a list'],
    ['lengths too large', x({ ...good, shape: [2 ** 53] }), '"x.shape[0]" must be a whole number below 2^53'],
    ['product too large', x({ ...good, shape: [2 ** 40, 2 ** 40] }), 'its shape needs'],
    [
      'metadata that is no text',
      file({ __metadata__: { format: 5 } }),
      '"format" must be a text, but it is 5',
    ],
    ['an escape code as a name', file({ '\u001b[2J': 5 }), '"\\u001b[2J" must be an object'],
    ['offsets missing', x({ dtype: 'F32', shape: [2] }), 'data_offsets'],
    ['three offsets', x({ ...good, data_offsets: [0, 4, 8] }), 'data_offsets'],
    ['negative offset', x({ ...good, data_offsets: [-8, 0] }), 'data_offsets'],
    ['offsets reversed', x({ ...good, data_offsets: [8, 0] }), '-8 bytes, its shape needs 8'],
    ['offsets against shape', x({ ...good, shape: [3] }), '"x" has 8 bytes, its shape needs 12'],
    ['beyond the end', x(good, 4), 'ends at byte 8, but the data has 4'],
    [
      'a gap at the start',
      x({ ...good, data_offsets: [4, 12] }, 12),
      'starts at byte 4 of the data, expected 0',
    ],
    ['overlap', two([0, 8], [4, 12]), '"y" starts at byte 4 of the data, expected 8'],
    ['twice the same bytes', two([0, 8], [0, 8]), 'starts at byte 0 of the data, expected 8'],
    ['a gap', two([0, 8], [12, 20]), '"y" starts at byte 12 of the data, expected 8'],
  ];
  for (const [what, bytes, part] of cases) {
    try {
      refuses(() => decode(bytes), part);
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`);
    }
  }
});

test.run();
