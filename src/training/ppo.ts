/**
 * Stage 4a, reinforcement learning: draw answers, score them, make good ones likelier. PPO, or GRPO without a value head.
 *
 *   for each step:  draw answers -> score their ends -> advantages -> a few passes of clipped updates -> adapt the price of divergence
 *
 * What is drawn in a step depends on seed and step number alone, so a resumed run goes on as if it had never stopped. A step whose numbers are
 * no numbers, or whose policy has left the reference far behind, ends the stage before anything of it reaches a checkpoint.
 */
import { answerLength } from '../data/rows/answers.ts';
import type { EpochStream } from '../data/rows/pairs.ts';
import type { Prompt } from '../data/rows/prompts.ts';
import { FaultError } from '../errors.ts';
import { turn } from '../event-loop.ts';
import { type Rollout, rollOut } from '../generation/rollout.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { PolicyWithValue } from '../models/value-head.ts';
import type { AdamW } from '../optim/adamw.ts';
import { learningRateAt } from '../optim/schedule.ts';
import type { AlignmentSettings } from './alignment-settings.ts';
import type { GoldScorer, Scorer } from './answer-rewards.ts';
import {
  answerOf,
  divergenceOf,
  grpoExperience,
  type Observed,
  observe,
  ppoExperience,
} from './experience.ts';
import type { KlControl } from './kl-control.ts';
import type { LoopHooks } from './loop.ts';
import { updateOn } from './policy-update.ts';
import type { StageSettings } from './settings.ts';

