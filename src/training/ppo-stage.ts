/**
 * What PPO needs before it can begin: policy with value head, frozen reference, prompts, and something that scores answers.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readAnswerKey } from '../data/answer-key.ts';
import { readPreferences } from '../data/preferences.ts';
import { EpochStream } from '../data/rows/pairs.ts';
import { makePrompts, requirePrompts } from '../data/rows/prompts.ts';
import { UserError } from '../errors.ts';
import { PolicyWithValue } from '../models/value-head.ts';
import { AdamW } from '../optim/adamw.ts';
import { locateDirectory } from '../storage/atomic.ts';
import { loadModelDirectory } from '../storage/model-directory.ts';
import { factScorer, goldScorer, loadReward, modelScorer, type Scorer } from './answer-rewards.ts';
import { fingerprint } from './checkpoint.ts';
import { KlControl } from './kl-control.ts';
import { ppoLoop } from './ppo.ts';
import { readPairs } from './preference-data.ts';
import {
  alignmentOf,
  type Prepared,
  type RunContext,
  type StageContext,
  startingDirectory,
} from './stage-context.ts';

/** Where the reward model of a run is. */
function rewardDirectory({ out, settings }: RunContext): string {
  return settings.rewardFrom ?? join(out, 'reward');
}

/** Refused before any work: PPO without prompts or a reward model, or settings that contradict each other. */
export function checkPpo(run: RunContext, source: string): void {
  requirePrompts(readPreferences(source), source);
  const { reward } = alignmentOf(run.settings);
  const directory = rewardDirectory(run);
  if (reward === 'fact' || run.settings.stages.includes('reward')) return;
  if (!existsSync(locateDirectory(directory))) {
    throw new UserError(
      `The stage ppo needs the reward model in ${directory}, which does not exist; run "reward" first, give --reward-from, or use --algorithm grpo --reward fact`,
    );
  }
}

export async function preparePpo(place: StageContext): Promise<Prepared> {
  const { run, files, tokenizer, model, random, settings, context } = place;
  const { seed } = run.settings;
  const alignment = alignmentOf(run.settings);
  const maxNewTokens = Math.min(alignment.maxNewTokens, Math.floor(context / 2));
  const source = files.preferences!; // the run has checked that there is a file
  const { prompts, note } = makePrompts([...readPreferences(source)], tokenizer, {
    context,
    maxNewTokens,
    needsFact: alignment.reward === 'fact',
    source,
  });
  run.reporter.note(`ppo: ${note}`);
  const reference = loadModelDirectory(startingDirectory('ppo', run)!).model.freeze(); // PPO always starts from a model
  const actor = new PolicyWithValue(model);
  const optimizer = new AdamW(actor, settings);
  const kl = new KlControl(alignment.klCoefficient, alignment.klTarget);
  const steps = settings.maxSteps ?? alignment.rolloutSteps;
  const stage = {
    actor,
    reference,
    prompts: new EpochStream(prompts, { seed, shuffle: settings.shuffle }),
    scorer: alignment.reward === 'fact' ? factScorer(tokenizer) : await trainedScorer(place),
    gold: files.answerKey === null ? null : goldScorer(readAnswerKey(files.answerKey), tokenizer),
    stopId: tokenizer.eosId,
    maxNewTokens,
    seed,
  };
  return {
    trainer: { model, tokenizer, optimizer, random, valueHead: actor.vHead, kl },
    steps,
    data: fingerprint(Uint32Array.from(prompts.flatMap(({ ids }) => [ids.length, ...ids]))),
    train: (startStep, hooks) =>
      ppoLoop(stage, optimizer, kl, settings, alignment, { startStep, steps }, hooks),
  };
}

async function trainedScorer({ run, files, tokenizer, context }: StageContext): Promise<Scorer> {
  const directory = rewardDirectory(run);
  const model = loadReward(directory, tokenizer, context);
  const { pairs } = readPairs({ ...files, preferencesHeldOut: null }, tokenizer, { context }, run.reporter);
  run.reporter.note(`ppo: rewards from ${directory}`);
  return modelScorer(model, pairs);
}
