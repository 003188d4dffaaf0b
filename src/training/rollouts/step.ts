/**
 * One step of reinforcement learning, for the training loop.
 *
 *   draw answers -> score each -> observe -> credit every token -> a few passes of clipped updates -> adapt the price of
 *     divergence
 *
 * What is drawn in a step depends on the weights, the seed and the step number alone, so a resumed run goes on as if it had never
 * stopped. A step that measured NaN, or whose policy has left the reference far behind, ends the stage before anything of it
 * reaches a checkpoint.
 */
import { answerLength } from '../../data/rows/answers.ts';
import type { EpochStream } from '../../data/rows/pairs.ts';
import type { Prompt } from '../../data/rows/prompts.ts';
import { FaultError } from '../../errors.ts';
import { turn } from '../../event-loop.ts';
import { type Rollout, rollOut } from '../../generation/rollout.ts';
import type { CausalLM } from '../../models/causal-lm.ts';
import type { Module } from '../../nn/module.ts';
import type { AdamW } from '../../optim/adamw.ts';
import type { Steps } from '../loop.ts';
import type { StageSettings } from '../settings.ts';
import type { Algorithm, RolloutSettings } from './algorithm.ts';
import { answerOf, divergenceOf, type Observed, observe } from './experience.ts';
import type { KlControl } from './kl-control.ts';
import { updateOn } from './policy-update.ts';
import type { GoldScorer, Scorer } from './rewards.ts';

export interface RolloutTask {
  readonly stage: string;
  readonly algorithm: Algorithm;
  /** What the optimizer updates: the policy, with its value head where there is one. */
  readonly trained: Module;
  readonly optimizer: AdamW;
  /** The model as SFT left it; never changes. */
  readonly reference: CausalLM;
  readonly prompts: EpochStream<Prompt>;
  readonly scorer: Scorer;
  /** Watches, and has no say; null where the data has no answer key. */
  readonly gold: GoldScorer | null;
  readonly kl: KlControl;
  readonly stopId: number;
  readonly settings: StageSettings;
  readonly rules: RolloutSettings;
  readonly seed: number;
}

/** Answers drawn at once. */
const ROLLOUT_BATCH = 128;

export function rolloutSteps(task: RolloutTask): Steps {
  const { stage, algorithm, trained, optimizer, reference, kl, settings, rules, seed } = task;
  let drawn: readonly Rollout[] = [];
  return {
    begin() {
      trained.eval(); // no dropout: ratios compare weights, not dice
    },
    async step(step, lr) {
      const { prompts, rollouts } = await drawAnswers(task, step);
      drawn = rollouts;
      const scores = await task.scorer(prompts, rollouts);
      const gold = task.gold?.(prompts, rollouts) ?? null;
      const observed: Observed[] = [];
      for (let start = 0; start < rollouts.length; start += settings.batchSize) {
        const micro = rollouts.slice(start, start + settings.batchSize).map(answerOf);
        observed.push(...(await observe(algorithm.actor, reference, micro)));
        await turn();
      }
      const measured = measure(rollouts, scores, observed, kl.coefficient);
      checkStep(stage, step, measured, rules.maxKl);

      const experience = algorithm.credit(observed, scores, kl.coefficient);
      const price = kl.coefficient;
      const options = { stage, trained, optimizer, settings, rules, price, lr, step, seed };
      const { loss, gradNorm, ...updates } = await updateOn(algorithm, experience, options);
      kl.observe(measured.kl);
      const tokens = observed.reduce((sum, { answer }) => sum + answer.ids.length, 0);
      const numbers = { loss, ...measured, ...(gold === null ? {} : { gold }), ...updates };
      return { numbers, gradNorm, tokens };
    },
    /** The numbers of a step were measured before its updates; a policy that these have ruined must not be saved either. */
    async check(done) {
      const answers = drawn.slice(0, settings.batchSize).map(answerOf);
      const seen = await observe(algorithm.actor, reference, answers);
      const divergence = seen.reduce((sum, each) => sum + divergenceOf(each).k1, 0) / seen.length;
      if (Number.isFinite(divergence) && Math.abs(divergence) <= rules.maxKl) return;
      throw new FaultError(
        `${stage}: the updates of step ${done} moved the policy ${divergence.toFixed(1)} nats per answer away from the reference, ` +
          `more than ${rules.maxKl}; the last checkpoint is intact. Start again with a lower --lr or a higher --kl-coefficient`,
      );
    },
  };
}

/** The answers of a step: each prompt as often as the algorithm wants. */
async function drawAnswers(
  { algorithm, prompts: source, stopId, rules, seed }: RolloutTask,
  step: number,
): Promise<{ prompts: Prompt[]; rollouts: Rollout[] }> {
  const { rollouts: count, maxNewTokens } = rules;
  const each = algorithm.answersPerPrompt;
  const prompts = Array.from({ length: count }, (_, i) => source.row(Math.floor((step * count + i) / each)));
  const rollouts: Rollout[] = [];
  for (let start = 0; start < count; start += ROLLOUT_BATCH) {
    const batch = prompts.slice(start, start + ROLLOUT_BATCH).map(({ ids }) => ids);
    const first = step * count + start;
    rollouts.push(...(await rollOut(algorithm.actor.policy, batch, { maxNewTokens, stopId, seed, first })));
    await turn();
  }
  return { prompts, rollouts };
}

/** What a step is watched by. Divergences are nats per answer, the entropy nats per token. */
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

function checkStep(stage: string, step: number, { kl, klK3, score }: StepMeasures, maxKl: number): void {
  const broken = ![kl, klK3, score].every(Number.isFinite);
  if (!broken && kl <= maxKl) return;
  const what = broken
    ? `score ${score} and divergence ${kl} are not both numbers`
    : `the divergence from the reference is ${kl.toFixed(1)} nats per answer, more than ${maxKl}`;
  throw new FaultError(
    `${stage}: at step ${step + 1} ${what}; the last checkpoint is intact. ` +
      'Start again with a lower --lr or a higher --kl-coefficient',
  );
}
