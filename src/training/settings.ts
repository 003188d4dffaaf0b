/**
 * The knobs of a training stage, and good values for each model size.
 *
 * One dial, the preset, sets everything; flags change single values. Smaller models want larger learning rates and fewer tokens a
 * batch. The values were found by trial on the shipped corpus (docs/log.md).
 */
import type { Packing } from '../data/rows/pretrain-rows.ts';

export interface StageSettings {
  /** Passes over the data; `maxSteps` may end the stage earlier. */
  readonly epochs: number;
  readonly maxSteps: number | null;
  /** Rows in a micro-batch. */
  readonly batchSize: number;
  /** Micro-batches whose gradients are added up for one update. */
  readonly gradAccum: number;
  readonly learningRate: number;
  readonly schedule: 'cosine' | 'constant';
  /** Steps of warm-up. */
  readonly warmup: number;
  /** Learning rate at the end as a share of the highest. */
  readonly finalShare: number;
  readonly weightDecay: number;
  readonly decayEmbeddings: boolean;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Longest gradient; 0 for no limit. */
  readonly gradClip: number;
  /** Keep only block inputs and compute the rest again for the gradient: less memory, one more forward pass. */
  readonly activationCheckpointing: boolean;
  readonly shuffle: boolean;
  readonly packing: Packing;
  /** Steps between checkpoints, between log lines, and between held-out losses. */
  readonly saveEvery: number;
  readonly logEvery: number;
  readonly evaluateEvery: number;
}

const common: StageSettings = {
  epochs: 1,
  maxSteps: null,
  batchSize: 16,
  gradAccum: 1,
  learningRate: 3e-3,
  schedule: 'cosine',
  warmup: 20,
  finalShare: 0.1,
  weightDecay: 0.1,
  decayEmbeddings: false,
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  gradClip: 1,
  activationCheckpointing: false,
  shuffle: true,
  packing: 'isolated',
  saveEvery: 100,
  logEvery: 10,
  evaluateEvery: 100,
};

export const trainableStages = ['pretrain', 'sft', 'reward', 'ppo', 'dpo'] as const;
export type TrainableStage = (typeof trainableStages)[number];
/** Stages that leave a model that answers, latest first. */
export const chatStages = ['ppo', 'dpo', 'sft'] as const;
type Changes = Partial<StageSettings>;

/** Alignment takes small steps from where SFT ended: no decay, which would pull the policy away from its reference. */
const alignment: Pick<Record<TrainableStage, Changes>, 'reward' | 'ppo' | 'dpo'> = {
  reward: { learningRate: 3e-4, weightDecay: 0.01, epochs: 4 },
  ppo: { learningRate: 1e-4, weightDecay: 0, schedule: 'constant', warmup: 5, saveEvery: 20, batchSize: 32 },
  dpo: { learningRate: 1e-4, weightDecay: 0, warmup: 10 },
};

const byPreset: Record<string, Record<TrainableStage, Changes>> = {
  pico: { ...alignment, pretrain: {}, sft: { epochs: 6, batchSize: 8 } },
  nano: { ...alignment, pretrain: { batchSize: 8 }, sft: { batchSize: 8, epochs: 4 } },
  micro: {
    ...alignment,
    pretrain: { learningRate: 1e-3, batchSize: 8 },
    sft: { epochs: 3, learningRate: 1e-3, batchSize: 8 },
  },
};

const quickStage: Changes = {
  learningRate: 6e-3,
  maxSteps: 40,
  batchSize: 8,
  warmup: 5,
  saveEvery: 20,
  evaluateEvery: 40,
};

/** --quick: a part of the data, short rows, a small vocabulary, and enough steps to see the loss fall. */
export const QUICK = {
  documents: 1500,
  dialogues: 600,
  questions: 16,
  context: 64,
  vocabSize: 1024,
  stage: quickStage,
  pairs: 240,
  alignmentStage: { maxSteps: 12, warmup: 2, saveEvery: 6, evaluateEvery: 12 },
  rollouts: 16,
  maxNewTokens: 24,
} as const;

/** Sizes of the reference: its learning rate and warm-up, in batches a laptop can hold. */
const large: Record<TrainableStage, Changes> = {
  pretrain: { learningRate: 3e-4, batchSize: 1, gradAccum: 16, finalShare: 0, warmup: 200 },
  sft: { learningRate: 3e-4, batchSize: 1, gradAccum: 16, finalShare: 0, warmup: 100, epochs: 3 },
  reward: { ...alignment.reward, learningRate: 1e-4, batchSize: 1, gradAccum: 16 },
  ppo: { ...alignment.ppo, learningRate: 1e-5, batchSize: 2, gradAccum: 16 },
  dpo: { ...alignment.dpo, learningRate: 1e-5, batchSize: 1, gradAccum: 16 },
};

/** Settings of a stage for a preset, with the given changes on top. */
export function stageSettings(preset: string, stage: TrainableStage, changes: Changes = {}): StageSettings {
  return { ...common, ...(byPreset[preset] ?? large)[stage], ...changes };
}

/** Updates in the whole stage. */
export function totalSteps(settings: StageSettings, rowsInEpoch: (epoch: number) => number): number {
  let rows = 0;
  for (let epoch = 0; epoch < settings.epochs; epoch++) rows += rowsInEpoch(epoch);
  const steps = Math.max(1, Math.ceil(rows / (settings.batchSize * settings.gradAccum)));
  return settings.maxSteps === null ? steps : Math.min(steps, settings.maxSteps);
}
