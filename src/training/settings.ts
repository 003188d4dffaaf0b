/**
 * The knobs of training itself, the same for all stages: how long, how fast, how much at a time, when to save. (Reinforcement
 * learning counts its steps in rollouts and has no use for epochs and packing.)
 *
 * One dial, the preset, sets them all: each stage names what differs from these defaults for each size (smaller models want
 * larger learning rates and fewer tokens in a batch; found by trial on the shipped corpus, docs/log.md). Flags change single
 * values.
 */
import { type KnobTable, type ValuesOf, valuesOf } from '../knobs.ts';

export const frameKnobs = {
  epochs: { type: 'number', whole: true, min: 1, default: 1, help: 'passes over the data in each stage' },
  maxSteps: {
    ...{ type: 'number', whole: true, min: 1, default: null, absent: 'no limit' },
    help: 'at most this many updates in each stage',
  },
  batchSize: { type: 'number', whole: true, min: 1, max: 65536, default: 16, help: 'rows in a micro-batch' },
  gradAccum: {
    ...{ type: 'number', whole: true, min: 1, max: 65536, default: 1 },
    help: 'micro-batches whose gradients add up to one update',
  },
  learningRate: {
    type: 'number',
    above: 0,
    max: 10,
    default: 3e-3,
    flag: 'lr',
    help: 'highest learning rate',
  },
  schedule: {
    type: 'choice',
    choices: ['cosine', 'cooldown', 'constant'],
    default: 'cosine',
    help: 'learning rate after the warm-up',
  },
  warmup: {
    type: 'number',
    whole: true,
    min: 0,
    default: 20,
    help: 'steps until the learning rate is at its highest',
  },
  cooldown: {
    ...{ type: 'number', min: 0, max: 1, default: 0.3 },
    help: 'share of the steps in which --schedule cooldown lowers the learning rate',
  },
  finalShare: {
    ...{ type: 'number', min: 0, max: 1, default: 0.1 },
    help: 'learning rate at the end, as a share of the highest',
  },
  weightDecay: { type: 'number', min: 0, max: 10, default: 0.1, help: 'decay of the weight matrices' },
  decayEmbeddings: { type: 'boolean', default: false, help: 'also decay the embedding table' },
  beta1: { type: 'number', min: 0, max: 0.9999, default: 0.9, help: 'AdamW: memory of the mean gradient' },
  beta2: { type: 'number', min: 0, max: 0.99999, default: 0.95, help: 'AdamW: memory of the mean square' },
  eps: {
    type: 'number',
    above: 0,
    max: 1,
    default: 1e-8,
    help: 'AdamW: added to the root of the mean square',
  },
  gradClip: { type: 'number', min: 0, default: 1, help: 'longest gradient, 0 for no limit' },
  activationCheckpointing: {
    ...{ type: 'boolean', default: false },
    help: 'less memory: compute activations again for the gradient',
  },
  shuffle: { type: 'boolean', default: true, flag: 'no-shuffle', help: 'keep the order of the data' },
  packing: {
    type: 'choice',
    choices: ['isolated', 'shared'],
    default: 'isolated',
    help: 'may documents in one row see each other',
  },
  saveEvery: { type: 'number', whole: true, min: 1, default: 100, help: 'steps between checkpoints' },
  logEvery: {
    type: 'number',
    whole: true,
    min: 1,
    default: 10,
    help: 'steps between lines of metrics.jsonl',
  },
  evaluateEvery: { type: 'number', whole: true, min: 1, default: 100, help: 'steps between held-out losses' },
} as const satisfies KnobTable;

export type StageSettings = ValuesOf<typeof frameKnobs>;

/** The default settings with the given changes on top. */
export function stageSettings(...changes: readonly Partial<StageSettings>[]): StageSettings {
  return valuesOf(frameKnobs, ...changes);
}

/**
 * For the models of a laptop: the highest rate for half of the steps, then down to nothing. On the shipped world, two epochs of
 * nano, held-out bits per byte 0.678 with a cosine down to a tenth and 0.59 with this, half the batch and two thirds of the rate
 * (docs/log.md).
 */
export const coolingDown = { schedule: 'cooldown', cooldown: 0.5, finalShare: 0 } as const;

/**
 * What --quick leaves of everything: a part of the data, short rows, a small vocabulary, and enough steps to see the loss fall.
 */
export const QUICK = {
  documents: 1500,
  questions: 16,
  context: 64,
  vocabSize: 1024,
  /** Of the stages that learn a language, and of those that learn from preferences. */
  languageStage: {
    learningRate: 6e-3,
    maxSteps: 40,
    batchSize: 8,
    warmup: 5,
    saveEvery: 20,
    evaluateEvery: 40,
  },
  preferenceStage: { maxSteps: 12, warmup: 2, saveEvery: 6, evaluateEvery: 12 },
} as const;

/** Updates in the whole stage. */
export function totalSteps(settings: StageSettings, rowsInEpoch: (epoch: number) => number): number {
  let rows = 0;
  for (let epoch = 0; epoch < settings.epochs; epoch++) rows += rowsInEpoch(epoch);
  const steps = Math.max(1, Math.ceil(rows / (settings.batchSize * settings.gradAccum)));
  return settings.maxSteps === null ? steps : Math.min(steps, settings.maxSteps);
}
