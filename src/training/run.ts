/**
 * A run: the stages in order, each leaving a directory that the next one starts from.
 *
 *   runs/NAME/run.json          settings            metrics.jsonl     loss, rate and speed over the steps of all stages
 *   runs/NAME/tokenizer/        the vocabulary      evaluation.json   all tasks of all stages
 *   runs/NAME/corpus/*.bin      tokenized text
 *   runs/NAME/pretrain/, sft/   a Hugging Face checkpoint each, with the state to resume beside it
 */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type DataFiles, locateData } from '../data/layout.ts';
import { guardDisk, UserError } from '../errors.ts';
import { evaluateModel, type Results } from '../evaluation/evaluate.ts';
import { formatResults } from '../evaluation/table.ts';
import {
  locateDirectory,
  repairDirectory,
  writeDirectoryAtomically,
  writeFileAtomically,
} from '../formats/atomic.ts';
import {
  loadModelDirectory,
  loadTokenizerDirectory,
  prettyJson,
  tokenizerFiles,
} from '../formats/model-directory.ts';
import { CausalLM } from '../models/causal-lm.ts';
import { type ModelConfig, parameterCount } from '../models/config.ts';
import { preset } from '../models/presets.ts';
import { AdamW } from '../optim/adamw.ts';
import { Random } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import {
  readTrainerState,
  restoreCheckpoint,
  saveCheckpoint,
  type Trainer,
  type TrainerState,
} from './checkpoint.ts';
import { trainingLoop } from './loop.ts';
import { MetricsFile } from './metrics.ts';
import { preparePretrainData, pretrainStage, type StageData } from './pretrain.ts';
import type { Reporter } from './reporter.ts';
import { type RunSettings, type StageName, writeRunSettings } from './run-settings.ts';
import { printSamples } from './samples.ts';
import { QUICK, stageSettings, totalSteps } from './settings.ts';
import { sftStage } from './sft.ts';
import { trainTokenizer } from './train-tokenizer.ts';

const trainable = ['pretrain', 'sft'] as const;
type TrainableStage = (typeof trainable)[number];

export interface RunContext {
  readonly out: string;
  readonly settings: RunSettings;
  readonly resume: boolean;
  readonly reporter: Reporter;
  /** Name of the backend that computes, for metrics and progress. */
  readonly backend: string;
  readonly shouldStop: () => boolean;
}

/** Run the stages. Returns false if the user stopped it before the end. */
export async function runStages(context: RunContext): Promise<boolean> {
  const { out, settings, resume, reporter } = context;
  const { stages } = settings;
  const files = locateData(settings.data);
  checkStages(settings, files, out);
  const tokenizer = prepareTokenizer(context, files);
  if (!resume) {
    // Only now, with a corpus that can be used, does an earlier run have to make room.
    if (stages.includes('tokenizer')) moveAside(out, reporter);
    guardDisk(out, () => mkdirSync(join(out, 'corpus'), { recursive: true }));
    writeRunSettings(out, settings);
  }
  storeTokenizer(context, tokenizer);
  for (const stage of trainable) {
    if (!stages.includes(stage)) continue;
    const complete = await runTraining(stage, context, files, tokenizer);
    if (!complete) return false;
  }
  if (stages.includes('evaluate')) await evaluateStages(context, files);
  return true;
}

/** Everything that can be refused is refused before any work. */
function checkStages({ stages, initFrom, data }: RunSettings, files: DataFiles, out: string): void {
  if (stages.includes('sft') && files.sft === null) {
    throw new UserError(
      `--data ${data} has no sft.jsonl, which the stage sft needs; add it or use --stages tokenizer,pretrain,evaluate`,
    );
  }
  if (stages.includes('tokenizer') && files.pretrain.endsWith('.bin')) {
    throw new UserError(
      `${files.pretrain} holds token ids, no text to learn a tokenizer from; name its model with --init-from`,
    );
  }
  if (stages.includes('tokenizer') && initFrom !== null) {
    throw new UserError('--init-from brings its own tokenizer; leave "tokenizer" out of --stages');
  }
  const first = stages.find((stage) => stage !== 'tokenizer');
  if (stages.includes('tokenizer') || initFrom !== null || first === undefined) return;
  const needed = { pretrain: 'tokenizer', sft: 'pretrain', evaluate: null, tokenizer: null }[first];
  if (needed !== null && !existsSync(locateDirectory(join(out, needed)))) {
    throw new UserError(
      `The stage ${first} starts from ${join(out, needed)}, which does not exist; run "${needed}" first or give --init-from`,
    );
  }
}

