/**
 * What reinforcement learning needs before it can begin: a frozen reference, prompts, and something that scores answers.
 */
import { existsSync } from 'node:fs';
import { readAnswerKey } from '../../data/answer-key.ts';
import { readPreferences } from '../../data/preferences.ts';
import { EpochStream } from '../../data/rows/pairs.ts';
import { makePrompts, requirePrompts } from '../../data/rows/prompts.ts';
import { UserError } from '../../errors.ts';
import type { ValueHead } from '../../models/value-head.ts';
import type { Module } from '../../nn/module.ts';
import { AdamW } from '../../optim/adamw.ts';
import { locateDirectory } from '../../storage/atomic.ts';
import { loadModelDirectory } from '../../storage/model-directory.ts';
import { fingerprintOf } from '../checkpoint.ts';
import type { Training } from '../loop.ts';
import { preferencesOf, readPairs } from '../pair-data.ts';
import type { CheckPlace, StagePlace } from '../stage.ts';
import type { Algorithm, RolloutSettings } from './algorithm.ts';
import { KlControl } from './kl-control.ts';
import { factScorer, goldScorer, loadReward, modelScorer, type Scorer } from './rewards.ts';
import { rolloutSteps } from './step.ts';

/** What is rewarded: the reward model's opinion, or containing the fact asked for. */
export type RewardKind = 'model' | 'fact';

export interface RewardSource {
  readonly kind: RewardKind;
  /** The stage that leaves the reward model. */
  readonly stage: string;
  /** What else can be done where there is none. */
  readonly advice?: string;
}

/** Refused before any work: no prompts, or no reward model. */
export function checkRollouts(
  name: string,
  { files, own, willHave, directoryOf }: CheckPlace<RolloutSettings>,
  { kind, stage, advice = '' }: RewardSource,
): void {
  const source = preferencesOf(files);
  requirePrompts(readPreferences(source), source);
  if (kind === 'fact' || (own.rewardFrom === null && willHave(stage))) return;
  const directory = own.rewardFrom ?? directoryOf(stage);
  if (existsSync(locateDirectory(directory))) return;
  throw new UserError(
    `The stage ${name} needs the reward model in ${directory}, which does not exist; ` +
      `run "${stage}" first or give --reward-from${advice}`,
  );
}

/** Everything but the algorithm: what to train, as the loop takes it. */
export async function prepareRollouts(
  place: StagePlace<RolloutSettings>,
  source: RewardSource,
  { algorithm, trained }: { readonly algorithm: Algorithm; readonly trained: Module },
): Promise<Training> {
  const { name, files, tokenizer, model, random, settings, own, context, seed, start, reporter } = place;
  const rules = { ...own, maxNewTokens: Math.min(own.maxNewTokens, Math.floor(context / 2)) };
  const path = preferencesOf(files);
  const { prompts, note } = makePrompts([...readPreferences(path)], tokenizer, {
    context,
    maxNewTokens: rules.maxNewTokens,
    needsFact: source.kind === 'fact',
    source: path,
  });
  reporter.note(`${name}: ${note}`);
  if (start === null) throw new UserError(`The stage ${name} has no model to start from`);
  const optimizer = new AdamW(trained, settings);
  const kl = new KlControl(rules.klCoefficient, rules.klTarget);
  const task = {
    ...{ stage: name, algorithm, trained, optimizer, kl, settings, rules, seed },
    reference: loadModelDirectory(start).model.freeze(),
    prompts: new EpochStream(prompts, { seed, shuffle: settings.shuffle }),
    scorer: source.kind === 'fact' ? factScorer(tokenizer) : await trainedScorer(place, source),
    gold: files.answerKey === null ? null : goldScorer(readAnswerKey(files.answerKey), tokenizer),
    stopId: tokenizer.eosId,
  };
  return {
    ...{ model, tokenizer, optimizer, random },
    ...rolloutSteps(task),
    steps: settings.maxSteps ?? rules.rolloutSteps,
    fingerprint: fingerprintOf(Uint32Array.from(prompts.flatMap(({ ids }) => [ids.length, ...ids]))),
    extra: stateOf(algorithm.actor.vHead, kl),
  };
}

/** What a resumed run needs back beside policy and optimizer. */
function stateOf(vHead: ValueHead | null, kl: KlControl): Training['extra'] & object {
  return {
    modules: vHead === null ? {} : { 'value_head.safetensors': vHead },
    numbers: () => ({ klCoefficient: kl.coefficient }),
    restore({ klCoefficient }) {
      if (klCoefficient !== undefined) kl.coefficient = klCoefficient;
    },
  };
}

async function trainedScorer(place: StagePlace<RolloutSettings>, { stage }: RewardSource): Promise<Scorer> {
  const { name, files, tokenizer, own, context, directoryOf, reporter } = place;
  const directory = own.rewardFrom ?? directoryOf(stage);
  const model = loadReward(directory, tokenizer, context);
  const { pairs } = readPairs({ ...files, preferencesHeldOut: null }, tokenizer, { context }, reporter);
  reporter.note(`${name}: rewards from ${directory}`);
  return modelScorer(model, pairs);
}
