import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { minimalPairs } from '../../src/evaluation/minimal-pairs.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { liking } from './fake-model.ts';

test('minimal pairs: the liked sentence wins, by kind; equal is not right; too long is left out', async () => {
  const pairs = [
    { kind: 'a', good: '大大', bad: '小小' },
    { kind: 'a', good: '小大', bad: '小小' },
    { kind: 'b', good: '小小', bad: '大大' },
  ];
  const results = await minimalPairs(liking({ 大: 5 }), tokenizer, pairs);
  assert.equal(
    Object.entries(results).map(([task, { value, n, chance }]) => [task, value, n, chance]),
    [
      ['minimal-pairs', 2 / 3, 3, 0.5],
      ['minimal-pairs-a', 1, 2, 0.5],
      ['minimal-pairs-b', 0, 1, 0.5],
    ],
  );
  const blind = await minimalPairs(liking({}), tokenizer, pairs);
  assert.is(blind['minimal-pairs']!.value, 0, 'a model without preferences gains nothing');
  const long = [...pairs, { kind: 'a', good: '大'.repeat(50), bad: '小'.repeat(50) }];
  assert.is((await minimalPairs(liking({ 大: 5 }, 20), tokenizer, long))['minimal-pairs']!.n, 3);
});

test.run();
