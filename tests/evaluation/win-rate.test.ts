/** Win rates of answers whose scores are given. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { JudgedAnswer } from '../../src/evaluation/judged-answers.ts';
import { winRate } from '../../src/evaluation/win-rate.ts';
import { allClose } from '../close.ts';

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
  assert.not('win-rate-decided' in same, 'nothing is decided');
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

test('of no decided comparison, or one, no rate is shown; of one question the interval is open', () => {
  const tasks = (own: number[], other: number[]) => Object.keys(winRate(scored(own), scored(other)));
  assert.equal(tasks([], []), []);
  assert.equal(tasks([1, 1, 1], [1, 1, 1]), ['win-rate']);
  assert.equal(tasks([1, 1, 1], [1, 0, 1]), ['win-rate']);
  assert.equal(tasks([1, 0, 1], [0, 1, 1]), ['win-rate', 'win-rate-decided']);
  const { value, low, high, n } = winRate(scored([1]), scored([0]))['win-rate']!;
  assert.equal([value, low, high, n], [1, 0, 1, 1], 'one question won is not above half');
});

test('both sides must have answered all of the questions', () => {
  const four = scored([1, 1, 0, 0]);
  assert.throws(() => winRate(four.slice(0, 3), four), /same questions/);
  assert.throws(() => winRate(four, four.slice(0, 3)), /same questions/);
});

test('ties are half for any mixture of wins, ties and losses; swapped sides give the complement', () => {
  for (let wins = 0; wins <= 4; wins++)
    for (let losses = 0; wins + losses <= 5; losses++) {
      const signs = Array.from({ length: 6 }, (_, i) => (i < wins ? 1 : i < wins + losses ? -1 : 0));
      const [own, other] = [scored(signs.map((sign) => 0.5 + sign / 4)), scored(signs.map(() => 0.5))];
      const [ours, theirs] = [winRate(own, other), winRate(other, own)];
      allClose([ours['win-rate']!.value], [(wins + (6 - wins - losses) / 2) / 6]);
      allClose([theirs['win-rate']!.value], [1 - ours['win-rate']!.value]);
      if (wins + losses < 2) continue;
      allClose([ours['win-rate-decided']!.value], [wins / (wins + losses)]);
      assert.is(ours['win-rate-decided']!.n, wins + losses);
    }
});

test.run();
