/** The wire format of protocol buffers: the examples of its documentation, and bytes that end too early. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { Random } from '../../src/tensor/random.ts';
import { MessageWriter, readFields } from '../../src/tokenizer/protobuf.ts';

test('wire format: the examples of the protobuf documentation', () => {
  assert.equal([...new MessageWriter().int(1, 150).finish()], [0x08, 0x96, 0x01]);
  assert.equal(
    [...new MessageWriter().string(2, 'testing').finish()],
    [0x12, 0x07, ...new TextEncoder().encode('testing')],
  );
  assert.equal(
    [...new MessageWriter().int(1, -2).finish()],
    [0x08, 0xfe, ...new Array<number>(8).fill(0xff), 0x01],
  );
  assert.equal([...new MessageWriter().float(2, 1).finish()], [0x15, 0, 0, 0x80, 0x3f]);
  const fields = readFields(
    new MessageWriter().int(1, -2).float(30, -1.5).string(3, '汉').int(4, 0x7fffffff).finish(),
    'x',
  );
  assert.equal(
    fields.map((field) => [
      field.number,
      typeof field.value === 'number' ? field.value : new TextDecoder().decode(field.value),
    ]),
    [
      [1, -2],
      [30, -1.5],
      [3, '汉'],
      [4, 0x7fffffff],
    ],
  );
  // An eight-byte field is passed over.
  assert.is(readFields(Uint8Array.of(0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 5), 'x')[1]?.value, 5);
});

test('bytes that end too early, or make no sense, are refused with their place', () => {
  const bytes = new MessageWriter().string(2, 'testing').float(3, 1).finish();
  for (const length of [1, 5, bytes.length - 1]) {
    assert.throws(
      () => readFields(bytes.subarray(0, length), 'x.model'),
      (error: Error) => error instanceof UserError && /^x\.model: .* at byte \d+ of \d+/.test(error.message),
    );
  }
  assert.throws(() => readFields(Uint8Array.of(0x0b), 'x.model'), /unknown wire type 3/);
});

test('any fields come back: numbers of every size and sign, any float32, any bytes, one after the other', () => {
  const random = new Random(5);
  for (let round = 0; round < 200; round++) {
    const writer = new MessageWriter();
    const expected: [number, number | number[]][] = [];
    for (let i = 0; i < random.int(8); i++) {
      const number = random.pick([1, 15, 16, 2047, 2048, 100_000]);
      const kind = random.int(3);
      if (kind === 0) {
        const value = random.pick([0, 1, 127, 128, 16_383, 16_384, 2 ** 31 - 1, -1, -(2 ** 31)]);
        writer.int(number, value);
        expected.push([number, value]);
      } else if (kind === 1) {
        const value = Math.fround(random.pick([0, 1.5, -1e-30, 3e38, -7]));
        writer.float(number, value);
        expected.push([number, value]);
      } else {
        const value = Array.from({ length: random.pick([0, 1, 127, 128, 300]) }, () => random.int(256));
        writer.message(number, Uint8Array.from(value));
        expected.push([number, value]);
      }
    }
    const fields = readFields(writer.finish(), 'x');
    assert.equal(
      fields.map(({ number, value }) => [number, typeof value === 'number' ? value : Array.from(value)]),
      expected,
    );
    for (const [i, { offset }] of fields.entries())
      assert.ok(i === 0 ? offset === 0 : offset > fields[i - 1]!.offset);
  }
});

test.run();
