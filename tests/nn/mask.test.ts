/** Masks, written out: which keys a query may not see, and which tokens count. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  attentionMask,
  type CountedOptions,
  countedTokens,
  MASKED,
  type MaskOptions,
} from '../../src/nn/mask.ts';
import { Random, tensor } from '../../src/tensor/index.ts';
import { float64 } from '../models/tiny.ts';

/** One text a row of the batch: a line for each query, `x` where a key is blocked. */
function draw(options: MaskOptions): string[] {
  const mask = attentionMask(options)!;
  const [rows, one, two, queries, keys] = mask.shape as [number, number, number, number, number];
  assert.equal([one, two, queries, keys], [1, 1, options.queries, options.keys]);
  const marks = Array.from(mask.toArray(), (value) => (value === 1 ? 'x' : '.')).join('');
  return Array.from({ length: rows }, (_, row) => {
    const own = marks.slice(row * queries * keys, (row + 1) * queries * keys);
    return own.match(new RegExp(`.{${keys}}`, 'g'))!.join(' ');
  });
}

test('causal: itself and what came before', () => {
  assert.equal(draw({ queries: 4, keys: 4 }), ['.xxx ..xx ...x ....']);
});

test('with a cache the queries are the last keys', () => {
  assert.equal(draw({ queries: 2, keys: 5 }), ['....x .....']);
});

test('one new token sees everything, without a mask', () => {
  assert.is(attentionMask({ queries: 1, keys: 5 }), null);
  assert.is(attentionMask({ queries: 1, keys: 5, leftPadding: [0, 0] }), null);
  assert.is(attentionMask({ queries: 1, keys: 1 }), null);
});

test('left padding hides the filler of each row, for one new token too', () => {
  const leftPadding = [0, 2];
  assert.equal(draw({ queries: 3, keys: 3, leftPadding }), ['.xx ..x ...', 'xxx xxx xx.']);
  assert.equal(draw({ queries: 1, keys: 4, leftPadding }), ['....', 'xx..']);
  assert.equal(draw({ queries: 3, keys: 3, leftPadding: [0, 0] }), ['.xx ..x ...']);
});

test('documents: each token sees its own only', () => {
  const documents = [Uint16Array.of(3, 3, 4, 4), Uint16Array.of(1, 2, 3, 3)];
  assert.equal(draw({ queries: 4, keys: 4, documents }), ['.xxx ..xx xx.x xx..', '.xxx x.xx xx.x xx..']);
});

test('all three together', () => {
  const options = {
    queries: 4,
    keys: 4,
    leftPadding: [1, 0],
    documents: [
      [0, 0, 1, 1],
      [0, 0, 0, 1],
    ],
  };
  assert.equal(draw(options), ['xxxx x.xx xx.x xx..', '.xxx ..xx ...x xxx.']);
});

test('masked scores get probability 0 exactly, and a row of them alone stays finite', () => {
  float64(() => {
    const scores = tensor([[700, -700, 3]]).maskedFill(tensor([[0, 0, 1]]), MASKED);
    assert.is(scores.softmax(-1).toArray()[2], 0);
    const blocked = tensor([[5, 7]])
      .maskedFill(tensor([[1, 1]]), MASKED)
      .softmax(-1);
    assert.equal([...blocked.toArray()], [0.5, 0.5]);
  });
  assert.ok(Number.isFinite(Math.fround(MASKED)), 'MASKED must be a float32');
});

test('the mask has the default type', () => {
  assert.is(attentionMask({ queries: 2, keys: 2 })!.dtype, 'float32');
  assert.is(
    float64(() => attentionMask({ queries: 2, keys: 2 })!.dtype),
    'float64',
  );
});

test('tokens that count: all but the filler that is said or stands in front, null if there is none', () => {
  const shown = (options: Partial<CountedOptions>) => {
    const values = countedTokens({ rows: 2, tokens: 3, past: 0, ...options });
    return values === null ? null : { shape: values.shape, values: [...values.toArray()].join('') };
  };
  assert.is(shown({}), null);
  assert.is(
    shown({
      leftPadding: [0, 0],
      counted: [
        [7, 7, 7],
        [1, 2, 3],
      ],
    }),
    null,
  );
  const shape = [2, 3];
  assert.equal(shown({ leftPadding: [2, 0] }), { shape, values: '001111' });
  assert.equal(shown({ counted: [Uint16Array.of(1, 2, 0), Uint16Array.of(1, 1, 1)] }), {
    shape,
    values: '110111',
  });
  assert.equal(
    shown({
      leftPadding: [1, 0],
      counted: [
        [1, 1, 1],
        [1, 0, 0],
      ],
    }),
    { shape, values: '011100' },
  );
  assert.equal(
    shown({ past: 1, leftPadding: [2, 0] }),
    { shape, values: '011111' },
    'filler that a cache holds',
  );
  assert.is(shown({ past: 2, leftPadding: [2, 0] }), null);
});

test('any mixture of the three, with and without earlier tokens: what the definitions say, key by key', () => {
  const random = new Random(4);
  for (let round = 0; round < 200; round++) {
    const rows = 1 + random.int(3);
    const keys = 1 + random.int(6);
    const queries = 1 + random.int(keys);
    const past = keys - queries;
    const leftPadding = random.int(2) === 0 ? undefined : Array.from({ length: rows }, () => random.int(3));
    const documents =
      random.int(2) === 0
        ? undefined
        : Array.from({ length: rows }, () => Array.from({ length: keys }, () => random.int(2)));
    const options = {
      ...{ queries, keys },
      ...(leftPadding === undefined ? {} : { leftPadding }),
      ...(documents === undefined ? {} : { documents }),
    };
    const hides = (row: number, q: number, k: number) =>
      k > past + q ||
      k < (leftPadding?.[row] ?? 0) ||
      (documents !== undefined && documents[row]![k] !== documents[row]![past + q]);
    const mask = attentionMask(options);
    const found = mask === null ? null : draw(options);
    for (let row = 0; row < rows; row++)
      for (let q = 0; q < queries; q++) {
        const expected = Array.from({ length: keys }, (_, k) => (hides(row, q, k) ? 'x' : '.')).join('');
        const own = found === null ? '.'.repeat(keys) : found[found.length === 1 ? 0 : row]!.split(' ')[q];
        assert.is(own, expected, JSON.stringify({ ...options, row, q }));
      }
    const counted =
      random.int(2) === 0
        ? undefined
        : Array.from({ length: rows }, () => Array.from({ length: queries }, () => random.int(3)));
    const told = {
      rows,
      tokens: queries,
      past,
      ...(leftPadding === undefined ? {} : { leftPadding }),
      counted,
    };
    const expected = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: queries }, (_, t) =>
        past + t < (leftPadding?.[row] ?? 0) || counted?.[row]?.[t] === 0 ? 0 : 1,
      ),
    ).flat();
    const numbers = countedTokens(told)?.toArray();
    assert.equal(numbers === undefined ? new Array(rows * queries).fill(1) : [...numbers], expected);
  }
});

test('branches see what they share and themselves, also within a document', () => {
  const branches = [Uint16Array.of(0, 1, 1, 2)];
  assert.equal(draw({ queries: 4, keys: 4, branches }), ['.xxx ..xx ...x .xx.']);
  const documents = [Uint16Array.of(1, 1, 2, 2)];
  assert.equal(draw({ queries: 4, keys: 4, documents, branches: [Uint16Array.of(0, 1, 0, 1)] }), [
    '.xxx ..xx xx.x xx..',
  ]);
});

test.run();
