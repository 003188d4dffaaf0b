/**
 * safetensors: named arrays in one file, without code in it.
 *
 *   u64 length of the header | header: JSON, padded with spaces to 8 bytes | raw little-endian data
 *   header = { "NAME": {"dtype": "F32", "shape": [..], "data_offsets": [start, end]}, ..., "__metadata__": {strings} }
 *
 * Everything in the header is checked before any of it is used: offsets inside the file, without gaps and overlaps, sizes that
 * agree with shapes. Works on bytes only, so it runs in a browser too.
 */
import { UserError } from '../errors.ts';
import { quoted } from '../json-text.ts';
import {
  anything,
  check,
  choice,
  list,
  number,
  object,
  parse,
  record,
  text,
  tuple,
  withDefault,
} from '../schema.ts';

type StoredArray = Float32Array | Float64Array | Int32Array;

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: StoredArray;
}

interface SafetensorsFile {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const HEADER_LIMIT = 100_000_000;

type ArrayType = 'F32' | 'F64' | 'I32';
const arrayTypes = { F32: Float32Array, F64: Float64Array, I32: Int32Array } as const;

export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: typeName(values), shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  let json = JSON.stringify(header);
  const utf8 = new TextEncoder();
  json += ' '.repeat((8 - (utf8.encode(json).length % 8)) % 8);
  const headerBytes = utf8.encode(json);
  const bytes = new Uint8Array(8 + headerBytes.length + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes.length), true);
  bytes.set(headerBytes, 8);
  let at = 8 + headerBytes.length;
  for (const { values } of tensors.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/** Decode a whole file; `source` names it in errors. float16 and bfloat16 become float32. */
export function decodeSafetensors(bytes: Uint8Array, source: string): SafetensorsFile {
  const damaged = (what: string) => new UserError(`${damagedFile(source)}: ${what}`);
  if (bytes.length < 8) throw damaged(`it has only ${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > HEADER_LIMIT || 8 + length > bytes.length)
    throw damaged(`its header of ${length} bytes does not fit into it`);
  const { __metadata__: metadata, ...entries } = readHeader(bytes.subarray(8, 8 + length), source);
  // A plain Uint8Array even if `bytes` is a Node Buffer, whose slice() would share memory instead of copying.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + 8 + length, bytes.length - 8 - length);
  const tensors = new Map<string, StoredTensor>();
  let covered = 0;
  const inOrder = Object.entries(check(record(entrySchema), entries, headerOf(source))).map(
    ([key, { dtype: type, shape, data_offsets: offsets }]) => {
      const [start, end] = offsets;
      const name = quoted(key);
      const expected = shape.reduce((a, b) => a * b, bytesPerElement[type]);
      if (end - start !== expected)
        throw damaged(`${name} has ${end - start} bytes, its shape needs ${expected}`);
      return { key, name, type, shape, start, end };
    },
  );
  inOrder.sort((a, b) => a.start - b.start || a.end - b.end); // an empty one goes before its neighbour
  for (const { key, name, type, shape, start, end } of inOrder) {
    if (start !== covered) throw damaged(`${name} starts at byte ${start} of the data, expected ${covered}`);
    if (end > data.length)
      throw damaged(`${name} ends at byte ${end}, but the data has ${data.length} (cut off?)`);
    covered = end;
    tensors.set(key, { shape, values: decodeValues(data.slice(start, end), type) });
  }
  if (covered !== data.length) throw damaged(`${data.length - covered} bytes at its end belong to no tensor`);
  return { tensors, metadata: check(metadataSchema, metadata, headerOf(source)) };
}

const bytesPerElement = { F64: 8, F32: 4, I32: 4, F16: 2, BF16: 2 } as const;
type StoredType = keyof typeof bytesPerElement;

const count = number({ whole: true, min: 0 });
const entrySchema = object({
  dtype: choice(Object.keys(bytesPerElement) as StoredType[]),
  shape: list(count),
  data_offsets: tuple(count, count),
});
const metadataSchema = withDefault(record(text()), {});

const damagedFile = (source: string) => `${source} is damaged or not a safetensors file`;
const headerOf = (source: string) => `${damagedFile(source)}: its header`;

function readHeader(bytes: Uint8Array, source: string): Record<string, unknown> {
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${headerOf(source)} is not UTF-8`);
  }
  return parse(record(anything()), json, headerOf(source));
}

function decodeValues(bytes: Uint8Array<ArrayBuffer>, type: StoredType): StoredArray {
  if (type !== 'F16' && type !== 'BF16') return new arrayTypes[type](bytes.buffer);
  const halves = new Uint16Array(bytes.buffer);
  if (type === 'F16') return Float32Array.from(halves, halfToFloat);
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer); // bfloat16: the upper half of a float32
}

/** IEEE half precision: 1 sign, 5 exponent, 10 fraction bits. */
function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function typeName(values: StoredArray): ArrayType {
  if (values instanceof Float32Array) return 'F32';
  return values instanceof Float64Array ? 'F64' : 'I32';
}
