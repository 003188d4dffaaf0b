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
import { preferencesOf, readPairs, rehearsePairs } from '../pair-data.ts';
import type { CheckPlace, RehearsalPlace, StagePlace } from '../stage.ts';
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
  place: CheckPlace<RolloutSettings>,
  { kind, stage, advice = '' }: RewardSource,
): void {
  const { files, own, willHave } = place;
  const source = preferencesOf(files);
  requirePrompts(readPreferences(source), source);
  if (own.klTarget !== null && own.klCoefficient === 0) {
    throw new UserError(
      '--kl-target adapts the price of divergence, which --kl-coefficient 0 takes away; leave one of them out',
    );
  }
  if (kind === 'fact' || (own.rewardFrom === null && willHave(stage))) return;
  const directory = rewardDirectory(place, stage);
  if (existsSync(locateDirectory(directory))) return;
  throw new UserError(
    `The stage ${name} needs the reward model in ${directory}, which does not exist; ` +
      `run "${stage}" first or give --reward-from${advice}`,
  );
}

/** The reward model that is read, where the rewards are those of a model. */
export function rewardModelRead(
  place: CheckPlace<RolloutSettings>,
  { kind, stage }: RewardSource,
): { readonly rewards?: string } {
  return kind === 'fact' ? {} : { rewards: rewardDirectory(place, stage) };
}

function rewardDirectory({ own, directoryOf }: CheckPlace<RolloutSettings>, stage: string): string {
  return own.rewardFrom ?? directoryOf(stage);
}

/** Refuses prompts that leave no room for an answer, before anything is trained. */
export function rehearseRollouts(place: RehearsalPlace<RolloutSettings>, { kind }: RewardSource): void {
  promptsOf(place, kind);
  if (kind === 'model') rehearsePairs({ ...place.files, preferencesHeldOut: null }, place);
}

function promptsOf({ files, tokenizer, context, own }: RehearsalPlace<RolloutSettings>, kind: RewardKind) {
  const path = preferencesOf(files);
  const maxNewTokens = Math.min(own.maxNewTokens, Math.floor(context / 2));
  return makePrompts([...readPreferences(path)], tokenizer, {
    ...{ context, maxNewTokens, source: path },
    needsFact: kind === 'fact',
  });
}

/** Everything but the algorithm: what to train, as the loop takes it. */
export async function prepareRollouts(
  place: StagePlace<RolloutSettings>,
  source: RewardSource,
  { algorithm, trained }: { readonly algorithm: Algorithm; readonly trained: Module },
): Promise<Training> {
  const { name, files, tokenizer, model, random, settings, own, context, seed, start, reporter } = place;
  const rules = { ...own, maxNewTokens: Math.min(own.maxNewTokens, Math.floor(context / 2)) };
  const { prompts, note } = promptsOf(place, source.kind);
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
    fingerprint: fingerprintOf([Uint32Array.from(prompts.flatMap(({ ids }) => [ids.length, ...ids]))]),
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
  const { name, files, tokenizer, context, reporter, signal } = place;
  const directory = rewardDirectory(place, stage);
  const model = loadReward(directory, tokenizer, context);
  const trainedOn = { ...files, preferencesHeldOut: null };
  const { pairs } = await readPairs(trainedOn, tokenizer, { context, signal }, reporter);
  reporter.note(`${name}: rewards from ${directory}`);
  return modelScorer(model, pairs);
}
