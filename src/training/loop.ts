/**
 * The training loop, the same for every stage.
 *
 *   for each step:  gradients of the micro-batches add up  ->  clip  ->  AdamW at the scheduled rate  ->  log, evaluate, save
 *
 * What a batch is and what its loss is comes from the stage. Which rows a step uses depends on the step number alone, so a resumed
 * run goes on as if it had never stopped. A NaN ends the stage before it reaches a checkpoint.
 */
import { countTargets, type Row } from '../data/rows/rows.ts';
import { FaultError } from '../errors.ts';
import { turn } from '../event-loop.ts';
import type { Decoder } from '../models/decoder.ts';
import type { Module } from '../nn/module.ts';
import type { AdamW } from '../optim/adamw.ts';
import { clipFactor, gradientNorm } from '../optim/clip.ts';
import { learningRateAt } from '../optim/schedule.ts';
import { noGrad, scope, stack, type Tensor } from '../tensor/index.ts';
import { type Batch, toBatch } from './batch.ts';
import { Means, type Numbers, readNumbers } from './numbers.ts';
import type { StageSettings } from './settings.ts';

/** What makes a stage: its data and its loss. An item is a row of tokens, or a pair of answers; a batch is what the loss reads. */
export interface Objective<Item = Row, Items = Batch> {
  readonly stage: string;
  readonly model: Module & { readonly model: Decoder };
  /** Item n = 0, 1, 2, ... of training. */
  readonly rows: { row(n: number): Item };
  /** Items never trained on, for the held-out loss; may be empty. */
  readonly heldOut: readonly Item[];
  /** How much an item counts in the mean loss. */
  weight(item: Item): number;
  /** Its tokens, for the speed. */
  tokens(item: Item): number;
  /** The tensors of a micro-batch, made inside the scope of its step. */
  batch(items: readonly Item[]): Items;
  /** Loss of a micro-batch, divided by the weight of the whole step; `parts` are divided alike and go into the metrics. */
  loss(batch: Items, total: number): Tensor | LossWithParts;
  /** False where policy and reference must agree to the bit: no dropout. */
  readonly dropout?: boolean;
}

export interface LossWithParts {
  readonly loss: Tensor;
  readonly parts: Readonly<Record<string, Tensor>>;
}

/** An objective over rows of tokens: every target counts once. */
export const ofRows = {
  weight: countTargets,
  tokens: (row: Row) => row.inputs.length,
  batch: toBatch,
};

/** One line of metrics.jsonl. */
export interface StepMetrics {
  readonly stage: string;
  readonly step: number;
  readonly loss: number;
  readonly lr: number;
  readonly gradNorm: number;
  readonly tokensPerSecond: number;
  readonly heldOutLoss?: number;
  /** What else the stage measures, by name. */
  readonly parts?: Readonly<Record<string, number>>;
}

export interface LoopHooks {
  /** After every step; `logged` is set at the steps that go into metrics.jsonl. */
  onStep(metrics: StepMetrics, logged: boolean): void;
  /** Store everything needed to continue after `step` updates. */
  save(step: number): Promise<void>;
  /** True when the user asked to stop (Ctrl-C): the loop saves and returns. */
  shouldStop(): boolean;
}

/** Train from `startStep` to `steps`. Returns the number of updates made: less than `steps` if the user stopped it. */
export async function trainingLoop<Item, Items>(
  objective: Objective<Item, Items>,
  optimizer: AdamW,
  settings: StageSettings,
  { startStep, steps }: { startStep: number; steps: number },
  hooks: LoopHooks,
): Promise<number> {
  const { model, stage } = objective;
  const rowsPerStep = settings.batchSize * settings.gradAccum;
  const schedule = { ...settings, kind: settings.schedule, steps };
  const since = new Means();
  if (objective.dropout ?? true) model.train();
  else model.eval();
  model.model.checkpointing = settings.activationCheckpointing;
  for (let step = startStep; step < steps; step++) {
    const began = performance.now();
    const items = Array.from({ length: rowsPerStep }, (_, i) => objective.rows.row(step * rowsPerStep + i));
    const numbers = await accumulate(objective, items, settings.batchSize);
    const lr = learningRateAt(step, schedule);
    const gradNorm = await update(stage, step, model, optimizer, {
      ...numbers,
      lr,
      gradClip: settings.gradClip,
    });

    since.add(numbers);
    const done = step + 1;
    const last = done === steps;
    const seconds = (performance.now() - began) / 1000;
    const logged = last || done % settings.logEvery === 0;
    const evaluates = objective.heldOut.length > 0 && (last || done % settings.evaluateEvery === 0);
    const heldOut = evaluates ? await heldOutNumbers(objective, settings.batchSize) : null;
    const { loss, ...parts } = since.means();
    const metrics: StepMetrics = {
      stage,
      step: done,
      loss: loss!,
      lr,
      gradNorm,
      tokensPerSecond: items.reduce((sum, item) => sum + objective.tokens(item), 0) / seconds,
      ...(heldOut === null ? {} : { heldOutLoss: heldOut.loss }),
      ...(Object.keys(parts).length === 0 ? {} : { parts: { ...parts, ...heldOutParts(heldOut) } }),
    };
    hooks.onStep(metrics, logged || evaluates);
    if (logged) since.clear();
    await turn();
    const stopping = hooks.shouldStop();
    if (last || stopping || done % settings.saveEvery === 0) await hooks.save(done);
    if (stopping) return done;
  }
  return Math.max(startStep, steps);
}

