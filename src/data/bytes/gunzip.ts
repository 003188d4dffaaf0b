/**
 * Unpacks gzip piece by piece, and checks what is written at the end of each member against what came out.
 *
 *   member = header (10 bytes, and what its flags announce)  deflated bytes  CRC-32  length modulo 2^32          (RFC 1952)
 *   file   = member, member, ...  [zeros]
 *
 * Members follow each other as their texts do. Zeros after the last one are padding, as for gzip(1). Any other byte there is
 * refused, where gzip(1) writes what it has, warns, and exits with 2: a reader has nobody to warn.
 * Node unpacks synchronously only as a whole, so deflate is fflate's. Where a deflated stream ends, only its inner state tells;
 * package.json pins the version.
 */
import { crc32 } from 'node:zlib';
import { Inflate } from 'fflate';

const FIXED_HEADER = 10;
const TRAILER = 8;
/** Name and comment may be of any length; a header that goes on for longer than this is damaged. */
const MAX_HEADER = 1 << 20;

const HEADER_CRC = 2;
const EXTRA = 4;
const NAME = 8;
const COMMENT = 16;
const RESERVED = 0xe0;

/** What fflate keeps between two pieces: unread input, the bit in its first byte, the last block is reached, a block is open. */
interface InflateState {
  readonly p: Uint8Array;
  readonly s: { readonly p: number; readonly f?: number; readonly l?: unknown };
}

/** `push` returns what is unpacked, `finish` says that the file ends. Both throw an Error that says what is wrong with the file. */
export class Gunzip {
  private expected: 'header' | 'body' | 'trailer' | 'member or end' | 'zeros' = 'header';
  private pending: Uint8Array = new Uint8Array(0);
  private inflate = new Inflate();
  private unpacked: Buffer[] = [];
  private crc = 0;
  private length = 0;

  push(piece: Uint8Array): Buffer[] {
    this.unpacked = [];
    let bytes: Uint8Array | null = this.pending.length === 0 ? piece : Buffer.concat([this.pending, piece]);
    while (bytes !== null && bytes.length > 0) bytes = this.step(bytes);
    if (bytes !== null) this.pending = bytes;
    return this.unpacked;
  }

  finish(): void {
    if (this.expected !== 'member or end' && this.expected !== 'zeros') throw new Error('it is cut off');
  }

  /** Bytes that remain after the next part; null if that part needs more than there are. */
  private step(bytes: Uint8Array): Uint8Array | null {
    switch (this.expected) {
      case 'header':
        return this.header(bytes);
      case 'body':
        return this.body(bytes);
      case 'trailer':
        return this.trailer(bytes);
      case 'member or end':
        this.expected = bytes[0] === 0 ? 'zeros' : 'header';
        if (bytes[0] !== 0 && bytes[0] !== 0x1f) throw new Error('there are other bytes after its end');
        return bytes;
      case 'zeros':
        if (bytes.some((byte) => byte !== 0)) throw new Error('there are other bytes after its end');
        return new Uint8Array(0);
    }
  }

  private header(bytes: Uint8Array): Uint8Array | null {
    const end = headerLength(bytes);
    if (end === null) return this.wait(bytes);
    this.crc = 0;
    this.length = 0;
    this.inflate = new Inflate((data) => {
      if (data.length === 0) return;
      this.crc = crc32(data, this.crc);
      this.length += data.length;
      this.unpacked.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    });
    this.expected = 'body';
    return bytes.subarray(end);
  }

  private body(bytes: Uint8Array): Uint8Array {
    this.inflate.push(bytes, false);
    const { p: rest, s: state } = this.inflate as unknown as InflateState;
    if (!state.f || state.l) return new Uint8Array(0);
    this.expected = 'trailer';
    return rest.subarray(Math.ceil(state.p / 8));
  }

  private trailer(bytes: Uint8Array): Uint8Array | null {
    if (bytes.length < TRAILER) return this.wait(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, TRAILER);
    if (view.getUint32(0, true) !== this.crc) throw new Error('its checksum is that of another text');
    if (view.getUint32(4, true) !== this.length % 2 ** 32)
      throw new Error('its length is that of another text');
    this.expected = 'member or end';
    return bytes.subarray(TRAILER);
  }

  private wait(bytes: Uint8Array): null {
    this.pending = bytes;
    return null;
  }
}

/** Bytes of a member's header; null if more are needed to tell. */
function headerLength(bytes: Uint8Array): number | null {
  const magic = [0x1f, 0x8b, 8]; // 8: deflate, the only method there is
  if (magic.some((byte, i) => i < bytes.length && bytes[i] !== byte))
    throw new Error('it does not begin as one');
  if (bytes.length < FIXED_HEADER) return null;
  const flags = bytes[3]!; // there are ten bytes
  if (flags & RESERVED) throw new Error('its header has flags that nobody knows');
  let end = FIXED_HEADER;
  if (flags & EXTRA) {
    if (bytes.length < end + 2) return null;
    end += 2 + bytes[end]! + 256 * bytes[end + 1]!; // both are there
  }
  for (const text of [NAME, COMMENT]) {
    if (!(flags & text)) continue;
    const zero = bytes.indexOf(0, end);
    if (zero === -1 && bytes.length > MAX_HEADER) throw new Error('its header never ends');
    if (zero === -1) return null;
    end = zero + 1;
  }
  if (flags & HEADER_CRC) {
    end += 2;
    if (bytes.length < end) return null;
    const [low, high] = [bytes[end - 2]!, bytes[end - 1]!]; // checked in the line above
    if ((crc32(bytes.subarray(0, end - 2)) & 0xffff) !== low + 256 * high)
      throw new Error('the checksum of its header is wrong');
  }
  return bytes.length < end ? null : end;
}
