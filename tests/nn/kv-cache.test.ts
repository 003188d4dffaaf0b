/** The KV cache alone: what is stored, what comes back, and where it ends. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KVCache } from '../../src/nn/kv-cache.ts';
import { concat, Random, randn, scope } from '../../src/tensor/index.ts';

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

test.run();