/** A new run never overwrites an old one. */
function moveAside(out: string, reporter: Reporter): void {
  if (!existsSync(join(out, 'run.json'))) return;
  let n = 1;
  while (existsSync(`${out}.old-${n}`)) n++;
  renameSync(out, `${out}.old-${n}`);
  reporter.note(`${out} held an earlier run; it is now ${out}.old-${n}`);
}

function prepareTokenizer({ out, settings, resume, reporter }: RunContext, files: DataFiles): Tokenizer {
  const folder = join(out, 'tokenizer');
  if (settings.initFrom !== null) return loadTokenizerDirectory(settings.initFrom);
  repairDirectory(folder);
  if (!settings.stages.includes('tokenizer') || (resume && existsSync(folder)))
    return loadTokenizerDirectory(folder);
  const config = preset(settings.preset);
  return trainTokenizer(
    files,
    {
      vocabSize: settings.vocabSize ?? (settings.quick ? QUICK.vocabSize : config.vocabSize),
      shrinkToFit: settings.vocabSize === null,
      maxDocuments: settings.quick ? QUICK.documents : Infinity,
    },
    reporter,
  );
}

function storeTokenizer({ out, settings, resume }: RunContext, tokenizer: Tokenizer): void {
  const folder = join(out, 'tokenizer');
  if (!settings.stages.includes('tokenizer') || (resume && existsSync(folder))) return;
  writeDirectoryAtomically(folder, tokenizerFiles(tokenizer, contextOf(settings, preset(settings.preset))));
}

/** One trainable stage, from its start or from its last checkpoint. Returns false if the user stopped it. */
async function runTraining(
  stage: TrainableStage,
  context: RunContext,
  files: DataFiles,
  tokenizer: Tokenizer,
): Promise<boolean> {
  const { out, settings, resume, reporter } = context;
  const folder = join(out, stage);
  const saved = resume ? readTrainerState(folder) : null;
  if (saved !== null && saved.step >= saved.steps) {
    reporter.note(`${stage}: finished earlier (${saved.steps} steps)`);
    return true;
  }
  const random = new Random(settings.seed);
  const model = startingModel(stage, context, tokenizer, random);
  const contextLength = contextOf(settings, model.config);
  const stageOptions = stageSettings(settings.preset, stage, {
    ...(settings.quick ? QUICK.stage : {}),
    ...settings.changes,
  });
  const place = { context: contextLength, seed: settings.seed };
  const data: StageData =
    stage === 'pretrain'
      ? pretrainStage(model, tokenizer, preparePretrain(context, files, tokenizer), stageOptions, place)
      : sftStage(model, tokenizer, sftFiles(files, settings), stageOptions, place, reporter);
  const steps = totalSteps(stageOptions, data.rowsInEpoch);
  const optimizer = new AdamW(model, stageOptions);
  const trainer: Trainer = { model, tokenizer, optimizer, random };
  if (saved !== null) {
    if (saved.data !== data.data) {
      throw new UserError(
        `${folder} was trained on other data than ${settings.data} holds now; start a new run with --out`,
      );
    }
    restoreCheckpoint(folder, trainer, saved);
  }
  const startStep = saved?.step ?? 0;
  const metrics = new MetricsFile(join(out, 'metrics.jsonl'));
  metrics.rewind(stage, startStep);
  const state: Omit<TrainerState, 'random' | 'step'> = {
    ...place,
    stage,
    steps,
    settings: stageOptions,
    data: data.data,
  };

  reporter.begin(stage, steps, startStep);
  let last = '';
  const where = context.backend.startsWith('gpu') ? ` on ${context.backend}` : '';
  const done = await trainingLoop(
    data.objective,
    optimizer,
    stageOptions,
    { startStep, steps },
    {
      onStep(line, logged) {
        if (logged) metrics.append({ ...line, backend: context.backend });
        if (line.heldOutLoss !== undefined) last = `, held-out ${line.heldOutLoss.toFixed(3)}`;
        reporter.advance(
          line.step,
          `loss ${line.loss.toFixed(3)}${last}, ${Math.round(line.tokensPerSecond)} tokens/s${where}`,
        );
      },
      save: (step) => saveCheckpoint(folder, trainer, { ...state, step }),
      shouldStop: context.shouldStop,
    },
  );
  reporter.end(`${folder}${last}`);
  return done >= steps;
}

