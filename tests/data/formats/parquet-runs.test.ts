/** Runs and differences: what was packed comes out, and no bytes whatever keep the reader busy. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDeltas, readRuns } from '../../../src/data/formats/parquet-runs.ts';

function varint(n: number): number[] {
  return n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))];
}

/** Little-endian bits, `width` of each. */
function packBits(values: readonly number[], width: number): number[] {
  const bits = values.flatMap((value) => Array.from({ length: width }, (_, i) => (value >> i) & 1));
  const bytes = Array.from({ length: Math.ceil(bits.length / 8) }, () => 0);
  for (const [i, bit] of bits.entries()) bytes[i >> 3]! |= bit << (i & 7); // as many as needed
  return bytes;
}

interface Run {
  readonly packed: boolean;
  readonly values: readonly number[];
}

/** A packed run has whole groups of eight, filled with zeros; only the last one may be filled. */
function bytesOfRun({ packed, values }: Run, width: number): number[] {
  if (!packed)
    return [
      ...varint(2 * values.length),
      ...packBits([values[0]!, ...Array(7).fill(0)], width).slice(0, Math.ceil(width / 8)),
    ];
  const groups = Math.ceil(values.length / 8);
  const filled = [...values, ...Array(8 * groups - values.length).fill(0)];
  return [...varint(2 * groups + 1), ...packBits(filled, width)];
}

const runsOf = (width: number) => {
  const value = fc.nat(2 ** width - 1);
  const repeated = fc.tuple(value, fc.integer({ min: 1, max: 40 })).map(([n, times]): Run => {
    return { packed: false, values: Array(times).fill(n) };
  });
  const packed = fc
    .integer({ min: 1, max: 4 })
    .chain((groups) =>
      fc
        .array(value, { minLength: 8 * groups, maxLength: 8 * groups })
        .map((values): Run => ({ packed: true, values })),
    );
  const last = fc
    .array(value, { minLength: 1, maxLength: 20 })
    .map((values): Run => ({ packed: true, values }));
  return fc
    .tuple(fc.array(fc.oneof(repeated, packed), { maxLength: 6 }), last)
    .map(([runs, end]) => [...runs, end]);
};

test('runs of every width', () => {
  const cases = fc.integer({ min: 1, max: 24 }).chain((width) => fc.tuple(fc.constant(width), runsOf(width)));
  fc.assert(
    fc.property(cases, ([width, runs]) => {
      const bytes = Uint8Array.from(runs.flatMap((run) => bytesOfRun(run, width)));
      const values = runs.flatMap((run) => run.values);
      assert.equal(readRuns(bytes, width, values.length, 2 ** width - 1), values);
      const max = Math.max(...values);
      if (max > 0) assert.throws(() => readRuns(bytes, width, values.length, max - 1), /a value is/);
    }),
  );
  assert.equal(readRuns(Uint8Array.of(6), 0, 3, 0), [0, 0, 0]);
  assert.equal(readRuns(Uint8Array.of(6, 1, 0, 0), 1, 3, 1), [1, 1, 1]); // an empty run at the end
  assert.throws(() => readRuns(Uint8Array.of(6, 1, 2, 0), 1, 3, 1), /other bytes after/);
});

test('any bytes at all: as many values as asked for, none too large, or an Error', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.integer({ min: 0, max: 33 }),
      fc.nat(300),
      (bytes, width, count) => {
        let values: number[];
        try {
          values = readRuns(bytes, width, count, 200);
        } catch (error) {
          assert.is((error as Error).constructor, Error, (error as Error).stack);
          return;
        }
        assert.is(values.length, count);
        assert.ok(values.every((value) => value >= 0 && value <= 200));
      },
    ),
    { numRuns: 3000 },
  );
});

test('what kept the decoder busy for ever or filled the memory is refused at once', () => {
  for (const header of [varint(2 ** 31 + 1), varint(2 ** 32 - 1), varint(2 ** 31), [1], Array(12).fill(0xff)])
    assert.throws(
      () => readRuns(Uint8Array.from([...header, 0, 0, 0, 0]), 2, 100, 3),
      /more values|cut off|too long/,
    );
  assert.throws(() => readRuns(new Uint8Array(0), 1, 1, 1), /cut off/);
});

/** Differences in one block of 128, in four parts of 32, as PyArrow writes them. */
function bytesOfDeltas(values: readonly number[]): number[] {
  const zigzag = (n: number) => varint(n >= 0 ? 2 * n : -2 * n - 1);
  const [first = 0, ...rest] = values;
  const bytes = [...varint(128), ...varint(4), ...varint(values.length), ...zigzag(first)];
  for (let start = 0; start < rest.length; start += 128) {
    const block = rest.slice(start, start + 128).map((value, i) => value - values[start + i]!);
    const least = Math.min(...block);
    const parts = [0, 32, 64, 96].map((at) => block.slice(at, at + 32).map((delta) => delta - least));
    const widths = parts.map((part) => (part.length === 0 ? 0 : 32 - Math.clz32(Math.max(...part))));
    bytes.push(...zigzag(least), ...widths);
    for (const [i, part] of parts.entries())
      if (part.length > 0) bytes.push(...packBits([...part, ...Array(32 - part.length).fill(0)], widths[i]!));
  }
  return bytes;
}

test('differences in 32 and 64 bits, and where they end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 300 }),
      (values) => {
        const bytes = Uint8Array.from([9, ...bytesOfDeltas(values), 9, 9]);
        const small = readDeltas(bytes, 1, new Int32Array(values.length));
        assert.equal([...small.values], values);
        assert.is(small.end, bytes.length - 2);
        assert.equal([...readDeltas(bytes, 1, new BigInt64Array(values.length)).values].map(Number), values);
        assert.throws(
          () => readDeltas(bytes, 1, new Int32Array(values.length + 1)),
          /another number of values/,
        );
        assert.throws(() => readDeltas(bytes.subarray(0, -3), 1, new Int32Array(values.length)), /cut off/);
      },
    ),
  );
});

test('differences in blocks of no size are refused', () => {
  for (const [block, parts] of [
    [0, 4],
    [128, 0],
    [4, 4],
    [100, 4],
  ] as const)
    assert.throws(() =>
      readDeltas(Uint8Array.from([...varint(block), parts, 5, 0, 0, 0, 0, 0, 0, 0]), 0, new Int32Array(5)),
    );
});

test.run();
