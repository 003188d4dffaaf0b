/**
 * Win rate: how often the judge prefers a stage's answer to another stage's answer to the same question.
 *
 *   win-rate           (wins + ties / 2) / questions        guessing: half. Equal answers are ties, so two good models stay near
 *                                                           half
 *   win-rate-decided   wins / (wins + losses)               among the questions where the judge sees a difference; n counts those
 *
 * Intervals by the paired bootstrap over questions. One question cannot be resampled: its interval is open, and one decided
 * comparison (or none) is not shown as a rate.
 */
import { bootstrap } from './bootstrap.ts';
import type { Estimate } from './intervals.ts';
import type { JudgedAnswer } from './judged-answers.ts';

/** Both lists hold answers to the same questions in the same order. */
export function winRate(
  own: readonly JudgedAnswer[],
  other: readonly JudgedAnswer[],
): Record<string, Estimate> {
  const differ = own.findIndex(({ question }, i) => question !== other[i]?.question);
  if (own.length !== other.length || differ !== -1)
    throw new RangeError('winRate: both sides must have answered the same questions in the same order');
  const outcomes = own.map((answer, i) => Math.sign(answer.verdict.score - other[i]!.verdict.score));
  const wins = (signs: readonly number[]) => signs.filter((sign) => sign > 0).length;
  const losses = (signs: readonly number[]) => signs.filter((sign) => sign < 0).length;
  const all = bootstrap(outcomes, {
    statistic: (signs) => 0.5 + (wins(signs) - losses(signs)) / (2 * signs.length),
  });
  const decided = bootstrap(outcomes, {
    statistic: (signs) => wins(signs) / (wins(signs) + losses(signs)), // 0 / 0 is NaN: nothing decided
  });
  const n = wins(outcomes) + losses(outcomes);
  const open = own.length === 1 ? { low: 0, high: 1 } : {};
  return {
    ...(own.length === 0 ? {} : { 'win-rate': { ...all, ...open, chance: 0.5 } }),
    ...(n < 2 ? {} : { 'win-rate-decided': { ...decided, n, chance: 0.5 } }),
  };
}
