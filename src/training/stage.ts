/**
 * One trainable stage of a run: where it starts, what it learns from, and its training from the start or from its last
 * checkpoint.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DataFiles } from '../data/layout.ts';
import { UserError } from '../errors.ts';
import { describeAccuracy, rewardAccuracy } from '../evaluation/reward-accuracy.ts';
import { CausalLM } from '../models/causal-lm.ts';
import type { ModelConfig } from '../models/config.ts';
import { preset } from '../models/presets.ts';
import { rewardModelFrom } from '../models/reward-model.ts';
import { parameterCount } from '../models/shapes.ts';
import { AdamW } from '../optim/adamw.ts';
import { repairDirectory, setAside } from '../storage/atomic.ts';
import { loadModelDirectory } from '../storage/model-directory.ts';
import { Random } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { readTrainerState, restoreCheckpoint, saveCheckpoint, type Trainer } from './checkpoint.ts';
import { dpoStage, withReference } from './dpo.ts';
import { trainingLoop } from './loop.ts';
import { MetricsFile } from './metrics.ts';
import { preparePpo } from './ppo-stage.ts';
import { readPairs } from './preference-data.ts';
import { preparePretrainData, pretrainStage, type StageData } from './pretrain.ts';
import { rewardStage } from './reward.ts';
import { QUICK, type TrainableStage, totalSteps } from './settings.ts';
import { sftStage } from './sft.ts';
import {
  alignmentOf,
  contextOf,
  type Prepared,
  type RunContext,
  type StageContext,
  settingsOf,
  startingDirectory,
} from './stage-context.ts';

/** Returns false if the user stopped it. */
export async function runStage(
  stage: TrainableStage,
  run: RunContext,
  files: DataFiles,
  tokenizer: Tokenizer,
): Promise<boolean> {
  const { out, settings, resume, reporter } = run;
  const folder = join(out, stage);
  const saved = resume ? readTrainerState(folder) : null;
  if (saved !== null && saved.step >= saved.steps) {
    reporter.note(`${stage}: finished earlier (${saved.steps} steps)`);
    return true;
  }
  const random = new Random(settings.seed);
  const model = startingModel(stage, run, tokenizer, random);
  const context = contextOf(settings, model.config);
  const ownSettings = settingsOf(stage, settings);
  const place = { run, files, tokenizer, model, random, settings: ownSettings, context };
  const prepared = await prepare(stage, place);
  const { trainer, data, steps } = prepared;
  if (saved !== null) {
    if (saved.data !== data) {
      throw new UserError(
        `${folder} was trained on other data than ${settings.data} holds now; start a new run with --out`,
      );
    }
    restoreCheckpoint(folder, trainer, saved);
  }
  if (saved === null) {
    // What an earlier run left must not be taken for this one if this one is stopped before its first checkpoint.
    repairDirectory(folder); // a power cut may have left it half swapped
    const aside = setAside(folder);
    if (aside !== null) reporter.note(`${folder} held an earlier run of this stage; it is now ${aside}`);
  }
  const startStep = saved?.step ?? 0;
  const metrics = new MetricsFile(join(out, 'metrics.jsonl'));
  metrics.rewind(stage, startStep);
  const alignment = stage === 'pretrain' || stage === 'sft' ? {} : { alignment: alignmentOf(settings) };
  const state = { stage, steps, seed: settings.seed, context, settings: ownSettings, data, ...alignment };

  reporter.begin(stage, steps, startStep);
  let last = '';
  const where = run.backend.startsWith('gpu') ? ` on ${run.backend}` : '';
  const done = await prepared.train(startStep, {
    onStep(line, logged) {
      if (logged) metrics.append({ ...line, backend: run.backend });
      if (line.heldOutLoss !== undefined) last = `, held-out ${line.heldOutLoss.toFixed(3)}`;
      const loss = `loss ${line.loss.toFixed(3)}${watched(line.parts)}`;
      reporter.advance(line.step, `${loss}${last}, ${Math.round(line.tokensPerSecond)} tokens/s${where}`);
    },
    save: (step) => saveCheckpoint(folder, trainer, { ...state, step }),
    shouldStop: run.shouldStop,
  });
  reporter.end(`${folder}${last}`);
  const summary = done >= steps ? await prepared.summary?.() : null;
  if (summary) reporter.note(summary);
  return done >= steps;
}

