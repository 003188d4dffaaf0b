/** gzip: members, headers of all kinds, padding; no damage goes unseen, wherever it is. */
import { crc32, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gunzip } from '../../../src/data/bytes/gunzip.ts';

function unpack(packed: Uint8Array, size = packed.length): Buffer {
  const gunzip = new Gunzip();
  const unpacked: Buffer[] = [];
  for (let at = 0; at < packed.length; at += size)
    unpacked.push(...gunzip.push(Uint8Array.from(packed.subarray(at, at + size))));
  gunzip.finish();
  return Buffer.concat(unpacked);
}

/** The text, or null if it is refused with an Error that is not a slip of the program. */
function textOrNull(packed: Uint8Array): Buffer | null {
  try {
    return unpack(packed);
  } catch (error) {
    assert.not.ok(error instanceof TypeError || error instanceof RangeError, (error as Error).stack);
    return null;
  }
}

/** A header with all optional parts: extra field, name, comment, its own checksum. */
function withLongHeader(packed: Buffer): Buffer {
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3]),
    Buffer.from([3, 0, 1, 0, 2]),
    Buffer.from('名.jsonl\0comment\0'),
  ]);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(crc32(header) & 0xffff);
  return Buffer.concat([header, sum, packed.subarray(10)]);
}

const TEXT = Buffer.from('{"text":"一二三四五，一二三四五。"}\n{"text":"上山打老虎"}\n');
/** Stored, fixed and dynamic trees, a long header, two members. */
const PACKED: readonly (readonly [string, Buffer])[] = [
  ['stored', gzipSync(TEXT, { level: 0 })],
  ['fixed', gzipSync(TEXT, { strategy: 4 })],
  ['dynamic', gzipSync(Buffer.concat([TEXT, TEXT, Buffer.from('abcdefghijklmnop'.repeat(9))]), { level: 9 })],
  ['long header', withLongHeader(gzipSync(TEXT))],
  ['two members', Buffer.concat([gzipSync(TEXT), gzipSync(TEXT.subarray(5))])],
];

test('what was packed comes out, whatever the pieces and members', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 1, max: 50 }),
      fc.nat(40),
      (texts, level, size, zeros) => {
        const members = texts.map((text, i) => {
          const packed = gzipSync(text, { level });
          return i % 2 === 0 ? packed : withLongHeader(packed);
        });
        const packed = Buffer.concat([...members, Buffer.alloc(zeros)]);
        assert.ok(unpack(packed, size).equals(Buffer.concat(texts)));
      },
    ),
    { numRuns: 300 },
  );
});

for (const [name, packed] of PACKED) {
  test(`a flipped bit, ${name}: refused, or nothing that is read changes`, () => {
    const text = unpack(packed);
    let refused = 0;
    for (let bit = 0; bit < 8 * packed.length; bit++) {
      const damaged = Buffer.from(packed);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const found = textOrNull(damaged);
      if (found === null) refused++;
      else assert.ok(found.equals(text), `bit ${bit} of ${8 * packed.length} changes the text unseen`);
    }
    assert.ok(refused > 0.5 * 8 * packed.length, `${refused} refused`);
  });

  test(`cut off anywhere, ${name}: refused, unless whole members are left`, () => {
    for (let length = 0; length < packed.length; length++) {
      const found = textOrNull(packed.subarray(0, length));
      if (found !== null) assert.ok(name === 'two members' && found.equals(TEXT), `${length} bytes`);
    }
  });
}

test('after the last member: zeros are padding, anything else is refused', () => {
  const packed = gzipSync(TEXT);
  const followedBy = (...bytes: number[]) => textOrNull(Buffer.concat([packed, Buffer.from(bytes)]));
  assert.ok(followedBy(0, 0, 0)!.equals(TEXT)); // else the test fails
  for (const bytes of [[1], [0x1f], [0x1f, 0x8b], [0, 0, 1], [0x1f, 0x8b, 7, 0], [0, ...packed]])
    assert.is(followedBy(...bytes), null, `${bytes}`);
});

test('a header that never ends does not fill the memory', () => {
  const gunzip = new Gunzip();
  gunzip.push(Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]));
  const name = Buffer.alloc(1 << 16, 'a');
  assert.throws(() => {
    for (let i = 0; i < 100; i++) gunzip.push(name);
  }, /header never ends/);
});

test.run();
