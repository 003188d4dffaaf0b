import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { minimalPairs } from '../../src/evaluation/minimal-pairs.ts';
import { scoreAnswers } from '../../src/scoring/log-probs.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';
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

test('a pair fits to the token, by the longer of its sentences; those left out take no kind with them', async () => {
  const length = (text: string) => tokenizer.encode(text).length + 1; // read: </s> and all tokens; the last </s> is predicted
  const [short, long] = ['大', '大'.repeat(9)];
  const kinds = async (context: number, good: string, bad: string) => {
    const pairs = [
      { kind: 'first', good, bad },
      { kind: 'second', good: '小', bad: '大' },
      { kind: 'third', good: '大', bad: '小' },
    ];
    const results = await minimalPairs(liking({ 大: 5 }, context), tokenizer, pairs);
    return Object.entries(results).map(([task, { value, n }]) => `${task} ${value} ${n}`);
  };
  const rest = ['minimal-pairs-second 0 1', 'minimal-pairs-third 1 1'];
  for (const [good, bad, right] of [
    [long, '小'.repeat(9), 1],
    [short, '小'.repeat(9), 1],
  ] as const) {
    const needed = Math.max(length(good), length(bad));
    assert.equal(await kinds(needed, good, bad), [
      `minimal-pairs ${2 / 3} 3`,
      `minimal-pairs-first ${right} 1`,
      ...rest,
    ]);
    assert.equal(await kinds(needed - 1, good, bad), ['minimal-pairs 0.5 2', ...rest]);
  }
});

test('sums over the whole sentence, its first token and its end included', async () => {
  const model = tinyModel({ initializerRange: 0.3 }).eval();
  const texts = ['中国', '大象', '小猫在河边', '天', '喝水', '人'];
  const pairs = texts.flatMap((good) => texts.map((bad) => ({ kind: `${good}${bad}`, good, bad })));
  const results = await minimalPairs(model, tokenizer, pairs);
  const encode = (text: string) => [tokenizer.eosId, ...tokenizer.encode(text), tokenizer.eosId];
  const logProbs = await scoreAnswers(
    model,
    texts.map((text) => ({ ids: encode(text), answerStart: 1 })),
  );
  for (const [i, good] of texts.entries())
    for (const [j, bad] of texts.entries())
      assert.is(
        results[`minimal-pairs-${good}${bad}`]!.value,
        logProbs[i]! > logProbs[j]! ? 1 : 0,
        good + bad,
      );
});

test.run();