function preparePretrain({ out, settings, reporter }: RunContext, files: DataFiles, tokenizer: Tokenizer) {
  const corpus = join(out, 'corpus');
  mkdirSync(corpus, { recursive: true });
  return preparePretrainData(
    files,
    tokenizer,
    corpus,
    { maxDocuments: settings.quick ? QUICK.documents : Infinity },
    reporter,
  );
}

function sftFiles({ sft, sftHeldOut }: DataFiles, { quick }: RunSettings) {
  return { train: sft!, heldOut: sftHeldOut, maxDialogues: quick ? QUICK.dialogues : Infinity }; // checkStages has seen sft
}

/** Tokens in a row. */
function contextOf({ context, quick }: RunSettings, { maxPositionEmbeddings }: ModelConfig): number {
  return context ?? (quick ? Math.min(QUICK.context, maxPositionEmbeddings) : maxPositionEmbeddings);
}

/** What a run is going to compute: the model of its preset, and the tokens of one micro-batch. */
export function workOf(settings: RunSettings): { config: ModelConfig; tokens: number } {
  const base = preset(settings.preset);
  const vocabSize = settings.vocabSize ?? (settings.quick ? QUICK.vocabSize : base.vocabSize);
  const { batchSize } = stageSettings(settings.preset, 'pretrain', {
    ...(settings.quick ? QUICK.stage : {}),
    ...settings.changes,
  });
  return { config: { ...base, vocabSize }, tokens: batchSize * contextOf(settings, base) };
}

/** Fresh weights for pretraining, the previous stage's otherwise; --init-from replaces both. */
function startingModel(
  stage: TrainableStage,
  { out, settings, reporter }: RunContext,
  tokenizer: Tokenizer,
  random: Random,
): CausalLM {
  const isFirst =
    settings.stages.find((name) => (trainable as readonly StageName[]).includes(name)) === stage;
  const from =
    isFirst && settings.initFrom !== null
      ? settings.initFrom
      : stage === 'sft'
        ? join(out, 'pretrain')
        : null;
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

async function evaluateStages({ out, settings, reporter }: RunContext, files: DataFiles): Promise<void> {
  const all: Record<string, Results> = {};
  const present: string[] = trainable.filter((stage) => existsSync(locateDirectory(join(out, stage))));
  const folders = new Map(present.map((stage) => [stage, join(out, stage)]));
  if (present.length === 0 && settings.initFrom !== null) folders.set('init', settings.initFrom);
  if (folders.size === 0)
    throw new UserError(`There is nothing to evaluate in ${out}; train a stage first or give --init-from`);
  for (const [stage, folder] of folders) {
    const { model, tokenizer } = loadModelDirectory(folder);
    // A base model continues text; questions are asked of models that were taught to answer.
    const tasks = stage === 'pretrain' ? ['bits-per-byte'] : undefined;
    all[stage] = await evaluateModel(model, tokenizer, files, {
      tasks,
      limit: settings.quick ? QUICK.questions : Infinity,
      onTask: (task, total) => reporter.begin(`${stage} ${task}`, total),
      onProgress: (done) => reporter.advance(done, ''),
    });
    reporter.end('');
  }
  writeFileAtomically(join(out, 'evaluation.json'), prettyJson(all));
  reporter.note(`\n${formatResults(all)}\n`);
  const lastStage = [...folders].at(-1)!;
  await printSamples(lastStage[1], lastStage[0] !== 'pretrain', files, reporter);
}
