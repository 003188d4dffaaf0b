/** Packed pages: what comes out has the size that was promised, or nothing does. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { unpack } from '../../../src/data/formats/parquet-codecs.ts';

const TEXT = Buffer.from('一二三四五，上山打老虎。'.repeat(20));
/** Bytes of the text before it comes again. */
const SENTENCE = 36;
/** The text in every packing: where Node cannot pack, stored plainly in the frame, and as copies by hand. */
const PACKED: readonly (readonly [string, Buffer])[] = [
  ['UNCOMPRESSED', TEXT],
  ['GZIP', gzipSync(TEXT)],
  ['BROTLI', brotliCompressSync(TEXT)],
  ['SNAPPY', snappyOf(TEXT)],
  ['LZ4_RAW', lz4Of(TEXT)],
  ['LZ4', lz4Of(TEXT)],
  ['LZ4', hadoopOf(TEXT)],
  ['ZSTD', zstdOf(TEXT)],
];

/** The first sentence as a literal, the rest as copies of 60 bytes and what is left. */
function snappyOf(text: Buffer): Buffer {
  const parts = [
    Buffer.from([(text.length % 128) + 128, text.length >> 7, (SENTENCE - 1) << 2]),
    text.subarray(0, SENTENCE),
  ];
  for (let at = SENTENCE; at < text.length; at += 60)
    parts.push(Buffer.from([((Math.min(60, text.length - at) - 1) << 2) | 2, SENTENCE, 0]));
  return Buffer.concat(parts);
}

/** The first sentence, a copy of nearly all the rest, and five bytes as LZ4 wants them at the end. */
function lz4Of(text: Buffer): Buffer {
  const copied = text.length - SENTENCE - 5 - 4 - 15;
  const lengths = [...Array(Math.floor(copied / 255)).fill(255), copied % 255];
  const head = [0xff, SENTENCE - 15, ...text.subarray(0, SENTENCE)];
  return Buffer.from([...head, SENTENCE, 0, ...lengths, 0x50, ...text.subarray(-5)]);
}

function hadoopOf(text: Buffer): Buffer {
  const block = lz4Of(text);
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(text.length);
  sizes.writeUInt32BE(block.length, 4);
  return Buffer.concat([sizes, block]);
}

/** One frame of one stored block, with its size in two bytes. */
function zstdOf(text: Buffer): Buffer {
  const size = text.length - 256;
  const header = text.length * 8 + 1;
  return Buffer.from([
    0x28,
    0xb5,
    0x2f,
    0xfd,
    0x60,
    size & 255,
    size >> 8,
    header & 255,
    (header >> 8) & 255,
    header >> 16,
    ...text,
  ]);
}

for (const [i, [codec, packed]] of PACKED.entries()) {
  test(`${codec} (${i}): unpacked to the size wanted, no other`, () => {
    assert.ok(Buffer.from(unpack(codec, packed, TEXT.length)).equals(TEXT));
    for (const size of [0, 1, TEXT.length - 1, TEXT.length + 1, 2 ** 30])
      assert.throws(() => unpack(codec, packed, size), Error);
    if (codec !== 'UNCOMPRESSED')
      for (let length = 1; length < packed.length; length += 3)
        assert.throws(() => unpack(codec, packed.subarray(0, length), TEXT.length), Error);
  });
}

test('nothing unpacks to nothing, also where a codec needs a byte for it', () => {
  for (const [codec] of PACKED) assert.is(unpack(codec, new Uint8Array(0), 0).length, 0);
  assert.is(unpack('LZ4_RAW', Uint8Array.of(0), 0).length, 0); // PyArrow's page of nulls only
  assert.is(unpack('SNAPPY', Uint8Array.of(0), 0).length, 0);
  assert.throws(() => unpack('LZO', TEXT, TEXT.length), /packed with LZO/);
  assert.throws(() => unpack('constructor', TEXT, TEXT.length), /packed with constructor/);
});

test('any damage: bytes of the right number, or an Error', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...PACKED), damage, ([codec, packed], changes) => {
      const bytes = Uint8Array.from(packed);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      let found: Uint8Array | null = null;
      try {
        found = unpack(codec, bytes, TEXT.length);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
      if (found !== null) {
        assert.is(found.length, TEXT.length);
        if (codec === 'GZIP') assert.ok(Buffer.from(found).equals(TEXT)); // it has a checksum
      }
    }),
    { numRuns: 2000 },
  );
});

test('a frame that announces terabytes takes no memory', () => {
  const frame = zstdOf(TEXT);
  const large = Buffer.concat([
    frame.subarray(0, 4),
    Buffer.from([0xe0, 0, 0, 0, 0, 0, 1, 0, 0]),
    frame.subarray(7),
  ]);
  assert.throws(() => unpack('ZSTD', large, TEXT.length), /too large/);
  const window = Buffer.concat([frame.subarray(0, 4), Buffer.from([0, 0xff]), frame.subarray(7)]);
  assert.throws(() => unpack('ZSTD', window, TEXT.length), /too large/);
});

test.run();
