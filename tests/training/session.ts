/** A tiny model in the training loop, on rows that are easy to learn: what loop.test.ts and checkpoint.test.ts share. */
import { createHash } from 'node:crypto';
import { type Row, RowStream } from '../../src/data/rows/rows.ts';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import type { CausalLM } from '../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../src/models/config.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { Random } from '../../src/tensor/index.ts';
import { type Saved, saveCheckpoint } from '../../src/training/checkpoint.ts';
import { type StepMetrics, trainingLoop, type Update } from '../../src/training/loop.ts';
import type { Pending } from '../../src/training/numbers.ts';
import type { Origin } from '../../src/training/origin.ts';
import type { StageSettings } from '../../src/training/settings.ts';
import { type Objective, ofRows, supervised } from '../../src/training/supervised.ts';
import { tinyModel, tinySettings, tinyTokenizer } from './tiny.ts';

export const T = 8;

/** Ten rows that count in steps of their own: easy to learn. */
export const rows: Row[] = Array.from({ length: 10 }, (_, r) => {
  const at = (t: number) => 262 + ((r * 13 + t * (1 + (r % 3))) % 150);
  return {
    inputs: Int32Array.from({ length: T }, (_, t) => at(t)),
    targets: Int32Array.from({ length: T }, (_, t) => (t < r % 4 ? -100 : at(t + 1))),
    documents: Uint16Array.from({ length: T }, (_, t) => (t < 3 ? 0 : 1)),
  };
});
const stream = () => new RowStream({ rowsInEpoch: () => 10, row: (epoch, i) => rows[(i + 3 * epoch) % 10]! });

export interface Session extends Saved {
  readonly model: CausalLM;
  readonly objective: Objective;
  readonly settings: StageSettings;
}
export function session(changes: Partial<StageSettings> = {}, config: Partial<ModelConfig> = {}): Session {
  const random = new Random(11);
  const model = tinyModel(config, random);
  const settings = tinySettings(changes);
  const objective: Objective = {
    ...ofRows,
    stage: 'pretrain',
    model,
    rows: stream(),
    heldOut: [],
    loss: (batch, total) => maskedCrossEntropy(model, batch, total),
  };
  return {
    model,
    tokenizer: tinyTokenizer,
    optimizer: new AdamW(model, settings),
    random,
    objective,
    settings,
  };
}

export interface Outcome {
  readonly done: number;
  readonly lines: StepMetrics[];
  readonly logged: number[];
  readonly saved: number[];
}
export async function go(
  s: Session,
  {
    from = 0,
    steps = 6,
    stopAfter = Infinity,
    directory = '',
    pending = {} as Pending,
    unreported = null as Update | null,
    stopAtQuestion = Infinity,
  } = {},
): Promise<Outcome> {
  const lines: StepMetrics[] = [];
  const logged: number[] = [];
  const saved: number[] = [];
  let asked = 0;
  const done = await trainingLoop(
    supervised(s.objective, s.optimizer, s.settings),
    s.settings,
    { stage: s.objective.stage, startStep: from, steps, pending, unreported },
    {
      onStep(line, isLogged) {
        lines.push(line);
        if (isLogged) logged.push(line.step);
      },
      async save(step, pending, unreported) {
        saved.push(step);
        if (directory !== '') await save(s, directory, step, steps, { pending, unreported });
      },
      shouldStop: () => ++asked >= stopAtQuestion || lines.length >= stopAfter,
    },
  );
  return { done, lines, logged, saved };
}
export const save = (
  s: Session,
  directory: string,
  step: number,
  steps: number,
  kept: { pending: Pending; unreported: Update | null } = { pending: {}, unreported: null },
) => saveCheckpoint(directory, s, origin, { stage: 'pretrain', step, steps, fingerprint: 'x', ...kept });

const origin: Origin = {
  ...{ stage: 'pretrain', seed: 11, context: T, quick: false },
  ...{ settings: {}, own: {}, model: {}, from: {}, data: {} },
};

/** Everything that decides how training goes on, as one checksum. */
export function bitsOf({ model, optimizer, random }: Session): string {
  const hash = createHash('sha256');
  for (const [name, tensor] of [...model.namedParameters(), ...optimizer.state()]) {
    hash.update(name).update(Buffer.from(tensor.toArray().buffer));
  }
  return hash.update(JSON.stringify([optimizer.step, random.state()])).digest('hex');
}