export interface PpoStage {
  readonly actor: PolicyWithValue;
  /** The model as SFT left it; never changes. */
  readonly reference: CausalLM;
  readonly prompts: EpochStream<Prompt>;
  readonly scorer: Scorer;
  /** Watches, and has no say; null where the data has no answer key. */
  readonly gold: GoldScorer | null;
  readonly stopId: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

/** Answers drawn at once. */
const ROLLOUT_BATCH = 64;

/** Train from `startStep` to `steps`; returns the number of steps made. */
export async function ppoLoop(
  stage: PpoStage,
  optimizer: AdamW,
  kl: KlControl,
  settings: StageSettings,
  alignment: AlignmentSettings,
  { startStep, steps }: { readonly startStep: number; readonly steps: number },
  hooks: LoopHooks,
): Promise<number> {
  const schedule = { ...settings, kind: settings.schedule, steps };
  stage.actor.eval(); // no dropout: ratios compare weights, not dice
  for (let step = startStep; step < steps; step++) {
    const began = performance.now();
    const { prompts, rollouts } = await drawAnswers(stage, alignment, step);
    const scores = await stage.scorer(prompts, rollouts);
    const gold = stage.gold?.(prompts, rollouts) ?? null;
    const observed: Observed[] = [];
    for (let start = 0; start < rollouts.length; start += settings.batchSize) {
      const micro = rollouts.slice(start, start + settings.batchSize).map(answerOf);
      observed.push(...(await observe(stage.actor, stage.reference, micro)));
      await turn();
    }
    const measured = measure(rollouts, scores, observed, kl.coefficient);
    checkStep(step, measured, alignment);
    const experience =
      alignment.algorithm === 'grpo'
        ? grpoExperience(observed, scores, alignment.groupSize)
        : ppoExperience(observed, scores, kl.coefficient, alignment);
    const lr = learningRateAt(step, schedule);
    const { loss, gradNorm, ...updates } = await updateOn(stage.actor, experience, optimizer, {
      settings,
      alignment,
      klCoefficient: kl.coefficient,
      lr,
      step,
      seed: stage.seed,
    });
    kl.observe(measured.kl);

    const done = step + 1;
    const last = done === steps;
    const tokens = observed.reduce((sum, { answer }) => sum + answer.ids.length, 0);
    const tokensPerSecond = tokens / ((performance.now() - began) / 1000);
    const parts = { ...measured, ...(gold === null ? {} : { gold }), ...updates };
    hooks.onStep({ stage: 'ppo', step: done, loss, lr, gradNorm, tokensPerSecond, parts }, true);
    await turn();
    const stopping = hooks.shouldStop();
    if (last || stopping || done % settings.saveEvery === 0) {
      await checkUpdated(stage, rollouts, settings.batchSize, done, alignment);
      await hooks.save(done);
    }
    if (stopping) return done;
  }
  return Math.max(startStep, steps);
}

/** The answers of a step: each prompt once (PPO), or as often as a group is large (GRPO). */
async function drawAnswers(
  { actor, prompts: source, stopId, maxNewTokens, seed }: PpoStage,
  { algorithm, rollouts: count, groupSize }: AlignmentSettings,
  step: number,
): Promise<{ prompts: Prompt[]; rollouts: Rollout[] }> {
  const size = algorithm === 'grpo' ? groupSize : 1;
  const prompts = Array.from({ length: count }, (_, i) => source.row(Math.floor((step * count + i) / size)));
  const rollouts: Rollout[] = [];
  for (let start = 0; start < count; start += ROLLOUT_BATCH) {
    const batch = prompts.slice(start, start + ROLLOUT_BATCH).map(({ ids }) => ids);
    const first = step * count + start;
    rollouts.push(...(await rollOut(actor.policy, batch, { maxNewTokens, stopId, seed, first })));
    await turn();
  }
  return { prompts, rollouts };
}

/** What a step is watched by. Divergences are nats an answer, the entropy nats a token. */
export interface StepMeasures {
  readonly score: number;
  /** The score less the price of divergence. */
  readonly reward: number;
  readonly kl: number;
  readonly klK3: number;
  readonly klCoefficient: number;
  readonly entropy: number;
  readonly answerTokens: number;
  /** Share of answers that the limit cut off. */
  readonly cutOff: number;
}

function measure(
  rollouts: readonly Rollout[],
  scores: readonly number[],
  observed: readonly Observed[],
  klCoefficient: number,
): StepMeasures & Record<string, number> {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const divergences = observed.map(divergenceOf);
  const kl = mean(divergences.map(({ k1 }) => k1));
  const score = mean(scores);
  return {
    score,
    reward: score - klCoefficient * kl,
    kl,
    klK3: mean(divergences.map(({ k3 }) => k3)),
    klCoefficient,
    entropy: mean(observed.flatMap(({ entropies }) => Array.from(entropies))),
    answerTokens: mean(observed.map(({ answer }) => answerLength(answer))),
    cutOff: mean(rollouts.map(({ finished }) => (finished ? 0 : 1))),
  };
}

/** The numbers of a step were measured before its updates; a policy that these have ruined must not reach a checkpoint either. */
async function checkUpdated(
  { actor, reference }: PpoStage,
  rollouts: readonly Rollout[],
  batchSize: number,
  done: number,
  { maxKl }: AlignmentSettings,
): Promise<void> {
  const seen = await observe(actor, reference, rollouts.slice(0, batchSize).map(answerOf));
  const kl = seen.reduce((sum, each) => sum + divergenceOf(each).k1, 0) / seen.length;
  if (Number.isFinite(kl) && Math.abs(kl) <= maxKl) return;
  throw new FaultError(
    `ppo: the updates of step ${done} moved the policy ${kl.toFixed(1)} nats an answer away from the reference, more than ${maxKl}; ` +
      'the last checkpoint is intact. Start again with a lower --lr or a higher --kl-coefficient',
  );
}

function checkStep(step: number, { kl, klK3, score }: StepMeasures, { maxKl }: AlignmentSettings): void {
  const broken = ![kl, klK3, score].every(Number.isFinite);
  if (!broken && kl <= maxKl) return;
  const what = broken
    ? `score ${score} and divergence ${kl} are not both numbers`
    : `the divergence from the reference is ${kl.toFixed(1)} nats an answer, more than ${maxKl}`;
  throw new FaultError(
    `ppo: at step ${step + 1} ${what}; the last checkpoint is intact. ` +
      'Start again with a lower --lr or a higher --kl-coefficient',
  );
}
