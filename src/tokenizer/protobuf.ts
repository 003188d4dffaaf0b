/**
 * Protocol Buffers, the wire format: just enough for one file.
 *
 * A message is a row of fields. A field is a key, (number << 3) | wireType, and a value:
 *   0 varint, seven bits a byte, low ones first     1 eight bytes     2 length as varint, then that many bytes     5 four bytes
 * Negative int32 values are varints of 64 bits. Source: protobuf.dev, "Encoding".
 */
import { UserError } from '../errors.ts';

export interface Field {
  readonly number: number;
  /** A varint (its low 32 bits, signed), a float32, or the bytes of a string or message. Eight-byte values are skipped as NaN. */
  readonly value: number | Uint8Array;
  /** Where the field starts in the bytes given, for error messages. */
  readonly offset: number;
}

/** All fields of a message; `source` names the file in the UserError for bytes that end too early or make no sense. */
export function readFields(bytes: Uint8Array, source: string): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const fail = (what: string): never => {
    throw new UserError(
      `${source}: ${what} at byte ${at} of ${bytes.length}; the file is truncated or damaged, fetch it again`,
    );
  };
  const take = (size: number): number => {
    if (at + size > bytes.length) fail(`${size} bytes are expected but the data ends`);
    at += size;
    return at - size;
  };
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[take(1)]!; // take has checked the length
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return fail('there is a number of more than ten bytes');
  };
  while (at < bytes.length) {
    const offset = at;
    const key = varint() >>> 0;
    const number = key >>> 3;
    if (number === 0) fail('there is a field without a number');
    let value: number | Uint8Array;
    switch (key & 7) {
      case 0:
        value = varint();
        break;
      case 1:
        take(8);
        value = Number.NaN;
        break;
      case 2: {
        const length = varint() >>> 0;
        const start = take(length);
        value = bytes.subarray(start, start + length);
        break;
      }
      case 5:
        value = view.getFloat32(take(4), true);
        break;
      default:
        return fail(`there is a field of unknown wire type ${key & 7}`);
    }
    fields.push({ number, value, offset });
  }
  return fields;
}

/** Builds one message, field by field. */
export class MessageWriter {
  private bytes = new Uint8Array(256);
  private length = 0;

  /** int32, bool and enum fields. */
  int(number: number, value: number): this {
    this.varint(number << 3);
    this.varint(value | 0);
    return this;
  }

  float(number: number, value: number): this {
    this.varint((number << 3) | 5);
    const cell = new Uint8Array(4);
    new DataView(cell.buffer).setFloat32(0, value, true);
    this.append(cell);
    return this;
  }

  string(number: number, value: string): this {
    return this.message(number, new TextEncoder().encode(value));
  }

  /** A message inside this one, as its bytes. */
  message(number: number, value: Uint8Array): this {
    this.varint((number << 3) | 2);
    this.varint(value.length);
    this.append(value);
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  private varint(value: number): void {
    const cell: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value)); // a negative number becomes its 64-bit two's complement
    while (rest >= 0x80n) {
      cell.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    cell.push(Number(rest));
    this.append(cell);
  }

  private append(chunk: ArrayLike<number>): void {
    if (this.length + chunk.length > this.bytes.length) {
      const larger = new Uint8Array(2 * (this.length + chunk.length));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    this.bytes.set(chunk, this.length);
    this.length += chunk.length;
  }
}
