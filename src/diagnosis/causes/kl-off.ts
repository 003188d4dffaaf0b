/**
 * Nothing holds the policy near its reference: the price of divergence is 0 or too low. The score still rises, which is all that
 * PPO sees; the divergence grows without bound, and the answers end where the reward model knows nothing (docs/over-optimisation.md).
 */
import { type Cause, type Finding, show } from './cause.ts';

export const klOff: Cause = {
  name: 'kl-off',
  find(view): Finding | null {
    if (!view.has('kl')) return null;
    const price = view.last('klCoefficient') ?? view.own('klCoefficient');
    const usualPrice = view.reference?.own.klCoefficient ?? DEFAULT_PRICE;
    const isFree = price === 0 && usualPrice !== 0;
    const off = view.deviation('kl');
    const left = view.record.failed?.includes('reference') ? view.record.failed : null;
    const gold = view.deviation('gold');
    if (!isFree && off === null && left === null) return null;
    const band = view.usualEnd('kl');
    const usual = band === null ? '' : `, usually ${show(Math.max(0, band.low))} to ${show(band.high)}`;
    const [score, first] = [view.end('score'), view.start('score')];
    return {
      says: isFree
        ? 'the KL penalty is off: divergence from the reference costs nothing'
        : 'the policy moves away from its reference more than usual: the KL penalty is too low, or the learning rate too high',
      likelihood: isFree ? 0.95 : 0.7,
      evidence: [
        `price of a nat (klCoefficient) ${show(Number(price ?? Number.NaN))}, usually ${show(Number(usualPrice))}`,
        `KL ${show(view.end('kl'))} nats per answer at the end${usual}`,
        ...(left === null ? [] : [left]),
        ...(view.has('score')
          ? [`the score of the reward model went from ${show(first)} to ${show(score)}`]
          : []),
        ...(gold === null
          ? []
          : [`the judge gives ${show(view.end('gold'))}, usually ${show(gold.low)} to ${show(gold.high)}`]),
      ],
      advice: isFree
        ? 'leave out --kl-coefficient'
        : 'a higher --kl-coefficient, --kl-target, or a lower --lr',
    };
  },
};

const DEFAULT_PRICE = 0.05;
