/**
 * DPO's chosen answers lose log-probability. A little is no harm: the loss sees only the difference to the rejected ones. Much
 * means that the policy has gone where no pair tells it anything, and that third answers have won (docs/dpo-chosen.md: loss and
 * accuracy looked fine, and a third of the facts was left).
 */
import type { StageView } from '../stage-view.ts';
import { type Cause, type Finding, percent, show } from './cause.ts';

/** A fall of more nats per answer than this, and of this share of what it was, is much. */
const MUCH = 2;
const MUCH_SHARE = 0.3;

export const chosenFalls: Cause = {
  name: 'chosen-falls',
  find(view): Finding | null {
    const change = changeOf(view, 'chosen');
    const rejected = changeOf(view, 'rejected');
    if (change === null || rejected === null) return null;
    const before = Math.abs(view.start('chosenLogProb'));
    if (-change < Math.max(MUCH, MUCH_SHARE * before)) return null;
    const share = Math.exp(change);
    return {
      says: 'the log-probabilities of chosen answers fall far: other answers, which are in no pair, take their place',
      likelihood: 0.65,
      evidence: [
        `chosen answers ${signed(change)} nats, rejected ones ${signed(rejected)}; they began at ${show(-before)}`,
        `a chosen answer is ${share < 0.01 ? 'less than 1 %' : percent(share)} as likely as before`,
      ],
      advice:
        'a higher --beta (holds policy and reference together), a lower --lr, or fewer --epochs; then look at facts and win rate',
    };
  },
};

/**
 * Nats that answers of one side gained or lost since the first step; null where that is not logged. The implicit reward is beta
 * times just that, for the very pairs of a line; the log-probabilities alone are those of other pairs in each line.
 */
export function changeOf(view: StageView, side: 'chosen' | 'rejected'): number | null {
  const beta = view.own('beta');
  if (!view.has(`${side}LogProb`)) return null;
  if (view.has(`${side}Reward`) && typeof beta === 'number') return view.end(`${side}Reward`) / beta;
  return view.end(`${side}LogProb`) - view.start(`${side}LogProb`);
}

export const signed = (value: number) => `${value < 0 ? '-' : '+'}${show(Math.abs(value))}`;
