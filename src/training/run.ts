/**
 * A run: the stages in order, each leaving a directory that the next one starts from.
 *
 *   runs/NAME/run.json          settings            metrics.jsonl     loss, rate and speed over the steps of all stages
 *   runs/NAME/tokenizer/        the vocabulary      evaluation.json   all tasks of all stages
 *   runs/NAME/corpus/*.bin      tokenized text      history.json      command, versions and seconds of each session
 *   runs/NAME/report.html, report.md   all of it to look at
 *   runs/NAME/pretrain/, sft/, reward/, ppo/, dpo/   a Hugging Face checkpoint each, with the state to resume beside it
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type DataFiles, locateData } from '../data/layout.ts';
import { guardDisk, UserError } from '../errors.ts';
import { evaluateModel, type Results } from '../evaluation/evaluate.ts';
import type { JudgedAnswer } from '../evaluation/judged-answers.ts';
import { rewardAccuracyOn } from '../evaluation/reward-accuracy.ts';
import { formatResults } from '../evaluation/table.ts';
import { encodeTokenizer } from '../formats/hf/tokenizer-files.ts';
import { prettyJson } from '../formats/json.ts';
import { preset } from '../models/presets.ts';
import {
  locateDirectory,
  repairDirectory,
  setAside,
  writeDirectoryAtomically,
  writeFileAtomically,
} from '../storage/atomic.ts';
import {
  loadModelDirectory,
  loadRewardDirectory,
  loadTokenizerDirectory,
} from '../storage/model-directory.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { RunHistory } from './history.ts';
import { checkPpo } from './ppo-stage.ts';
import type { Reporter } from './reporter.ts';
import { writeRunSettings } from './run-settings.ts';
import { printSamples } from './samples.ts';
import { chatStages, QUICK, trainableStages } from './settings.ts';
import { runStage } from './stage.ts';
import { alignmentOf, contextOf, parents, type RunContext } from './stage-context.ts';
import { trainTokenizer } from './train-tokenizer.ts';

/** Run the stages. Returns false if the user stopped it before the end. */
export async function runStages(context: RunContext): Promise<boolean> {
  const { out, settings, resume, reporter } = context;
  const { stages } = settings;
  const files = locateData(settings.data);
  checkStages(context, files);
  const began = performance.now();
  const tokenizer = prepareTokenizer(context, files);
  const tokenizerSeconds = (performance.now() - began) / 1000;
  if (!resume) {
    // Only now, with a corpus that can be used, does an earlier run have to make room.
    if (stages.includes('tokenizer')) moveAside(out, reporter);
    guardDisk(out, () => mkdirSync(join(out, 'corpus'), { recursive: true }));
    // Looking at a run that was stopped must not make it forget what it was about to do.
    const onlyLooks = stages.every((stage) => stage === 'evaluate');
    if (!onlyLooks || !existsSync(join(out, 'run.json'))) writeRunSettings(out, settings);
  }
  storeTokenizer(context, tokenizer);
  const history = new RunHistory(out, { command: context.command ?? null, backend: context.backend });
  if (stages.includes('tokenizer')) history.record('tokenizer', tokenizerSeconds);
  for (const stage of trainableStages) {
    if (!stages.includes(stage)) continue;
    const complete = await history.time(stage, () => runStage(stage, context, files, tokenizer));
    if (!complete) return false;
  }
  if (stages.includes('evaluate')) {
    await history.time('evaluate', () => evaluateStages(context, files));
    // Only here, so that nothing else waits for the plotting library to load.
    const { writeReport } = await import('../report/index.ts');
    await writeReport(out, reporter);
  }
  return true;
}

