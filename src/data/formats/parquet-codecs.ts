/**
 * Unpacks a page. What comes out has exactly the size that its header says, or an Error says why not.
 *
 * gzip (with its checksum) and Brotli are Node's, bounded by the size. Snappy, Zstandard and LZ4 are those of
 * hyparquet-compressors, which trust what they read: they make room for whatever a frame announces, and leave zeros, or
 * what was there before, where it holds less than it should. So what they are given is measured first.
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { compressors } from 'hyparquet-compressors';

type Unpack = (packed: Uint8Array, size: number) => Uint8Array;

const codecs: Readonly<Record<string, Unpack>> = {
  UNCOMPRESSED: (packed) => packed,
  GZIP: (packed, size) => gunzipSync(packed, { maxOutputLength: Math.max(1, size) }),
  BROTLI: (packed, size) => brotliDecompressSync(packed, { maxOutputLength: Math.max(1, size) }),
  SNAPPY: measured('SNAPPY', sizeOfSnappy),
  LZ4_RAW: measured('LZ4_RAW', sizeOfLz4),
  LZ4: measured('LZ4', (packed) => sizeOfHadoopLz4(packed) ?? sizeOfLz4(packed)),
  ZSTD: measured('ZSTD', sizeOfZstd),
};

/** `codec` as it stands in the table of contents. */
export function unpack(codec: string, packed: Uint8Array, size: number): Uint8Array {
  const one = Object.hasOwn(codecs, codec) ? codecs[codec] : undefined;
  if (one === undefined) throw new Error(`pages packed with ${codec} cannot be read`);
  if (packed.length === 0 && size === 0) return packed;
  const page = one(packed, size);
  if (page.length !== size) throw new Error('a page has another size than it says');
  return page;
}

/** A codec of the library, for what unpacks to the size wanted. `sizeOf` gives null where the packed bytes do not tell. */
function measured(
  name: 'SNAPPY' | 'LZ4' | 'LZ4_RAW' | 'ZSTD',
  sizeOf: (packed: Uint8Array, size: number) => number,
) {
  return (packed: Uint8Array, size: number): Uint8Array => {
    if (sizeOf(packed, size) !== size) throw new Error('a page has another size than it says');
    return size === 0 ? new Uint8Array(0) : compressors[name]!(packed, size); // the four are there
  };
}

/** Snappy: the length, then literals and copies; https://github.com/google/snappy/blob/main/format_description.txt */
function sizeOfSnappy(packed: Uint8Array): number {
  let [announced, at] = [0, 0];
  for (let shift = 0; ; shift += 7) {
    const byte = packed[at++];
    if (byte === undefined || shift > 28) throw new Error('its packed length is damaged');
    announced += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  let size = 0;
  const number = (bytes: number) => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += (packed[at + i] ?? 0) * 2 ** (8 * i);
    at += bytes;
    return value;
  };
  while (at < packed.length) {
    const tag = packed[at++]!; // at was below the length
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const length = 1 + (short < 60 ? short : number(short - 59));
      at += length;
      size += length;
    } else {
      const length = kind === 1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2);
      const offset = kind === 1 ? (tag >> 5) * 256 + number(1) : number(kind === 2 ? 2 : 4);
      if (offset === 0 || offset > size) throw new Error('a packed page copies from before its beginning');
      size += length;
    }
    if (at > packed.length) throw new Error('a packed page is cut off');
  }
  if (size !== announced) throw new Error('a page has another size than its packed bytes say');
  return size;
}

