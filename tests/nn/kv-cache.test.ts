/** The KV cache alone: what is stored, what comes back, and where it ends. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KVCache } from '../../src/nn/kv-cache.ts';
import { concat, Random, randn, scope, type Tensor } from '../../src/tensor/index.ts';

const options = { layers: 2, batch: 2, kvHeads: 3, capacity: 5, headDim: 4 };
const piece = (tokens: number, seed: number) => randn([2, 3, tokens, 4], new Random(seed));

test('what is appended comes back, old and new, layer by layer', () => {
  const cache = new KVCache(options);
  const [a, b, c, d] = [piece(3, 1), piece(3, 2), piece(3, 3), piece(3, 4)];
  const first = cache.append(0, a, b);
  assert.equal(first.keys.shape, [2, 3, 3, 4]);
  assert.equal(first.keys.toArray(), a.toArray());
  assert.equal(first.values.toArray(), b.toArray());
  assert.is(cache.length, 0, 'until every layer is done');
  cache.append(1, c, d);
  cache.advance(3);
  assert.is(cache.length, 3);

  const [e, f] = [piece(2, 5), piece(2, 6)];
  const second = cache.append(1, e, f);
  assert.equal(second.keys.toArray(), concat([c, e], 2).toArray());
  assert.equal(second.values.toArray(), concat([d, f], 2).toArray());
  const other = cache.append(0, e, f);
  assert.equal(other.keys.toArray(), concat([a, e], 2).toArray());
});

test('one token too many is refused and changes nothing', () => {
  const cache = new KVCache(options);
  cache.append(0, piece(4, 1), piece(4, 2));
  cache.advance(4);
  assert.throws(
    () => cache.append(0, piece(2, 3), piece(2, 4)),
    /KV cache: 6 tokens do not fit into a context of 5/,
  );
  assert.is(cache.length, 4);
  const { keys } = cache.append(0, piece(1, 5), piece(1, 6));
  assert.equal(keys.toArray(), concat([piece(4, 1), piece(1, 5)], 2).toArray());
});

test('it outlives the scope it was filled in, until disposed', () => {
  const cache = scope(() => {
    const made = new KVCache(options);
    made.append(0, piece(2, 1), piece(2, 2));
    made.advance(2);
    return made;
  });
  const { keys } = cache.append(0, piece(1, 3), piece(1, 4));
  assert.equal(keys.toArray(), concat([piece(2, 1), piece(1, 3)], 2).toArray());
  cache.dispose();
  assert.throws(() => keys.toArray(), /released/);
  cache.dispose();
});

/** Two layers' worth is not needed here: one row for each text. */
const single = { layers: 1, batch: 4, kvHeads: 2, capacity: 6, headDim: 3 };
const tokens = (rows: number, T: number, seed: number) => randn([rows, 2, T, 3], new Random(seed));
const rowsOf = (x: Tensor, row: number, length: number) =>
  [
    ...x
      .slice(0, row, row + 1)
      .slice(2, 0, length)
      .toArray(),
  ].map(Math.fround);

test('rows of different lengths: filler is forgotten, each goes on behind its own last token', () => {
  const cache = new KVCache(single);
  const [a, b] = [tokens(4, 3, 1), tokens(4, 3, 2)];
  cache.append(0, a, b);
  cache.advance(3);
  assert.is(cache.isRagged, false);
  cache.shorten([3, 1, 2, 3]);
  assert.equal([cache.isRagged, cache.length, [...cache.lengths]], [true, 3, [3, 1, 2, 3]]);
  const [c, d] = [tokens(4, 1, 3), tokens(4, 1, 4)];
  const { keys, values, past } = cache.append(0, c, d);
  assert.equal(keys.shape, [4, 2, 4, 3]);
  assert.equal([...past!.toArray()], [3, 1, 2, 3]);
  for (const [row, length] of [3, 1, 2, 3].entries()) {
    const expected = (old: Tensor, one: Tensor) =>
      rowsOf(concat([old.slice(2, 0, length), one], 2), row, length + 1);
    assert.equal(rowsOf(keys, row, length + 1), expected(a, c), `keys of row ${row}`);
    assert.equal(rowsOf(values, row, length + 1), expected(b, d), `values of row ${row}`);
  }
  cache.advance(1);
  assert.equal([...cache.lengths], [4, 2, 3, 4]);
  assert.throws(() => cache.append(0, tokens(4, 2, 5), tokens(4, 2, 6)), /one token of each at a time/);
  assert.throws(() => cache.shorten([5, 2, 3, 4]), /cannot be shortened to 5,2,3,4/);
});

test('rows move to the front, or are copied to the back, with their lengths', () => {
  const filled = () => {
    const cache = new KVCache(single);
    cache.append(0, tokens(4, 3, 1), tokens(4, 3, 2));
    cache.advance(3);
    cache.shorten([1, 2, 3, 2]);
    return cache;
  };
  const stored = (cache: KVCache) => {
    const rows = cache.lengths.length;
    const { keys } = cache.append(0, tokens(rows, 1, 9), tokens(rows, 1, 9));
    return cache.lengths.map((length, row) => rowsOf(keys, row, length));
  };
  const before = stored(filled());
  for (const from of [[0, 3, 2], [3], [2, 3], [0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 2, 3]]) {
    const cache = filled();
    cache.arrange(from);
    assert.equal(
      [...cache.lengths],
      from.map((row) => [1, 2, 3, 2][row]!),
      `lengths ${from}`,
    );
    assert.equal(
      stored(cache),
      from.map((row) => before[row]!),
      `${from}`,
    );
  }
  assert.throws(() => filled().arrange([1, 0]), /rows cannot be arranged as 1,0 among 4/);
  assert.throws(() => filled().arrange([0, 0, 1, 2, 3]), /among 4/);
});

test.run();
