/** Win rates of answers whose scores are given. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { JudgedAnswer } from '../../src/evaluation/judged-answers.ts';
import { winRate } from '../../src/evaluation/win-rate.ts';

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

test.run();
