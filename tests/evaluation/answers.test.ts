import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { KnownFact } from '../../src/data/answer-key.ts';
import { bootstrap, bootstrapMean, mean } from '../../src/evaluation/bootstrap.ts';
import { diversity } from '../../src/evaluation/diversity.ts';
import { wilson } from '../../src/evaluation/intervals.ts';
import { type JudgedAnswer, judgeModel, judgeResults } from '../../src/evaluation/judged-answers.ts';
import { minimalPairs } from '../../src/evaluation/minimal-pairs.ts';
import { winRate } from '../../src/evaluation/win-rate.ts';
import { Random } from '../../src/tensor/random.ts';
import { allClose } from '../close.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { liking, saying } from './fake-model.ts';

/** How often an interval made from n coins contains the true share. */
function coverage(interval: (coins: number[], seed: number) => { low: number; high: number }): number {
  const random = new Random(11);
  const [rounds, n, p] = [300, 80, 0.7];
  let covered = 0;
  for (let round = 0; round < rounds; round++) {
    const coins = Array.from({ length: n }, () => (random.float() < p ? 1 : 0));
    const { low, high } = interval(coins, round);
    if (low <= p && p <= high) covered++;
  }
  return covered / rounds;
}

test('the bootstrap interval covers the truth in about 95 of 100 samples; half of it does not', () => {
  const of = (coins: number[], seed: number) => bootstrap(coins, { statistic: mean, resamples: 400, seed });
  const covered = coverage(of);
  assert.ok(covered > 0.9 && covered < 0.985, `${covered}`);
  const halved = coverage((coins, seed) => {
    const { value, low, high } = of(coins, seed);
    return { low: (value + low) / 2, high: (value + high) / 2 };
  });
  assert.ok(halved < 0.8, `${halved}`);
});

test('the bootstrap agrees with Wilson in the middle, is seeded, and says nothing of nothing', () => {
  const coins = Array.from({ length: 200 }, (_, i) => i % 2);
  const [ours, theirs] = [bootstrapMean(coins), wilson(100, 200)];
  allClose([ours.low, ours.high], [theirs.low, theirs.high], { absolute: 0.01 });
  assert.equal(bootstrapMean(coins, 5), bootstrapMean(coins, 5));
  assert.equal(bootstrapMean([]), { value: 0, low: 0, high: 1, n: 0 });
  assert.equal(bootstrapMean([3, 3]), { value: 3, low: 3, high: 3, n: 2 });
});

const answer = (question: string, score: number): JudgedAnswer => ({
  question,
  text: '好',
  finished: true,
  verdict: { fact: 1, sentence: 1, polite: 1, stop: 1, score },
});
const scored = (scores: readonly number[]) => scores.map((score, i) => answer(`${i}`, score));

test('win rate: ties are half a win, decided ones alone, a model against itself is at half', () => {
  const results = winRate(scored([1, 1, 0.6, 0.8]), scored([0.6, 1, 1, 0.2]));
  assert.is(results['win-rate']!.value, (2 + 0.5) / 4);
  assert.equal([results['win-rate-decided']!.value, results['win-rate-decided']!.n], [2 / 3, 3]);
  const same = winRate(scored([1, 0.4]), scored([1, 0.4]));
  assert.equal(same['win-rate'], { value: 0.5, low: 0.5, high: 0.5, n: 2, chance: 0.5 });
  assert.equal(same['win-rate-decided'], { value: 0, low: 0, high: 1, n: 0, chance: 0.5 });
});

test('win rate: better in 30 of 40 is clear of half, in 22 of 40 it is not; sides swapped, it is mirrored', () => {
  const against = (wins: number) => {
    const ours = Array.from({ length: 40 }, (_, i) => (i < wins ? 1 : 0));
    return [scored(ours), scored(ours.map((x) => 1 - x))] as const;
  };
  const [own, other] = against(30);
  assert.ok(winRate(own, other)['win-rate']!.low > 0.5);
  const [low, high] = against(22);
  assert.ok(winRate(low, high)['win-rate']!.low < 0.5);
  assert.is(winRate(other, own)['win-rate']!.value, 0.25);
  assert.throws(() => winRate(own, other.slice(1)), /same questions/);
  assert.throws(() => winRate(own, other.toReversed()), /same questions/);
});

test('the pairing counts: two models that fail on the same questions differ by little', () => {
  const hard = Array.from({ length: 60 }, (_, i) => (i % 2 === 0 ? 1 : 0.2));
  const better = hard.map((score, i) => (i < 12 ? Math.min(1, score + 0.1) : score));
  const { low, high } = winRate(scored(better), scored(hard))['win-rate']!;
  assert.ok(low > 0.5 && high - low < 0.1, `${low} .. ${high}`);
});

test('degenerate answers show: one sentence for everything, one word for ever', () => {
  const good = ['法国的首都是巴黎。', '猫爱吃鱼。', '一年有十二个月。'];
  const same = good.map(() => good[0]!);
  const loops = good.map(() => '的'.repeat(40));
  const [a, b, c] = [good, same, loops].map((texts) => diversity(texts));
  assert.ok(b!['distinct-2']!.value < a!['distinct-2']!.value);
  assert.ok(c!['distinct-2']!.value < 0.02 && c!.repetition!.value > 0.95);
  assert.equal([a!.repetition!.value, b!.repetition!.value], [0, 0]);
  assert.is(c!['answer-length']!.value, 40);
  assert.is(a!['distinct-1']!.value, new Set(good.join('')).size / good.join('').length);
  assert.is(diversity(['', '']).repetition!.value, 0);
});

const key: KnownFact[] = ['人', '天'].map((subject) => ({
  relation: 'r',
  subject,
  answer: subject === '人' ? '大' : '小',
  accepted: [`${subject}是${subject === '人' ? '大' : '小'}的。`],
  questions: [`${subject}怎么样？`],
}));

test('a model before the judge: one right answer of two; what is not in the key is not asked', async () => {
  const questions = [...key.flatMap((fact) => fact.questions), '你好'];
  const answers = await judgeModel(saying('人是大的。'), tokenizer, { key, questions });
  assert.equal(
    answers.map(({ text, finished, verdict }) => [text, finished, verdict.fact]),
    [
      ['人是大的。', true, 1],
      ['人是大的。', true, 0],
    ],
  );
  const results = judgeResults(answers);
  assert.equal([results['judge-fact']!.value, results['judge-fact']!.n], [0.5, 2]);
  assert.is(results['judge-score']!.value, (1 + 0.6 - (answers[1]!.verdict.stop === 0 ? 0.2 : 0)) / 2);
});

test('an answer without an end is cut off, and the judge is told', async () => {
  const answers = await judgeModel(liking({ 大: 9 }, 40), tokenizer, { key, questions: ['人怎么样？'] });
  assert.is(answers[0]!.finished, false);
  assert.is(answers[0]!.verdict.stop, 0);
});

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
