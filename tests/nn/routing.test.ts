/** Who goes where: the choice of experts and the grouping of tokens. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseExperts, groupByExpert } from '../../src/nn/routing.ts';
import { Random, randn } from '../../src/tensor/index.ts';

test('the k largest of each row, best first, as the topK kernel finds them', () => {
  const scores = randn([50, 7], new Random(1));
  for (const k of [1, 2, 7]) {
    assert.equal([...chooseExperts(scores.toArray(), 7, k)], [...scores.topK(k).indices.toArray()]);
  }
});

test('equal scores by position, as in the topK kernel', () => {
  assert.equal([...chooseExperts([1, 3, 3, 3, 0, 0, 0, 0], 4, 2)], [1, 2, 0, 1]);
});

test('even a row of NaN gives k different experts', () => {
  assert.equal([...chooseExperts([Number.NaN, Number.NaN, Number.NaN], 3, 2)], [0, 1]);
});

test('every slot is in exactly one group, in the order of the text, and counts add up to N k', () => {
  const random = new Random(2);
  for (const [tokens, experts, k] of [
    [0, 4, 2],
    [1, 8, 2],
    [100, 8, 2],
    [37, 3, 3],
  ] as const) {
    const scores = Float64Array.from({ length: tokens * experts }, () => random.float());
    const chosen = chooseExperts(scores, experts, k);
    const { slots, counts } = groupByExpert(chosen, experts);
    assert.is(counts.length, experts);
    assert.is(
      counts.reduce((a, b) => a + b, 0),
      tokens * k,
    );
    assert.equal(
      [...slots].sort((a, b) => a - b),
      Array.from({ length: tokens * k }, (_, slot) => slot),
    );
    let at = 0;
    for (const [expert, count] of counts.entries()) {
      const group = [...slots.subarray(at, at + count)];
      assert.ok(group.every((slot) => chosen[slot] === expert));
      assert.equal(
        group,
        [...group].sort((a, b) => a - b),
        'stable',
      );
      at += count;
    }
  }
});

test.run();