/** An LZ4 block: literals and copies in turns; https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md */
function sizeOfLz4(packed: Uint8Array): number {
  let [at, size] = [0, 0];
  const extended = (length: number) => {
    if (length !== 15) return length;
    for (let sum = length; ; ) {
      const byte = packed[at++];
      if (byte === undefined) throw new Error('a packed page is cut off');
      sum += byte;
      if (byte !== 255) return sum;
    }
  };
  while (at < packed.length) {
    const token = packed[at++]!; // at was below the length
    const literals = extended(token >> 4);
    at += literals;
    size += literals;
    if (at === packed.length) return size;
    const offset = (packed[at] ?? 0) + 256 * (packed[at + 1] ?? 0);
    at += 2;
    if (at > packed.length) throw new Error('a packed page is cut off');
    if (offset === 0 || offset > size) throw new Error('a packed page copies from before its beginning');
    size += 4 + extended(token & 15);
  }
  return size;
}

/** Blocks with their sizes before them, as Hadoop writes them; null if they are not. */
function sizeOfHadoopLz4(packed: Uint8Array): number | null {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let [at, size] = [0, 0];
  while (at < packed.length) {
    if (at + 8 > packed.length) return null;
    const [unpackedSize, packedSize] = [view.getUint32(at), view.getUint32(at + 4)];
    at += 8;
    if (packedSize > packed.length - at) return null;
    try {
      if (sizeOfLz4(packed.subarray(at, at + packedSize)) !== unpackedSize) return null;
    } catch {
      return null;
    }
    at += packedSize;
    size += unpackedSize;
  }
  return size;
}

const ZSTD_BLOCK = 1 << 17;
const ZSTD_MAX_WINDOW = 1 << 27;

/** Zstandard (RFC 8878): frames of blocks. Where a frame does not say its size, the blocks must have room for it. */
function sizeOfZstd(packed: Uint8Array, wanted: number): number {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const cutOff = () => new Error('a packed page is cut off');
  let [at, known, room, isKnown] = [0, 0, 0, true];
  while (at < packed.length) {
    if (packed.length - at < 6) throw cutOff();
    const magic = view.getUint32(at, true);
    if (magic >= 0x184d2a50 && magic <= 0x184d2a5f) {
      if (packed.length - at < 8) throw cutOff();
      at += 8 + view.getUint32(at + 4, true);
      if (at > packed.length) throw cutOff();
      continue;
    }
    if (magic !== 0xfd2fb528) throw new Error('a packed page does not begin as one of Zstandard');
    const flags = packed[at + 4]!; // six bytes are there
    const isSingle = (flags & 32) !== 0;
    const window = 2 ** (10 + (packed[at + 5]! >> 3)) * (1 + (packed[at + 5]! & 7) / 8);
    if ((flags & 3) !== 0) throw new Error('a packed page needs a dictionary of Zstandard');
    at += isSingle ? 5 : 6;
    const sizeBytes = flags >> 6 === 0 ? (isSingle ? 1 : 0) : 2 ** (flags >> 6);
    if (packed.length - at < sizeBytes) throw cutOff();
    let announced = sizeBytes === 2 ? 256 : 0;
    for (let i = 0; i < sizeBytes; i++) announced += packed[at + i]! * 2 ** (8 * i); // checked two lines above
    if (sizeBytes === 0) isKnown = false;
    if (announced > wanted || (!isSingle && window > ZSTD_MAX_WINDOW))
      throw new Error('a packed page is too large');
    known += announced;
    at += sizeBytes;
    for (let isLast = false; !isLast; ) {
      if (packed.length - at < 3) throw cutOff();
      const header = packed[at]! + 256 * packed[at + 1]! + 65536 * packed[at + 2]!; // three bytes are there
      isLast = (header & 1) === 1;
      const [type, size] = [(header >> 1) & 3, header >> 3];
      if (type === 3 || size > ZSTD_BLOCK) throw new Error('a packed page has a block that makes no sense');
      at += 3 + (type === 1 ? 1 : size);
      room += type === 2 ? ZSTD_BLOCK : size;
      if (at > packed.length) throw cutOff();
    }
    if (flags & 4) at += 4; // a checksum
  }
  if (at !== packed.length || room < wanted) throw cutOff();
  return isKnown ? known : wanted;
}
