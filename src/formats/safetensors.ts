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
  const text = new TextEncoder();
  json += ' '.repeat((8 - (text.encode(json).length % 8)) % 8);
  const headerBytes = text.encode(json);
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
  const damaged = (what: string) => new UserError(`${source} is damaged or not a safetensors file: ${what}`);
  if (bytes.length < 8) throw damaged(`it has only ${bytes.length} bytes`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > HEADER_LIMIT || 8 + length > bytes.length)
    throw damaged(`its header of ${length} bytes does not fit into it`);
  const header = parseHeader(bytes.subarray(8, 8 + length), damaged);
  // A plain Uint8Array even if `bytes` is a Node Buffer, whose slice() would share memory instead of copying.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset + 8 + length, bytes.length - 8 - length);
  const tensors = new Map<string, StoredTensor>();
  let covered = 0;
  const { __metadata__: metadata = {}, ...entries } = header;
  const inOrder = Object.entries(entries).map(([name, entry]) => checkEntry(name, entry, damaged));
  inOrder.sort((a, b) => a.start - b.start || a.end - b.end); // an empty one goes before its neighbour
  for (const { name, type, shape, start, end } of inOrder) {
    if (start !== covered)
      throw damaged(`"${name}" starts at byte ${start} of the data, expected ${covered}`);
    if (end > data.length)
      throw damaged(`"${name}" ends at byte ${end}, but the data has ${data.length} (cut off?)`);
    covered = end;
    tensors.set(name, { shape, values: decodeValues(data.slice(start, end), type) });
  }
  if (covered !== data.length) throw damaged(`${data.length - covered} bytes at its end belong to no tensor`);
  return { tensors, metadata: metadata as Readonly<Record<string, string>> };
}

type Damaged = (what: string) => UserError;

function parseHeader(bytes: Uint8Array, damaged: Damaged): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (header !== null && typeof header === 'object' && !Array.isArray(header))
      return header as Record<string, unknown>;
  } catch {
    // fall through to the one message for every kind of broken header
  }
  throw damaged('its header is not a JSON object');
}

const bytesPerElement: Record<string, number> = { F64: 8, F32: 4, I32: 4, F16: 2, BF16: 2 };

function checkEntry(name: string, entry: unknown, damaged: Damaged) {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const size = bytesPerElement[String(dtype)];
  if (typeof size !== 'number')
    throw damaged(`"${name}" has the element type ${String(dtype)}, which is not supported here`);
  const isCount = (n: unknown) => Number.isSafeInteger(n) && (n as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw damaged(`the shape of "${name}" is not a list of lengths`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw damaged(`"${name}" has no valid data_offsets`);
  }
  const [start, end] = offsets as [number, number];
  const expected = (shape as number[]).reduce((a, b) => a * b, size);
  if (end - start !== expected)
    throw damaged(`"${name}" has ${end - start} bytes, its shape needs ${expected}`);
  return { name, type: String(dtype), shape: shape as number[], start, end };
}

function decodeValues(bytes: Uint8Array<ArrayBuffer>, type: string): StoredArray {
  if (type in arrayTypes) return new arrayTypes[type as ArrayType](bytes.buffer);
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
