/** Bugs in the losses. */
import type { Area } from '../bug.ts';

export const losses: Area = {
  name: 'losses',
  tests: 'losses/ training/stages/ training/language-loss training/supervised',
  bugs: {
    'dpo-ties': {
      file: 'losses/dpo.ts',
      find: 'wins: margins.gt(0),',
      replace: 'wins: margins.ge(0),',
      breaks: 'equal rewards count as wins: accuracy 1 before the first update',
    },
    'dpo-ipo-beta': {
      file: 'losses/dpo.ts',
      find: 'h.sub(1 / (2 * beta)).square()',
      replace: 'h.sub(beta / 2).square()',
      breaks: 'IPO is right for beta 1 only',
    },
    'dpo-smoothing': {
      file: 'losses/dpo.ts',
      find: 'sub(x.neg().logSigmoid().mul(smoothing))',
      replace: 'sub(x.logSigmoid().mul(smoothing))',
      breaks: 'label smoothing does nothing',
    },
    'reward-ties': {
      file: 'losses/reward.ts',
      find: 'wins: margins.detach().gt(0)',
      replace: 'wins: margins.detach().ge(0)',
      breaks: 'equal rewards count as wins',
    },
    'reward-margin': {
      file: 'losses/reward.ts',
      find: 'margins.sub(margin).logSigmoid()',
      replace: 'margins.add(margin).logSigmoid()',
      breaks: 'the margin asks for less distance, not for more',
    },
    'gae-gamma': {
      file: 'losses/gae.ts',
      find: 'values[t]! + gamma * lambda * next',
      replace: 'values[t]! + lambda * next',
      breaks: 'later advantages are not discounted: right for gamma 1 only',
    },
    'ppo-entropy-sign': {
      file: 'losses/ppo.ts',
      find: 'acting.sub(entropies.mul(entropyWeight))',
      replace: 'acting.add(entropies.mul(entropyWeight))',
      breaks: 'being undecided is punished',
    },
    'ppo-value-clip': {
      file: 'losses/ppo.ts',
      find: 'clamp({ min: -clip, max: clip })',
      replace: 'clamp({ min: -0.2, max: 0.2 })',
      breaks: 'the value clip is the default whatever was asked for',
    },
    'grpo-beta': {
      file: 'losses/grpo.ts',
      find: 'policy.losses.add(divergences.mul(beta))',
      replace: 'policy.losses.add(divergences.mul(beta * beta))',
      breaks: 'the price of divergence is squared',
    },
    'grpo-answer-average': {
      file: 'losses/grpo.ts',
      find: '1 / (lengths.length * length), at, at + length);',
      replace: '1 / tokens, at, at + length);',
      breaks: 'averaging over answers is averaging over tokens',
    },
    'layer-losses-share': {
      file: 'losses/layer-losses.ts',
      find: '.mul((config.routerAuxLossCoef ?? 0) * share)',
      replace: '.mul(config.routerAuxLossCoef ?? 0)',
      breaks: 'the balance loss grows with the number of micro-batches',
    },
    'fused-total': {
      file: 'losses/cross-entropy.ts',
      find: 'inGroups(batch, hidden, loss).div(total)',
      replace: 'inGroups(batch, hidden, loss).div(batch.targets.size)',
      breaks: 'on the fused path a micro-batch is divided by its own targets, not by those of the step',
    },
  },
};