/** Gradients of all items, micro-batch by micro-batch; returns the mean loss (and parts) over their weight. */
async function accumulate<Item, Items>(
  objective: Objective<Item, Items>,
  items: readonly Item[],
  batchSize: number,
): Promise<Numbers> {
  return sumOver(objective, items, batchSize, (batch, total) => {
    const result = objective.loss(batch, total);
    lossOf(result).backward();
    return result;
  });
}

/** Mean loss over the targets of the held-out rows. */
export async function heldOutLoss<Item, Items>(
  objective: Omit<Objective<Item, Items>, 'stage' | 'rows'>,
  batchSize: number,
): Promise<number> {
  return (await heldOutNumbers(objective, batchSize)).loss;
}

async function heldOutNumbers<Item, Items>(
  objective: Omit<Objective<Item, Items>, 'stage' | 'rows'>,
  batchSize: number,
): Promise<Numbers> {
  const { model, heldOut } = objective;
  const wasTraining = model.training;
  model.eval();
  const numbers = await sumOver(objective, heldOut, batchSize, (batch, total) =>
    noGrad(() => objective.loss(batch, total)),
  );
  if (wasTraining) model.train();
  return numbers;
}

/** `accuracy` of held-out items is `heldOutAccuracy`. */
function heldOutParts(numbers: Numbers | null): Record<string, number> {
  const parts = Object.entries(numbers ?? {}).filter(([name]) => name !== 'loss');
  return Object.fromEntries(
    parts.map(([name, value]) => [`heldOut${name[0]!.toUpperCase()}${name.slice(1)}`, value]),
  );
}

/** Loss and parts of all items, added up over micro-batches of those that count at all. */
async function sumOver<Item, Items>(
  { weight, batch }: Pick<Objective<Item, Items>, 'weight' | 'batch'>,
  items: readonly Item[],
  batchSize: number,
  compute: (batch: Items, total: number) => Tensor | LossWithParts,
): Promise<Numbers> {
  const total = items.reduce((sum, item) => sum + weight(item), 0);
  const sums: { loss: number } & Record<string, number> = { loss: 0 };
  for (let start = 0; start < items.length; start += batchSize) {
    const micro = items.slice(start, start + batchSize);
    if (micro.every((item) => weight(item) === 0)) continue;
    let names: string[] = [];
    const values = await readNumbers(() => {
      const result = compute(batch(micro), total);
      const parts = 'parts' in result ? Object.entries(result.parts) : [];
      names = ['loss', ...parts.map(([name]) => name)];
      return noGrad(() => stack([lossOf(result), ...parts.map(([, part]) => part)]));
    });
    for (const [i, name] of names.entries()) sums[name] = (sums[name] ?? 0) + values[i]!;
  }
  return sums;
}

function lossOf(result: Tensor | LossWithParts): Tensor {
  return 'parts' in result ? result.loss : result;
}

/** Clip, check and apply the gradients that `backward()` left; returns their norm. */
export async function update(
  stage: string,
  step: number,
  model: Module,
  optimizer: AdamW,
  { loss, lr, gradClip }: { readonly loss: number; readonly lr: number; readonly gradClip: number },
): Promise<number> {
  const gradNorm = (await readNumbers(() => gradientNorm(model).reshape([1])))[0]!;
  checkFinite(stage, step, loss, gradNorm);
  scope(() => optimizer.update(lr, clipFactor(gradNorm, gradClip)));
  model.zeroGrad();
  return gradNorm;
}

function checkFinite(stage: string, step: number, loss: number, gradNorm: number): void {
  if (Number.isFinite(loss) && Number.isFinite(gradNorm)) return;
  const what = Number.isFinite(loss) ? `gradient norm is ${gradNorm}` : `loss is ${loss}`;
  throw new FaultError(
    `${stage}: the ${what} at step ${step + 1}; the last checkpoint is intact. ` +
      'Start again with a lower --lr or a longer --warmup (withAnomalyMode in src/tensor names the op that broke)',
  );
}
