/** The forward pass: the same for every layer but for its own cache and its listener. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Collector } from '../../src/nn/collector.ts';
import { ForwardPass } from '../../src/nn/forward-pass.ts';
import { KVCache } from '../../src/nn/kv-cache.ts';
import { RopeTable } from '../../src/nn/rope.ts';
import { ones, Random, randn } from '../../src/tensor/index.ts';

const rope = new RopeTable(4, 8).consecutive(0, 2);
const piece = (seed: number) => randn([1, 2, 2, 4], new Random(seed));

test('each layer stores into its own part of the cache', () => {
  const cache = new KVCache({ layers: 2, batch: 1, kvHeads: 2, capacity: 4, headDim: 4 });
  const pass = new ForwardPass({ rope, mask: null, cache });
  pass.at(0).remember(piece(1), piece(2));
  pass.at(1).remember(piece(3), piece(4));
  cache.advance(2);
  const { keys, values } = pass.at(1).remember(piece(5), piece(6));
  assert.equal(keys.shape, [1, 2, 4, 4]);
  assert.equal(keys.slice(2, 0, 2).toArray(), piece(3).toArray());
  assert.equal(values.slice(2, 2).toArray(), piece(6).toArray());
  const first = pass.at(0).remember(piece(7), piece(8));
  assert.equal(first.keys.slice(2, 0, 2).toArray(), piece(1).toArray());
});

test('without a cache keys and values are those of this pass', () => {
  const [keys, values] = [piece(1), piece(2)];
  const pass = new ForwardPass({ rope, mask: null });
  const kept = pass.at(3).remember(keys, values);
  assert.is(kept.keys, keys);
  assert.is(kept.values, values);
  assert.is(pass.collect, null);
  assert.is(pass.counted, null);
});

test('a layer, or another listener, changes nothing else', () => {
  const [first, second] = [new Collector({}), new Collector({ losses: true })];
  const [mask, counted] = [ones([1, 1, 1, 2, 2]), ones([1, 2])];
  const pass = new ForwardPass({ rope, mask, counted, collect: first });
  for (const other of [
    pass.at(1),
    pass.heardBy(second),
    pass.heardBy(second).at(1),
    pass.at(1).heardBy(second),
  ]) {
    assert.is(other.rope, rope);
    assert.is(other.mask, mask);
    assert.is(other.counted, counted);
  }
  assert.is(pass.at(1).collect, first);
  assert.is(pass.heardBy(second).at(1).collect, second);
});

test.run();
