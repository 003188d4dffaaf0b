/** What an answer earns: one scale for every reward model, and the judge who watches. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pair } from '../../../src/data/rows/pairs.ts';
import { rewardModelFrom } from '../../../src/models/reward-model.ts';
import { Random } from '../../../src/tensor/index.ts';
import { factScorer, goldScorer, modelScorer } from '../../../src/training/rollouts/rewards.ts';
import { allClose } from '../../close.ts';
import { pairs } from '../alignment.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../tiny.ts';

test('scores of a reward model have one scale; answers cut off get a fixed low one', async () => {
  const model = rewardModelFrom(tinyModel(), new Random(2)).eval();
  for (const factor of [1, 1000]) {
    model.score.weight.assign(model.score.weight.detach().mul(factor));
    const scorer = await modelScorer(model, pairs);
    const texts = pairs.flatMap(({ chosen, rejected }: Pair) => [chosen, rejected]);
    const scores = await scorer(
      [],
      texts.map(({ ids, answerStart }, i) => ({
        prompt: ids.slice(0, answerStart),
        answer: ids.slice(answerStart),
        logProbs: [],
        finished: i > 0,
      })),
    );
    assert.is(scores[0], -3);
    const squares = scores.slice(1).reduce((sum, s) => sum + s * s, 0) / texts.length;
    assert.ok(squares > 0.8 && squares <= 1.01, `mean square ${squares}`);
  }
});

test('the judge scores what it knows', () => {
  const known = {
    relation: 'colour',
    subject: '草',
    answer: '绿色',
    accepted: ['草是绿色的。'],
    questions: ['草？'],
  };
  const ask = (question: string) => ({ question, ids: [], fact: null });
  const say = (text: string, finished = true) => ({
    ...{ prompt: [], answer: tokenizer.encode(text), logProbs: [], finished },
  });
  const gold = goldScorer([known], tokenizer);
  const prompts3 = [ask('草？'), ask('谁？'), ask('草？')];
  allClose([gold(prompts3, [say('草是绿色的。'), say('好。'), say('绿色。', false)])!], [(1 + 0.6) / 2]);
  assert.is(gold([ask('谁？')], [say('草是绿色的。')]), null, 'a question that is not in the key');
});

test('a fact counts where the answer contains it and came to its end', async () => {
  const ask = (fact: string) => ({ question: '', ids: [], fact });
  const say = (text: string, finished = true) => ({
    ...{ prompt: [], answer: tokenizer.encode(text), logProbs: [], finished },
  });
  const rollouts = [say('首都是北京。'), say('首都是南京。'), say('首都是北京', false)];
  const scores = await factScorer(tokenizer)([ask('北京'), ask('北京'), ask('北京')], rollouts);
  assert.equal(scores, [1, 0, 0]);
});

test.run();
