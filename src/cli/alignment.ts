/**
 * The flags of alignment (reward model, DPO, PPO, GRPO), and the settings they change.
 */
import type { AlignmentSettings } from '../training/alignment-settings.ts';
import type { FlagTable, FlagValues } from './flags.ts';

export const alignmentFlags = {
  'reward-from': {
    type: 'text',
    value: 'DIR',
    help: "ppo: reward model in this directory instead of the run's own",
  },
  beta: {
    type: 'number',
    above: 0,
    max: 100,
    help: 'dpo: how strongly the policy is held to the reference',
    default: '1',
  },
  'label-smoothing': {
    type: 'number',
    min: 0,
    max: 0.49,
    help: 'dpo: share of pairs labelled the wrong way round',
    default: '0',
  },
  'dpo-loss': {
    type: 'choice',
    choices: ['sigmoid', 'ipo'],
    help: 'dpo: loss of a pair',
    default: 'sigmoid',
  },
  algorithm: {
    type: 'choice',
    choices: ['ppo', 'grpo'],
    help: 'ppo: value head, or answers compared in groups',
    default: 'ppo',
  },
  reward: {
    type: 'choice',
    choices: ['model', 'fact'],
    help: 'ppo: what earns reward (fact: grpo only)',
    default: 'model',
  },
  rollouts: {
    type: 'number',
    whole: true,
    min: 2,
    max: 65536,
    help: 'ppo: answers drawn in a step',
    default: '128',
  },
  'group-size': {
    type: 'number',
    whole: true,
    min: 2,
    max: 1024,
    help: 'grpo: answers to one question',
    default: '8',
  },
  'max-new-tokens': {
    type: 'number',
    whole: true,
    min: 1,
    max: 65536,
    help: 'ppo: longest answer',
    default: '48',
  },
  'update-epochs': {
    type: 'number',
    whole: true,
    min: 1,
    max: 100,
    help: 'ppo: passes over the answers of a step',
    default: '2',
  },
  'kl-coefficient': {
    type: 'number',
    min: 0,
    max: 100,
    help: 'ppo: price of a nat of divergence from the reference',
    default: '0.05',
  },
  'kl-target': {
    type: 'number',
    above: 0,
    help: 'ppo: adapt the price to this divergence an answer',
    default: 'fixed price',
  },
  'entropy-weight': {
    type: 'number',
    min: 0,
    max: 10,
    help: 'ppo: reward for being undecided',
    default: '0',
  },
} as const satisfies FlagTable;

/** Settings that were given, and nothing else. */
export function alignmentChanges(values: FlagValues<typeof alignmentFlags>): Partial<AlignmentSettings> {
  const changes = {
    beta: values.beta,
    labelSmoothing: values['label-smoothing'],
    dpoLoss: values['dpo-loss'],
    algorithm: values.algorithm,
    reward: values.reward,
    rollouts: values.rollouts,
    groupSize: values['group-size'],
    maxNewTokens: values['max-new-tokens'],
    updateEpochs: values['update-epochs'],
    klCoefficient: values['kl-coefficient'],
    klTarget: values['kl-target'],
    entropyWeight: values['entropy-weight'],
  };
  return Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  ) as Partial<AlignmentSettings>;
}
