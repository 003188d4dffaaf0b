/**
 * npx tsx src/evaluate.ts: measure a model, or print its logits for given token ids.
 */
import { basename, dirname } from 'node:path';
import { backendFlags, useBackend } from './cli/backend.ts';
import { runCommand } from './cli/command.ts';
import type { FlagTable } from './cli/flags.ts';
import { makeReporter } from './cli/progress.ts';
import { stopOnSignals } from './cli/stop.ts';
import { readChoiceFolder } from './data/choices.ts';
import { inspectData } from './data/inspect.ts';
import { type DataFiles, locateData } from './data/layout.ts';
import { UserError } from './errors.ts';
import { evaluateModel } from './evaluation/evaluate.ts';
import type { Results } from './evaluation/intervals.ts';
import type { JudgedAnswer } from './evaluation/judged-answers.ts';
import { rewardAccuracyOn } from './evaluation/reward-accuracy.ts';
import { formatResults } from './evaluation/table.ts';
import { checkFinite } from './models/finite.ts';
import { findModel } from './storage/find-model.ts';
import {
  kindOfDirectory,
  type LoadedModel,
  loadModelDirectory,
  loadRewardDirectory,
} from './storage/model-directory.ts';
import { fromArray, noGrad } from './tensor/index.ts';
import { strangers } from './training/belonging.ts';
import { readOrigin } from './training/origin.ts';
import { languageStages, stageNamed, stages } from './training/stages/index.ts';

const flags = {
  model: { type: 'text', value: 'DIR', help: 'model directory, or a run (required)' },
  tasks: {
    type: 'list',
    value: 'A,B',
    help:
      'such as bits-per-byte, facts-unseen, sums, stories, choice-ppl, judge; win-rate with --against; ' +
      'reward-accuracy of a reward model (docs/evaluation.md has them all)',
    default: 'all that fit',
  },
  against: { type: 'text', value: 'DIR', help: 'model to compare answers with, for win-rate' },
  choices: {
    type: 'text',
    value: 'DIR',
    help: 'multiple-choice questions: a folder with dev/ and val/ (or test/) of C-Eval or CMMLU',
    default: 'those of --data',
  },
  shots: {
    type: 'number',
    whole: true,
    min: 0,
    max: 20,
    help: 'worked examples before each choice',
    default: '0',
  },
  base: {
    type: 'boolean',
    help: 'a base model: questions are put as text, not in the chat template',
    default: 'for what a stage left that does not chat',
  },
  data: { type: 'text', value: 'PATH', help: 'where heldout.txt and eval/ are', default: 'data' },
  limit: { type: 'number', whole: true, min: 1, help: 'at most this many documents and questions per task' },
  answers: { type: 'boolean', help: 'print every question with its answer' },
  json: { type: 'boolean', help: 'print the results as JSON' },
  logits: {
    type: 'text',
    value: '"1,2,3"',
    help: 'print the logits [T][V] for these token ids as JSON, and stop',
  },
  ...backendFlags,
} as const satisfies FlagTable;

/** What all tasks together read. */
const EVALUATION = { text: false, dialogues: false, preferences: false, evaluation: true };

async function logitsJson({ model }: LoadedModel, text: string): Promise<string> {
  const { vocabSize: V, maxPositionEmbeddings: context } = model.config;
  const ids = text.split(',').map((item) => (/^\s*\d+\s*$/.test(item) ? Number(item) : -1));
  const bad = ids.findIndex((id) => id < 0 || id >= V);
  if (bad !== -1) {
    throw new UserError(
      `--logits: "${text.split(',')[bad]}" is not a token id; ids are whole numbers from 0 to ${V - 1}, with commas between`,
    );
  }
  if (ids.length > context)
    throw new UserError(`--logits: ${ids.length} tokens are more than the model's context of ${context}`);
  const logits = noGrad(() => model.forward(fromArray(Int32Array.from(ids), [1, ids.length])));
  const values = await logits.read();
  checkFinite(values, 'logits');
  return JSON.stringify(ids.map((_, t) => [...values.subarray(t * V, (t + 1) * V)]));
}