/** The one or two numbers that say how alignment goes. */
function watched(parts: Readonly<Record<string, number>> = {}): string {
  const { score, gold, kl, accuracy } = parts;
  if (score !== undefined && kl !== undefined) {
    const judged = gold === undefined ? '' : `, gold ${gold.toFixed(2)}`;
    return `, score ${score.toFixed(2)}${judged}, KL ${kl.toFixed(2)}`;
  }
  return accuracy === undefined ? '' : `, accuracy ${(100 * accuracy).toFixed(0)}%`;
}

function prepare(stage: TrainableStage, place: StageContext): Promise<Prepared> | Prepared {
  if (stage === 'pretrain') return ofLoop(place, place.model, pretrainData(place));
  if (stage === 'sft') return ofLoop(place, place.model, sftData(place));
  if (stage === 'ppo') return preparePpo(place);
  return preparePairs(stage, place);
}

/** Reward model and DPO: both learn from pairs. */
async function preparePairs(stage: 'reward' | 'dpo', place: StageContext): Promise<Prepared> {
  const { run, files, tokenizer, model, random, settings, context } = place;
  const { seed, quick } = run.settings;
  const alignment = alignmentOf(run.settings);
  const data = readPairs(files, tokenizer, { context, limit: quick ? QUICK.pairs : Infinity }, run.reporter);
  if (stage === 'reward') {
    const reward = rewardModelFrom(model, random);
    return {
      ...ofLoop(place, reward, rewardStage(reward, data, settings, alignment, seed)),
      async summary() {
        if (data.heldOut.length === 0) return null;
        return describeAccuracy(await rewardAccuracy(reward, data.heldOut));
      },
    };
  }
  run.reporter.begin('dpo reference', data.pairs.length + data.heldOut.length);
  const onProgress = (done: number) => run.reporter.advance(done, 'log-probabilities');
  const pairs = await withReference(model, data.pairs, onProgress);
  const heldOut = await withReference(model, data.heldOut);
  run.reporter.end('');
  return ofLoop(place, model, dpoStage(model, { pairs, heldOut }, settings, alignment, seed));
}

/** A stage that trains `model` with the generic loop. */
function ofLoop<Item, Items>(
  { tokenizer, random, settings }: StageContext,
  model: Trainer['model'],
  { objective, rowsInEpoch, data }: StageData<Item, Items>,
): Prepared {
  const optimizer = new AdamW(model, settings);
  const steps = totalSteps(settings, rowsInEpoch);
  return {
    trainer: { model, tokenizer, optimizer, random },
    steps,
    data,
    train: (startStep, hooks) => trainingLoop(objective, optimizer, settings, { startStep, steps }, hooks),
  };
}

function pretrainData({ run, files, tokenizer, model, settings, context }: StageContext): StageData {
  const corpus = join(run.out, 'corpus');
  mkdirSync(corpus, { recursive: true });
  const { quick, seed } = run.settings;
  const limits = { maxDocuments: quick ? QUICK.documents : Infinity };
  const data = preparePretrainData(files, tokenizer, corpus, limits, run.reporter);
  return pretrainStage(model, tokenizer, data, settings, { context, seed });
}

function sftData({ run, files, tokenizer, model, settings, context }: StageContext): StageData {
  const { quick, seed } = run.settings;
  const source = {
    train: files.sft!, // the run has checked that there is a file
    heldOut: files.sftHeldOut,
    maxDialogues: quick ? QUICK.dialogues : Infinity,
  };
  return sftStage(model, tokenizer, source, settings, { context, seed }, run.reporter);
}

/** Fresh weights for pretraining, those of the starting directory otherwise. */
function startingModel(
  stage: TrainableStage,
  run: RunContext,
  tokenizer: Tokenizer,
  random: Random,
): CausalLM {
  const { settings, reporter } = run;
  const from = startingDirectory(stage, run);
  if (from !== null) {
    const { model } = loadModelDirectory(from, random);
    const limit = model.config.maxPositionEmbeddings;
    if (settings.context !== null && settings.context > limit) {
      throw new UserError(
        `--context ${settings.context} is longer than the ${limit} tokens of the model in ${from}`,
      );
    }
    reporter.note(`${stage}: starting from ${from}`);
    return model;
  }
  const base = preset(settings.preset);
  const config: ModelConfig = {
    ...base,
    vocabSize: tokenizer.vocabSize,
    maxPositionEmbeddings: contextOf(settings, base),
  };
  reporter.note(`model: ${settings.preset}, ${parameterCount(config).toLocaleString('en')} parameters`);
  return new CausalLM(config, random);
}