/** What settings and file names rule out is refused before any work; a broken record is found when its stage reads it. */
function checkStages(run: RunContext, files: DataFiles): void {
  const { out, settings } = run;
  const { stages, initFrom, data } = settings;
  if (stages.includes('sft') && files.sft === null) {
    throw new UserError(
      `--data ${data} has no sft.jsonl, which the stage sft needs; add it or use --stages tokenizer,pretrain,evaluate`,
    );
  }
  const alignment = stages.find((stage) => stage === 'reward' || stage === 'ppo' || stage === 'dpo');
  if (alignment !== undefined && files.preferences === null)
    throw new UserError(`--data ${data} has no preferences.jsonl, which the stage ${alignment} needs`);
  if (alignment !== undefined) alignmentOf(settings);
  if (stages.includes('tokenizer') && files.pretrain.endsWith('.bin')) {
    throw new UserError(
      `${files.pretrain} holds token ids, no text to learn a tokenizer from; name its model with --init-from`,
    );
  }
  if (stages.includes('tokenizer') && initFrom !== null) {
    throw new UserError('--init-from brings its own tokenizer; leave "tokenizer" out of --stages');
  }
  for (const stage of trainableStages) {
    const needed = parents[stage];
    if (!stages.includes(stage) || stages.includes(needed) || initFrom !== null) continue;
    if (!existsSync(locateDirectory(join(out, needed)))) {
      throw new UserError(
        `The stage ${stage} starts from ${join(out, needed)}, which does not exist; run "${needed}" first or give --init-from`,
      );
    }
  }
  if (stages.includes('ppo') && files.preferences !== null) checkPpo(run, files.preferences);
}

/** A new run never overwrites an old one. */
function moveAside(out: string, reporter: Reporter): void {
  if (!existsSync(join(out, 'run.json'))) return;
  reporter.note(`${out} held an earlier run; it is now ${setAside(out)}`);
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
  writeDirectoryAtomically(folder, encodeTokenizer(tokenizer, contextOf(settings, preset(settings.preset))));
}

async function evaluateStages(run: RunContext, files: DataFiles): Promise<void> {
  const { out, settings, reporter } = run;
  const all: Record<string, Results> = {};
  let baseline: readonly JudgedAnswer[] | null = null;
  const present: string[] = trainableStages.filter((stage) => existsSync(locateDirectory(join(out, stage))));
  const folders = new Map(present.map((stage) => [stage, join(out, stage)]));
  const needsStart = !present.some((stage) => stage === 'pretrain' || stage === 'sft'); // aligned from elsewhere: show from where
  if (needsStart && settings.initFrom !== null) {
    folders.clear();
    for (const stage of ['init', ...present])
      folders.set(stage, stage === 'init' ? settings.initFrom : join(out, stage));
  }
  if (folders.size === 0)
    throw new UserError(`There is nothing to evaluate in ${out}; train a stage first or give --init-from`);
  for (const [stage, folder] of folders) {
    if (stage === 'reward') {
      const results = await evaluateReward(folder, run, files);
      if (results !== null) all[stage] = results;
      continue;
    }
    const { model, tokenizer } = loadModelDirectory(folder);
    all[stage] = await evaluateModel(model, tokenizer, files, {
      chat: stage !== 'pretrain', // a base model continues text
      baseline, // the stages behind SFT are compared with it
      onJudged: (answers) => {
        if (stage === 'sft' || stage === 'init') baseline = answers;
      },
      limit: settings.quick ? QUICK.questions : Infinity,
      onTask: (task, total) => reporter.begin(`${stage} ${task}`, total),
      onProgress: (done) => reporter.advance(done, ''),
    });
    reporter.end('');
  }
  writeFileAtomically(join(out, 'evaluation.json'), prettyJson(all));
  reporter.note(`\n${formatResults(all)}\n`);
  const speaker = [...chatStages, 'init', 'pretrain'].find((stage) => folders.has(stage)); // the one that chat.ts takes
  if (speaker !== undefined)
    await printSamples(folders.get(speaker)!, speaker !== 'pretrain', files, reporter); // it was found there
}

/** A reward model answers no questions: it is asked which of two answers is better. Null where the data has no held-out pairs. */
async function evaluateReward(
  folder: string,
  { reporter }: RunContext,
  files: DataFiles,
): Promise<Results | null> {
  if (files.preferencesHeldOut === null) return null;
  const { model, tokenizer } = loadRewardDirectory(folder);
  return rewardAccuracyOn(files.preferencesHeldOut, model, tokenizer, {
    onNote: (text) => reporter.note(text),
  });
}
