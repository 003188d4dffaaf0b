/** Reward accuracy of an untrained model: it has opinions, and the opposite ones about swapped pairs. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { describeAccuracy, rewardAccuracy, rewardAccuracyOn } from '../../src/evaluation/reward-accuracy.ts';
import { rewardModelFrom } from '../../src/models/reward-model.ts';
import { rewardAnswers } from '../../src/scoring/rewards.ts';
import { Random } from '../../src/tensor/index.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { pairs } from '../training/alignment.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';

const model = rewardModelFrom(tinyModel(), new Random(2));
const swap = (own: typeof pairs) =>
  own.map((pair) => ({ ...pair, chosen: pair.rejected, rejected: pair.chosen }));

test('chosen and rejected swapped: the complement; the qualities add up to all; equal is not right', async () => {
  const [own, swapped] = [await rewardAccuracy(model, pairs), await rewardAccuracy(model, swap(pairs))];
  for (const task of ['reward-accuracy', 'reward-accuracy-a', 'reward-accuracy-b'])
    assert.is(own[task]!.value + swapped[task]!.value, 1, task);
  const right = (task: string) => own[task]!.value * own[task]!.n;
  assert.is(right('reward-accuracy-a') + right('reward-accuracy-b'), right('reward-accuracy'));
  const ties = await rewardAccuracy(
    model,
    pairs.map((pair) => ({ ...pair, rejected: pair.chosen })),
  );
  assert.equal([ties['reward-accuracy']!.value, ties['reward-accuracy']!.chance], [0, 0.5]);
});

test('pairs of one quality are not listed twice', async () => {
  const one = pairs.filter(({ quality }) => quality === 'a');
  assert.equal(Object.keys(await rewardAccuracy(model, one)), ['reward-accuracy']);
});

test('of a file: at most as many as asked for, and a note about those left out', async () => {
  const lines = [
    { prompt: '你好', chosen: '是的。', rejected: '不是。' },
    { prompt: '水', chosen: '好', rejected: '好' },
    { prompt: '小猫', chosen: '是的。', rejected: '不是。' },
  ];
  const path = put(temporaryFolder(), 'pairs.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
  const notes: string[] = [];
  const onNote = (text: string) => void notes.push(text);
  const all = await rewardAccuracyOn(path, model, tokenizer, { onNote });
  assert.is(all['reward-accuracy']!.n, 2);
  assert.equal([notes.length, notes[0]!.includes('1 left out')], [1, true], notes[0]);
  const first = await rewardAccuracyOn(path, model, tokenizer, { limit: 1 });
  assert.is(first['reward-accuracy']!.n, 1);
});

test('as a sentence: percent with one digit', () => {
  const estimate = { value: 0.89, low: 0.8391, high: 0.926, n: 200 };
  assert.is(
    describeAccuracy({ 'reward-accuracy': estimate, 'reward-accuracy-fact': { ...estimate, value: 0.7 } }),
    'reward-accuracy 89.0 % (83.9 to 92.6), reward-accuracy-fact 70.0 % (83.9 to 92.6)',
  );
});

test('a win is a larger reward of the chosen answer, in every pair, without dropout', async () => {
  const noisy = rewardModelFrom(
    tinyModel({ attentionDropout: 0.5, initializerRange: 0.3 }),
    new Random(3),
  ).train();
  const results = await rewardAccuracy(noisy, pairs);
  assert.equal(await rewardAccuracy(noisy, pairs), results);
  const each = async (side: 'chosen' | 'rejected') =>
    rewardAnswers(
      noisy.eval(),
      pairs.map((pair) => pair[side]),
    );
  const [chosen, rejected] = [await each('chosen'), await each('rejected')];
  const wins = pairs.map((_, i) => chosen[i]! > rejected[i]!);
  for (const quality of ['a', 'b']) {
    const own = wins.filter((_, i) => pairs[i]!.quality === quality);
    assert.is(results[`reward-accuracy-${quality}`]!.value, own.filter(Boolean).length / own.length);
  }
  const share = wins.filter(Boolean).length / wins.length;
  assert.is(results['reward-accuracy']!.value, share);
  assert.is.not(share, 0.5, 'control: swapped sides would show');
});

test.run();
