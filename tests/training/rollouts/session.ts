/** Reinforcement learning in small: sixteen answers per step, whose score is their brevity. */
import { EpochStream } from '../../../src/data/rows/pairs.ts';
import { valuesOf } from '../../../src/knobs.ts';
import { PolicyWithValue } from '../../../src/models/value-head.ts';
import { AdamW } from '../../../src/optim/adamw.ts';
import { type StepMetrics, trainingLoop } from '../../../src/training/loop.ts';
import { KlControl } from '../../../src/training/rollouts/kl-control.ts';
import type { GoldScorer, Scorer } from '../../../src/training/rollouts/rewards.ts';
import { rolloutSteps } from '../../../src/training/rollouts/step.ts';
import type { StageSettings } from '../../../src/training/settings.ts';
import { type GrpoSettings, grpoAlgorithm, grpoKnobs } from '../../../src/training/stages/grpo.ts';
import { type PpoSettings, ppoAlgorithm, ppoKnobs } from '../../../src/training/stages/ppo.ts';
import { fastSettings, prompts } from '../alignment.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../tiny.ts';

/** Rewards short answers: easy to learn, and to see. */
const brief: Scorer = async (_, rollouts) => rollouts.map(({ answer }) => -answer.length);

export interface Ppo {
  readonly name?: 'ppo' | 'grpo';
  readonly alignment?: Partial<PpoSettings & GrpoSettings>;
  readonly scorer?: Scorer;
  readonly gold?: GoldScorer | null;
  readonly settings?: Partial<StageSettings>;
  readonly dropout?: number;
}

export function ppoSession({
  name = 'ppo',
  alignment = {},
  scorer = brief,
  gold = null,
  settings: changes = {},
  dropout = 0,
}: Ppo = {}) {
  const settings = fastSettings({ learningRate: 3e-3, batchSize: 8, ...changes });
  const small = { rollouts: 16, groupSize: 4, maxNewTokens: 12, klCoefficient: 0.02 };
  const rules = valuesOf({ ...ppoKnobs, ...grpoKnobs }, small, alignment);
  const model = tinyModel({ attentionDropout: dropout });
  const actor = new PolicyWithValue(model);
  const { algorithm, trained } =
    name === 'ppo'
      ? { algorithm: ppoAlgorithm(actor, rules), trained: actor }
      : { algorithm: grpoAlgorithm(model, rules), trained: model };
  const optimizer = new AdamW(trained, settings);
  const kl = new KlControl(rules.klCoefficient, rules.klTarget);
  const task = {
    ...{ stage: name, algorithm, trained, optimizer, scorer, gold, kl, settings, rules, seed: 5 },
    reference: tinyModel().freeze(),
    prompts: new EpochStream(prompts, { seed: 1, shuffle: true }),
    stopId: tokenizer.eosId,
  };
  const saved: number[] = [];
  const run = async (startStep: number, steps: number) => {
    const lines: StepMetrics[] = [];
    const hooks = {
      onStep: (line: StepMetrics) => void lines.push(line),
      save: async (step: number) => void saved.push(step),
      shouldStop: () => false,
    };
    await trainingLoop(rolloutSteps(task), settings, { stage: name, startStep, steps }, hooks);
    return { lines };
  };
  return { actor, optimizer, kl, run, saved, task };
}
