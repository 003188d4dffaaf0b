/** What an answer earns: one scale for every reward model, and the judge who watches. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pair } from '../../../src/data/rows/pairs.ts';
import { encodeModel } from '../../../src/formats/hf/model-files.ts';
import { RewardModel, rewardModelFrom } from '../../../src/models/reward-model.ts';
import { rewardAnswers } from '../../../src/scoring/rewards.ts';
import { writeDirectoryAtomically } from '../../../src/storage/atomic.ts';
import { Random } from '../../../src/tensor/index.ts';
import { Tokenizer } from '../../../src/tokenizer/index.ts';
import { factScorer, goldScorer, loadReward, modelScorer } from '../../../src/training/rollouts/rewards.ts';
import { allClose } from '../../close.ts';
import { refuses, temporaryFolder } from '../../data/temporary.ts';
import { pairs } from '../alignment.ts';
import { tinyConfig, tinyModel, tinyTokenizer as tokenizer } from '../tiny.ts';

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

/** Texts as finished rollouts. */
const said = (answer: readonly number[], prompt: readonly number[] = []) => ({
  prompt,
  answer,
  logProbs: [],
  finished: true,
});

test('the scale: mean and deviation over both answers of the first hundred pairs, without dropout', async () => {
  const noisy = rewardModelFrom(
    tinyModel({ attentionDropout: 0.5, initializerRange: 0.3 }),
    new Random(2),
  ).train();
  const random = new Random(3);
  const answer = () => {
    const ids = Array.from({ length: 3 + random.int(6) }, () => 262 + random.int(150));
    return { ids, answerStart: 2 };
  };
  const many = Array.from({ length: 104 }, () => ({ chosen: answer(), rejected: answer(), quality: 'a' }));
  const scorer = await modelScorer(noisy, many);
  const all = many.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const rewards = await rewardAnswers(noisy.eval(), all);
  const known = rewards.slice(0, 200);
  const mean = known.reduce((sum, r) => sum + r, 0) / 200;
  const deviation = Math.sqrt(known.reduce((sum, r) => sum + (r - mean) ** 2, 0) / 200);
  const rollouts = all.slice(195).map(({ ids, answerStart }, i) => ({
    ...said(ids.slice(answerStart), ids.slice(0, answerStart)),
    finished: i % 4 !== 1,
  }));
  allClose(
    await scorer([], rollouts),
    rollouts.map(({ finished }, i) => (finished ? (rewards[195 + i]! - mean) / deviation : -3)),
    { absolute: 1e-3 },
  );
});

test('each answer is held against the fact of its own prompt', async () => {
  const facts = ['北京', '巴黎', '东京'];
  const asked = facts.map((fact) => ({ question: '', ids: [], fact }));
  const texts = ['首都是巴黎。', '巴黎是首都。', '首都是东京。'].map((text) => said(tokenizer.encode(text)));
  assert.equal(await factScorer(tokenizer)(asked, texts), [0, 1, 1]);
  const cut = texts.map((text) => ({ ...text, finished: false }));
  assert.equal(
    await factScorer(tokenizer)(asked, cut),
    [0, 0, 0],
    'what the limit cut off is no answer, right or wrong',
  );
});

test('a reward model must have the same vocabulary and read as far as the policy writes', async () => {
  const model = new RewardModel({ ...tinyConfig, maxPositionEmbeddings: 24 }, new Random(1));
  const path = join(temporaryFolder(), 'reward');
  writeDirectoryAtomically(path, await encodeModel(model, tokenizer));
  assert.is(loadReward(path, tokenizer, 24).config.maxPositionEmbeddings, 24);
  refuses(() => loadReward(path, tokenizer, 25), 'reads 24 tokens', 'up to 25');
  const { pieces } = tokenizer.vocabulary;
  for (const other of [
    pieces.slice(0, -1),
    [...pieces, { text: 'new', score: -1e6, kind: 'normal' as const }],
    pieces.with(300, { ...pieces[300]!, text: 'new' }),
  ])
    refuses(
      () => loadReward(path, new Tokenizer({ ...tokenizer.vocabulary, pieces: other }), 24),
      'another vocabulary',
    );
});

test('the judge watches the answers it knows, each to its own question; none of the others counts', () => {
  const fact = (subject: string, answer: string) => ({
    ...{
      relation: 'colour',
      subject,
      answer,
      accepted: [`${subject}是${answer}的。`],
      questions: [`${subject}？`],
    },
  });
  const gold = goldScorer([fact('草', '绿色'), fact('天', '蓝色')], tokenizer);
  const ask = (question: string) => ({ question, ids: [], fact: null });
  const green = said(tokenizer.encode('草是绿色的。'));
  allClose([gold([ask('草？'), ask('？')], [green, green])!], [1]);
  allClose([gold([ask('草？'), ask('天？')], [green, green])!], [(1 + 0.6) / 2]);
  allClose([gold([ask('草？')], [{ ...green, finished: false }])!], [0.8]);
});

test.run();
