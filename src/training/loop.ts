/**
 * The training loop, the same for every stage.
 *
 *   for each step:  gradients of the micro-batches add up  ->  clip  ->  AdamW at the scheduled rate  ->  log, evaluate, save
 *
 * What a batch is and what its loss is comes from the stage. Which rows a step uses depends on the step number alone, so a resumed
 * run goes on as if it had never stopped. A NaN ends the stage before it reaches a checkpoint.
 */
import { countTargets, type Row, type RowStream } from '../data/rows.ts';
import { FaultError } from '../errors.ts';
import { turn } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { AdamW } from '../optim/adamw.ts';
import { clipFactor, gradientNorm } from '../optim/clip.ts';
import { learningRateAt } from '../optim/schedule.ts';
import { noGrad, scope, type Tensor } from '../tensor/index.ts';
import { type Batch, toBatch } from './batch.ts';
import type { StageSettings } from './settings.ts';

/** What makes a stage: its data and its loss. */
export interface Objective {
  readonly stage: string;
  readonly model: CausalLM;
  readonly rows: RowStream;
  /** Rows never trained on, for the held-out loss; may be empty. */
  readonly heldOut: readonly Row[];
  /** Loss of a micro-batch, divided by the number of targets of the whole step. */
  loss(batch: Batch, totalTargets: number): Tensor;
}

/** One line of metrics.jsonl. */
export interface StepMetrics {
  readonly stage: string;
  readonly step: number;
  readonly loss: number;
  readonly lr: number;
  readonly gradNorm: number;
  readonly tokensPerSecond: number;
  readonly heldOutLoss?: number;
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
export async function trainingLoop(
  objective: Objective,
  optimizer: AdamW,
  settings: StageSettings,
  { startStep, steps }: { startStep: number; steps: number },
  hooks: LoopHooks,
): Promise<number> {
  const { model, stage } = objective;
  const rowsPerStep = settings.batchSize * settings.gradAccum;
  const schedule = { ...settings, kind: settings.schedule, steps };
  let lossSum = 0;
  let lossCount = 0;
  model.train();
  model.model.checkpointing = settings.activationCheckpointing;
  for (let step = startStep; step < steps; step++) {
    const began = performance.now();
    const rows = Array.from({ length: rowsPerStep }, (_, i) => objective.rows.row(step * rowsPerStep + i));
    const loss = await accumulate(objective, rows, settings.batchSize);
    const gradNorm = await readNumber(() => gradientNorm(model));
    checkFinite(stage, step, loss, gradNorm);
    const lr = learningRateAt(step, schedule);
    scope(() => optimizer.update(lr, clipFactor(gradNorm, settings.gradClip)));
    model.zeroGrad();

    lossSum += loss;
    lossCount++;
    const done = step + 1;
    const last = done === steps;
    const seconds = (performance.now() - began) / 1000;
    const logged = last || done % settings.logEvery === 0;
    const evaluates = objective.heldOut.length > 0 && (last || done % settings.evaluateEvery === 0);
    const metrics: StepMetrics = {
      stage,
      step: done,
      loss: lossSum / lossCount,
      lr,
      gradNorm,
      tokensPerSecond: (rowsPerStep * rows[0]!.inputs.length) / seconds,
      ...(evaluates ? { heldOutLoss: await heldOutLoss(objective, settings.batchSize) } : {}),
    };
    hooks.onStep(metrics, logged || evaluates);
    if (logged) {
      lossSum = 0;
      lossCount = 0;
    }
    await turn();
    const stopping = hooks.shouldStop();
    if (last || stopping || done % settings.saveEvery === 0) await hooks.save(done);
    if (stopping) return done;
  }
  return Math.max(startStep, steps);
}

/** Gradients of all rows, micro-batch by micro-batch; returns the mean loss over their targets. */
async function accumulate(objective: Objective, rows: readonly Row[], batchSize: number): Promise<number> {
  const total = rows.reduce((sum, row) => sum + countTargets(row), 0);
  if (total === 0) return 0;
  let loss = 0;
  for (let start = 0; start < rows.length; start += batchSize) {
    const micro = rows.slice(start, start + batchSize);
    if (micro.every((row) => countTargets(row) === 0)) continue;
    loss += await readNumber(() => {
      const part = objective.loss(toBatch(micro), total);
      part.backward();
      return part.detach();
    });
  }
  return loss;
}

/** Mean loss over the targets of the held-out rows. */
export async function heldOutLoss(
  { model, heldOut, loss }: Pick<Objective, 'model' | 'heldOut' | 'loss'>,
  batchSize: number,
): Promise<number> {
  const wasTraining = model.training;
  model.eval();
  const total = heldOut.reduce((sum, row) => sum + countTargets(row), 0);
  let mean = 0;
  for (let start = 0; start < heldOut.length; start += batchSize) {
    const rows = heldOut.slice(start, start + batchSize);
    if (rows.some((row) => countTargets(row) > 0))
      mean += await readNumber(() => noGrad(() => loss(toBatch(rows), total)));
  }
  if (wasTraining) model.train();
  return mean;
}

/** Run a computation in a scope and read its one number; works where reading is asynchronous. */
async function readNumber(compute: () => Tensor): Promise<number> {
  const result = scope(compute);
  const [value] = await result.read();
  result.dispose();
  return value!;
}

function checkFinite(stage: string, step: number, loss: number, gradNorm: number): void {
  if (Number.isFinite(loss) && Number.isFinite(gradNorm)) return;
  const what = Number.isFinite(loss) ? `gradient norm is ${gradNorm}` : `loss is ${loss}`;
  throw new FaultError(
    `${stage}: the ${what} at step ${step + 1}; the last checkpoint is intact. ` +
      'Start again with a lower --lr or a longer --warmup (withAnomalyMode in src/tensor names the op that broke)',
  );
}
