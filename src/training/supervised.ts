/**
 * Learning from examples: the steps of every stage whose loss is a mean over rows or pairs (and `update`, which all stages end a
 * step with).
 *
 *   gradients of the micro-batches add up  ->  clip  ->  AdamW
 *
 * A micro-batch's loss is divided by the weight of the whole step, so accumulated gradients equal those of one large batch. A NaN
 * ends the stage before it reaches a checkpoint.
 */
import { countTargets, type Row } from '../data/rows/rows.ts';
import { FaultError } from '../errors.ts';
import type { Decoder } from '../models/decoder.ts';
import type { Module } from '../nn/module.ts';
import type { AdamW } from '../optim/adamw.ts';
import { clipFactor, gradientNorm } from '../optim/clip.ts';
import { readNumbers } from '../scoring/read-numbers.ts';
import { noGrad, scope, stack, type Tensor } from '../tensor/index.ts';
import { type Batch, toBatch } from './batch.ts';
import type { Steps } from './loop.ts';
import type { Numbers } from './numbers.ts';
import type { StageSettings } from './settings.ts';

/** Data and loss of a stage. An item is a row of tokens, or a pair of answers; a batch is what the loss reads. */
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
  /** False: no dropout, as in the stages that learn from pairs (pair-data.ts). */
  readonly dropout?: boolean;
}

export interface LossWithParts {
  readonly loss: Tensor;
  /** What is learned beside the loss, and not part of it in metrics: the balance of a router. */
  readonly added?: Tensor;
  readonly parts: Readonly<Record<string, Tensor>>;
}

/** An objective over rows of tokens: every target counts once. */
export const ofRows = {
  weight: countTargets,
  tokens: (row: Row) => row.inputs.length,
  batch: toBatch,
};

/** The steps of an objective, for the loop. */
export function supervised<Item, Items>(
  objective: Objective<Item, Items>,
  optimizer: AdamW,
  settings: StageSettings,
): Steps {
  const { model, stage, heldOut, rows } = objective;
  const rowsPerStep = settings.batchSize * settings.gradAccum;
  return {
    begin() {
      if (objective.dropout ?? true) model.train();
      else model.eval();
      model.model.checkpointing = settings.activationCheckpointing;
    },
    async step(step, lr) {
      const items = Array.from({ length: rowsPerStep }, (_, i) => rows.row(step * rowsPerStep + i));
      const numbers = await accumulate(objective, items, settings.batchSize);
      const options = { loss: numbers.loss, lr, gradClip: settings.gradClip };
      const gradNorm = await update(stage, step, model, optimizer, options);
      return { numbers, gradNorm, tokens: items.reduce((sum, item) => sum + objective.tokens(item), 0) };
    },
    ...(heldOut.length === 0
      ? {}
      : {
          heldOut: (rest?: () => Promise<void>) => heldOutNumbers(objective, settings.batchSize, rest),
        }),
  };
}

/** Gradients of all items, micro-batch by micro-batch; returns the mean loss (and parts) over their weight. */
async function accumulate<Item, Items>(
  objective: Objective<Item, Items>,
  items: readonly Item[],
  batchSize: number,
): Promise<Numbers> {
  return sumOver(objective, items, batchSize, (batch, total) => {
    const result = objective.loss(batch, total);
    const added = 'parts' in result ? result.added : undefined;
    (added === undefined ? lossOf(result) : lossOf(result).add(added)).backward();
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
  rest?: () => Promise<void>,
): Promise<Numbers> {
  const { model, heldOut } = objective;
  const wasTraining = model.training;
  const compute = (batch: Items, total: number) => noGrad(() => objective.loss(batch, total));
  try {
    model.eval();
    return await sumOver(objective, heldOut, batchSize, compute, rest);
  } finally {
    if (wasTraining) model.train();
  }
}

/** Loss and parts of all items, added up over micro-batches of those that count at all. */
async function sumOver<Item, Items>(
  { weight, batch }: Pick<Objective<Item, Items>, 'weight' | 'batch'>,
  items: readonly Item[],
  batchSize: number,
  compute: (batch: Items, total: number) => Tensor | LossWithParts,
  rest?: () => Promise<void>,
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
    if (start + batchSize < items.length) await rest?.();
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
  model.afterUpdate();
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
