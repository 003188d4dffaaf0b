/** Thrift: where a structure ends; nothing that is cut off, endless or promises too much goes through. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CutOff, endOfStruct } from '../../../src/data/formats/parquet-thrift.ts';

type Value =
  | { readonly type: 1 | 2 }
  | { readonly type: 3 | 5 | 6 | 7; readonly n: number }
  | { readonly type: 8; readonly text: string }
  | { readonly type: 9; readonly items: readonly Value[] }
  | { readonly type: 12; readonly fields: readonly Value[] };

function varint(n: number): number[] {
  return n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))];
}

function bytesOf(value: Value, inList = false): number[] {
  switch (value.type) {
    case 1:
    case 2:
      return inList ? [value.type] : [];
    case 3:
      return [value.n & 255];
    case 5:
    case 6:
      return varint(value.n);
    case 7:
      return [...Buffer.alloc(8, value.n & 255)];
    case 8: {
      const text = Buffer.from(value.text);
      return [...varint(text.length), ...text];
    }
    case 9: {
      const type = value.items[0]?.type ?? 5;
      const items = value.items.filter((item) => item.type === type);
      const head = items.length < 15 ? [items.length * 16 + type] : [0xf0 + type, ...varint(items.length)];
      return [...head, ...items.flatMap((item) => bytesOf(item, true))];
    }
    case 12:
      return [...value.fields.flatMap((field) => [16 + field.type, ...bytesOf(field)]), 0];
  }
}

const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.record({ type: fc.constantFrom(1 as const, 2 as const) }),
    fc.record({ type: fc.constantFrom(3 as const, 5 as const, 6 as const, 7 as const), n: fc.nat() }),
    fc.record({ type: fc.constant(8 as const), text: fc.string() }),
    fc.record({ type: fc.constant(9 as const), items: fc.array(tie('value'), { maxLength: 20 }) }),
    fc.record({ type: fc.constant(12 as const), fields: fc.array(tie('value'), { maxLength: 5 }) }),
  ),
}));
const anyStruct = fc.array(anyValue, { maxLength: 6 }).map((fields) => bytesOf({ type: 12, fields }));

test('the end of a structure, wherever it begins; cut off anywhere it is CutOff', () => {
  fc.assert(
    fc.property(
      anyStruct,
      fc.uint8Array({ maxLength: 5 }),
      fc.uint8Array({ maxLength: 5 }),
      (struct, before, after) => {
        const bytes = Uint8Array.from([...before, ...struct, ...after]);
        const end = before.length + struct.length;
        assert.is(endOfStruct(bytes, before.length), end);
        for (let length = before.length; length < end; length += 1 + Math.floor(struct.length / 50))
          assert.throws(
            () => endOfStruct(bytes.subarray(0, length), before.length),
            (error: unknown) => error instanceof CutOff,
          );
      },
    ),
  );
});

test('a list longer than the bytes, a number without end, nesting without end, types that nothing has', () => {
  const refused = (bytes: readonly number[], reason: RegExp) =>
    assert.throws(() => endOfStruct(Uint8Array.from(bytes)), reason);
  refused([0x19, 0xf5, 0xff, 0xff, 0xff, 0x7f, 1, 1, 1], /cut off/);
  refused([0x15, ...Array(200).fill(0x80)], /number in it is too long/);
  refused([0x16, ...Array(200).fill(0xff), 0], /number in it is too long/);
  refused(Array(100_000).fill(0x1c), /nested too deeply/);
  refused(Array(100_000).fill(0x19), /nested too deeply/);
  for (const type of [10, 11, 13, 14, 15]) refused([16 + type, 0], /type \d+, which nothing has/);
});

test.run();