/** A reward model has one task. */
async function rewardResults(
  directory: string,
  files: DataFiles,
  values: { readonly tasks?: readonly string[]; readonly limit?: number; readonly against?: string },
  signal: AbortSignal,
): Promise<Results> {
  const { tasks, limit = Infinity, against } = values;
  if (against !== undefined)
    throw new UserError(
      `--against compares answers, and ${directory} holds a reward model, which gives none`,
    );
  const other = tasks?.find((task) => task !== 'reward-accuracy');
  if (other !== undefined) {
    throw new UserError(
      `${directory} holds a reward model, whose only task is reward-accuracy, not "${other}"`,
    );
  }
  if (files.preferencesHeldOut === null)
    throw new UserError('reward-accuracy needs a preferences-heldout.jsonl in the directory of --data');
  const { model, tokenizer } = loadRewardDirectory(directory);
  return rewardAccuracyOn(files.preferencesHeldOut, model, tokenizer, { limit, signal });
}

/** What the model of --against answers to the questions of the judge. */
async function answersOf(
  given: string,
  files: DataFiles,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<readonly JudgedAnswer[]> {
  const { model, tokenizer } = loadModelDirectory(findModel(given, languageStages));
  let answers: readonly JudgedAnswer[] = [];
  const onJudged = (judged: readonly JudgedAnswer[]) => {
    answers = judged;
  };
  await evaluateModel(model, tokenizer, files, { tasks: ['judge'], limit, signal, onJudged });
  return answers;
}

await runCommand({
  usage: 'npx tsx src/evaluate.ts --model DIR [flags]    measure a trained model',
  flags,
  async run(values) {
    if (values.model === undefined)
      throw new UserError('--model is required: the directory of a trained model, such as runs/default/sft');
    const directory = findModel(values.model, languageStages);
    const signal = stopOnSignals({ saying: 'Stopping', advice: () => 'There are no results.' });
    const { name, description } = await useBackend({ ...values, gpuMode: values['gpu-mode'] });
    if (name.startsWith('gpu')) process.stderr.write(`backend: ${description}\n`);
    if (values.logits !== undefined) {
      process.stdout.write(`${await logitsJson(loadModelDirectory(directory), values.logits)}\n`);
      return 0;
    }
    for (const sentence of strangers(stages, dirname(directory))) process.stderr.write(`${sentence}\n`);
    const located = locateData(values.data ?? 'data');
    const files = { ...located, choices: values.choices ?? located.choices };
    if (values.choices !== undefined) readChoiceFolder(values.choices); // refused now rather than after other tasks
    const print = (results: Results) => {
      const text = values.json ? JSON.stringify(results, null, 2) : formatResults({ [directory]: results });
      process.stdout.write(`${text}\n`);
      return 0;
    };
    if (kindOfDirectory(directory) === 'reward')
      return print(await rewardResults(directory, files, values, signal));
    const { model, tokenizer } = loadModelDirectory(directory);
    // A broken file is found before an hour of tasks.
    if (values.tasks === undefined)
      await inspectData(files, EVALUATION, { shouldStop: () => signal.aborted });
    signal.throwIfAborted();
    const reporter = makeReporter();
    const stage = stageNamed(readOrigin(directory)?.stage ?? basename(directory));
    const chat = !(values.base ?? stage?.leaves === 'base');
    const limit = values.limit ?? Infinity;
    const baseline =
      values.against === undefined ? null : await answersOf(values.against, files, { limit, signal });
    const results = await evaluateModel(model, tokenizer, files, {
      tasks: values.tasks,
      limit,
      chat,
      shots: values.shots ?? 0,
      baseline,
      onTask: (task, total) => reporter.begin(task, total),
      onProgress: (done) => reporter.advance(done, ''),
      signal,
      onAnswers: (_, answers) => {
        if (values.answers !== true) return;
        for (const { question, text, correct } of answers)
          reporter.note(`${correct ? '+' : '-'} ${question.question} ${text}`);
      },
    }).finally(() => reporter.end('')); // a bar left open would keep the process alive
    return print(results);
  },
});
