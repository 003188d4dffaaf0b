/**
 * Damage of every kind: what disks and copies do to bytes, and what people and programs do to text and JSON.
 *
 * The same random numbers give the same damage, so a fault is seen again with its seed.
 */
import type { Random } from '../../../src/tensor/index.ts';
import { changeField, changeValue, onJson } from './mutate-json.ts';

export interface Mutated {
  readonly bytes: Uint8Array;
  /** What was done, for people. */
  readonly what: string;
}

type Change = (bytes: Buffer, random: Random, others: readonly Uint8Array[]) => Buffer | null;

/** Numbers at which sizes and counts break. */
const EXTREMES: readonly string[] = [
  ...[
    '0',
    '-0',
    '-1',
    '1',
    '2',
    '255',
    '65535',
    '65536',
    '2147483647',
    '2147483648',
    '4294967295',
    '4294967296',
  ],
  ...[
    '9007199254740993',
    '1e9',
    '1e12',
    '1e300',
    '1e999',
    '-1e999',
    '0.5',
    '1e-300',
    'NaN',
    'Infinity',
    '1e',
    '00',
  ],
];
const INSERTS: Buffer[] = [
  ...[
    '\0',
    '\n',
    '\r',
    '\r\n',
    '\u2028',
    '\ufeff',
    '\u001b[2J',
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    '\t',
    '，',
    '1',
    '-',
  ],
  ...['"__proto__":{"a":1},', '\\u0000', '\\ud800', '{"a":', 'null', 'nan', 'a'.repeat(70_000)],
].map((text) => Buffer.from(text));
INSERTS.push(
  ...[[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0, 0, 0, 0], [0xe4]].map((bytes) =>
    Buffer.from(bytes),
  ),
);

const anywhere = (bytes: Buffer, random: Random) => random.int(bytes.length + 1);

/** Two places, the second within reach of the first. */
function span(bytes: Buffer, random: Random): [number, number] {
  const start = anywhere(bytes, random);
  const reach = random.pick([1, 2, 4, 8, 16, 100, 1000, bytes.length]);
  return [start, Math.min(bytes.length, start + 1 + random.int(Math.max(1, reach)))];
}

function replaced(bytes: Buffer, start: number, end: number, by: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)]);
}

const changes: Readonly<Record<string, Change>> = {
  'flipped bits': (bytes, random) => {
    if (bytes.length === 0) return null;
    for (let i = random.pick([1, 1, 1, 2, 8]); i > 0; i--)
      bytes[random.int(bytes.length)]! ^= 1 << random.int(8); // within it
    return bytes;
  },
  'a byte set': (bytes, random) => {
    if (bytes.length === 0) return null;
    bytes[random.int(bytes.length)] = random.pick([
      0,
      1,
      0x7f,
      0x80,
      0xff,
      0x0a,
      0x22,
      0x5c,
      0x7b,
      random.int(256),
    ]);
    return bytes;
  },
  'cut off': (bytes, random) => bytes.subarray(0, anywhere(bytes, random)),
  'the beginning cut off': (bytes, random) => bytes.subarray(anywhere(bytes, random)),
  'bytes after the end': (bytes, random, others) => {
    const more = random.pick([
      Buffer.alloc(1 + random.int(40)),
      Buffer.from([random.int(256)]),
      random.pick(others),
      bytes,
    ]);
    return Buffer.concat([bytes, more]);
  },
  'a span twice': (bytes, random) => {
    const [start, end] = span(bytes, random);
    const times = random.pick([1, 1, 2, 50]);
    const copy = bytes.subarray(start, Math.min(end, start + 100_000 / times));
    return replaced(bytes, start, start, Buffer.concat(Array<Buffer>(times).fill(copy)));
  },
  'a span left out': (bytes, random) => replaced(bytes, ...span(bytes, random), Buffer.alloc(0)),
  'a span moved': (bytes, random) => {
    const [start, end] = span(bytes, random);
    const [moved, rest] = [bytes.subarray(start, end), replaced(bytes, start, end, Buffer.alloc(0))];
    const at = anywhere(rest, random);
    return replaced(rest, at, at, moved);
  },
  'a span of zeros or ones': (bytes, random) => {
    const [start, end] = span(bytes, random);
    return Buffer.from(bytes).fill(random.pick([0, 0xff, 0x20]), start, end);
  },
  'spliced with another file': (bytes, random, others) => {
    const other = Buffer.from(random.pick(others));
    return Buffer.concat([
      bytes.subarray(0, anywhere(bytes, random)),
      other.subarray(anywhere(other, random)),
    ]);
  },
  'something inserted': (bytes, random) => {
    const at = anywhere(bytes, random);
    return replaced(bytes, at, at, random.pick(INSERTS));
  },
  'a length made extreme': (bytes, random) => {
    const size = random.pick([1, 2, 4, 8]);
    if (bytes.length < size) return null;
    const value = random.pick([
      0n,
      1n,
      -1n,
      0x7fffffffn,
      0x80000000n,
      0x7fffffffffffffffn,
      1n << 40n,
      BigInt(bytes.length),
    ]);
    const field = Buffer.alloc(8);
    field.writeBigUInt64LE(BigInt.asUintN(8 * size, value));
    const at = random.pick([0, bytes.length - size, random.int(bytes.length - size + 1)]);
    const part = field.subarray(0, size);
    return replaced(bytes, at, at + size, random.int(4) === 0 ? Buffer.from(part).reverse() : part);
  },
  'a number made extreme': (bytes, random) => {
    const numbers = [...bytes.toString('latin1').matchAll(/-?\d+(\.\d+)?/g)];
    if (numbers.length === 0) return null;
    const { index, 0: digits } = random.pick(numbers);
    return replaced(bytes, index, index + digits.length, Buffer.from(random.pick(EXTREMES)));
  },
  'nested deeply': (bytes, random) => {
    const [open, close] = random.pick([
      ['[', ']'],
      ['{"a":', '}'],
      ['[', ''],
      ['{"a":[', ''],
      ['(', ''],
    ] as const);
    const depth = random.pick([20, 2000, 100_000]);
    const at = random.pick([0, bytes.length, anywhere(bytes, random)]);
    return replaced(bytes, at, at, Buffer.from(open.repeat(depth) + close.repeat(depth)));
  },
  'a line twice, left out, or in another place': (bytes, random) => {
    const lines = bytes.toString('latin1').split('\n');
    if (lines.length < 3) return null;
    const [i, j] = [random.int(lines.length), random.int(lines.length)];
    const line = lines[i]!; // i is below its length
    if (random.int(2) === 0) lines.splice(i, 1);
    if (random.int(3) > 0) lines.splice(j, 0, line);
    return Buffer.from(lines.join('\n'), 'latin1');
  },
  'another file': (_, random, others) => Buffer.from(random.pick(others)),
  'nothing left': () => Buffer.alloc(0),
  'a value of another kind': (bytes, random) => onJson(bytes, random, changeValue),
  'a field renamed, left out or added': (bytes, random) => onJson(bytes, random, changeField),
};

/** One change, or two or three on top of each other. `others` are bytes of other files. */
export function mutate(original: Uint8Array, random: Random, others: readonly Uint8Array[]): Mutated {
  const names = Object.keys(changes);
  const done: string[] = [];
  let bytes: Buffer = Buffer.from(original);
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; ) {
    const name = random.pick(names);
    const changed = changes[name]!(Buffer.from(bytes), random, others); // it is one of the names
    if (changed === null) continue;
    bytes = changed;
    done.push(name);
    left--;
  }
  return { bytes, what: done.join(', ') };
}
