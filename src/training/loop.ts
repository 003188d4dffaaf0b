/**
 * The training loop, the same for every stage.
 *
 *   for each step:  the stage's update at the scheduled rate  ->  log  ->  held-out numbers  ->  save
 *
 * What an update is comes from the stage: a mean loss over rows or pairs (supervised.ts), or answers drawn and learned from
 * (rollouts/step.ts). Whatever a step uses depends on its number alone, so a resumed run goes on as if it had never stopped.
 */
import { turn } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { RewardModel } from '../models/reward-model.ts';
import type { Module } from '../nn/module.ts';
import type { AdamW } from '../optim/adamw.ts';
import { learningRateAt } from '../optim/schedule.ts';
import type { Random } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { Means, type Numbers, type Pending } from './numbers.ts';
import type { StageSettings } from './settings.ts';
import type { TimePlan } from './time-plan.ts';

/** One update made. */
export interface StepResult {
  /** The loss and what else was measured, by name. */
  readonly numbers: Numbers;
  readonly gradNorm: number;
  /** Tokens read, for the speed. */
  readonly tokens: number;
}

/** How a stage learns: what the loop calls. */
export interface Steps {
  /** Before the first step: training mode. */
  begin?(): void;
  /** Update number `step` = 0, 1, 2, ... at this learning rate. */
  step(step: number, learningRate: number): Promise<StepResult>;
  /** The same numbers on data never trained on; absent where there is none. What `rest` throws between two batches ends it. */
  heldOut?(rest?: () => Promise<void>): Promise<Numbers>;
  /** Throws if the model is not worth saving; called before each checkpoint. */
  check?(done: number): Promise<void>;
}

/** A stage ready to train: its steps, and everything a checkpoint of it holds. */
export interface Training extends Steps {
  readonly model: CausalLM | RewardModel;
  readonly tokenizer: Tokenizer;
  readonly optimizer: AdamW;
  readonly random: Random;
  /** Updates in the whole stage. */
  readonly steps: number;
  /** SHA-256 of what it learns from. */
  readonly fingerprint: string;
  readonly extra?: ExtraState;
  /** What to say once it is finished. */
  summary?(): Promise<string | null>;
}

/** State beside model and optimizer that a resumed run needs back. */
export interface ExtraState {
  /** Modules by the name of their file. */
  readonly modules?: Readonly<Record<string, Module>>;
  numbers?(): Readonly<Record<string, number>>;
  restore?(numbers: Readonly<Record<string, number>>): void;
}

/** How an update went, beside what it measured. */
export interface Update {
  readonly lr: number;
  readonly gradNorm: number;
  readonly tokensPerSecond: number;
}

/** One line of metrics.jsonl. */
export interface StepMetrics extends Update {
  readonly stage: string;
  readonly step: number;
  readonly loss: number;
  readonly heldOutLoss?: number;
  /** What else the stage measures, by name. */
  readonly parts?: Readonly<Record<string, number>>;
}

export interface LoopHooks {
  /** After every step; `logged` is set at the steps that go into metrics.jsonl. */
  onStep(metrics: StepMetrics, logged: boolean): void;
  /**
   * Store everything needed to continue after `step` updates: what the next line of metrics is the mean of, and where the line of
   * this step had to wait for the rest of its held-out numbers, the update it is about.
   */
  save(step: number, pending: Pending, unreported: Update | null): Promise<void>;
  /** The plan has counted the steps; called before they are saved. */
  onPlan?(steps: number, done: number): void;
  /** After the line of a step: whatever else is to be seen of the model as it is now. */
  onMoment?(step: number, steps: number): Promise<void>;
  /** True when the user asked to stop: the loop saves and returns. */
  shouldStop(): boolean;
}

export interface Span {
  readonly stage: string;
  readonly startStep: number;
  readonly steps: number;
  /** Counts the steps, in place of `steps`, once it has seen some of them. */
  readonly plan?: TimePlan | null;
  /** What the checkpoint of `startStep` was saved with. */
  readonly pending?: Pending | undefined;
  readonly unreported?: Update | null | undefined;
}

/** These are all logged: whether a warm-up is missing, or the loss does not start where it should, shows only here. */
const FIRST_STEPS = 10;

/** While they are being counted: so many that the schedule does not feel its end. */
const UNKNOWN_STEPS = 1e9;

/** Train from `startStep` to `steps`. Returns the number of updates made: less than `steps` if the user stopped it. */
export async function trainingLoop(
  training: Steps,
  settings: StageSettings,
  { stage, startStep, steps: given, plan = null, pending, unreported }: Span,
  hooks: LoopHooks,
): Promise<number> {
  let steps = plan === null ? given : UNKNOWN_STEPS;
  const since = new Means(pending);
  const enough = new Error('the user asked to stop');
  const rest = async () => {
    await turn();
    if (hooks.shouldStop()) throw enough;
  };

  /** The line of a step. False if the user asked to stop before its held-out numbers were there. */
  const report = async (done: number, update: Update): Promise<boolean> => {
    const last = done === steps;
    const logged = last || done <= FIRST_STEPS || done % settings.logEvery === 0;
    const evaluates = training.heldOut !== undefined && (last || done % settings.evaluateEvery === 0);
    let heldOut: Numbers | null = null;
    try {
      if (evaluates) heldOut = await training.heldOut!(rest);
    } catch (error) {
      if (error === enough) return false;
      throw error;
    }
    const { loss, ...parts } = since.means();
    const metrics: StepMetrics = {
      ...{ stage, step: done, loss: loss!, ...update },
      ...(heldOut === null ? {} : { heldOutLoss: heldOut.loss }),
      ...(Object.keys(parts).length === 0 ? {} : { parts: { ...parts, ...heldOutParts(heldOut) } }),
    };
    hooks.onStep(metrics, logged || evaluates);
    if (logged) since.clear();
    return true;
  };

  training.begin?.();
  if (unreported) {
    if (!(await report(startStep, unreported))) return startStep;
    await hooks.save(startStep, since.pending(), null);
  }
  for (let step = startStep; step < steps; step++) {
    const began = performance.now();
    const lr = learningRateAt(step, { ...settings, kind: settings.schedule, steps });
    const { numbers, gradNorm, tokens } = await training.step(step, lr);
    const seconds = (performance.now() - began) / 1000;
    const update = { lr, gradNorm, tokensPerSecond: tokens / seconds };

    since.add(numbers);
    const done = step + 1;
    if (plan !== null && steps === UNKNOWN_STEPS) {
      const planned = plan.after(seconds, done % settings.saveEvery === 0 || hooks.shouldStop());
      if (planned !== null) {
        steps = planned;
        hooks.onPlan?.(steps, done);
      }
    }
    const isReported = await report(done, update);
    if (isReported) await hooks.onMoment?.(done, steps);
    await turn();
    const stopping = !isReported || hooks.shouldStop();
    if (done === steps || stopping || done % settings.saveEvery === 0) {
      await training.check?.(done);
      await hooks.save(done, since.pending(), isReported ? null : update);
    }
    if (stopping) return done;
  }
  return Math.max(startStep, steps);
}

/** `accuracy` of held-out items is `heldOutAccuracy`. */
function heldOutParts(numbers: Numbers | null): Record<string, number> {
  const parts = Object.entries(numbers ?? {}).filter(([name]) => name !== 'loss');
  return Object.fromEntries(
    parts.map(([name, value]) => [`heldOut${name[0]!.toUpperCase()}${name.slice(1)}`, value]),
  );
}
