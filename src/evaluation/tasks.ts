/**
 * Every task: what data it needs, and how it measures a model. src/evaluation/evaluate.ts runs them in the order of this page.
 *
 *   bits-per-byte          on held-out text
 *   facts-...              exact match of the answers to questions: seen and unseen forms, facts met only in pretraining
 *   sums, introductions,   what a newcomer tries beside facts, asked in words never trained (abilities.ts); -held-out: operands,
 *   stories, follow-ups,   or subjects, that no dialogue has
 *   refusals
 *   refusals-wrong         share of questions with an answer (facts, sums, introductions) that are refused; lower is better
 *   choice-ppl             four options, the least surprising one counts; -token: by the mean per token; -letter: the options
 *                          shown, letters count
 *   choice-gen             four options shown, the letter taken from the answer
 *   minimal-pairs          the right one of two sentences is the more likely one
 *   judge                  answers to the questions of the held-out pairs before the judge; their length and variety
 *   win-rate               the same answers against those of another model
 */
import { readAnswerKey } from '../data/answer-key.ts';
import { type ChoiceSet, readChoiceFolder } from '../data/choices.ts';
import { type AbilityName, type DataFiles, heldOutDocuments } from '../data/layout.ts';
import { readMinimalPairs } from '../data/minimal-pairs.ts';
import { readPreferences } from '../data/preferences.ts';
import { readQuestions } from '../data/questions.ts';
import type { Watch } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { power } from '../tensor/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { answerItems, type Marked, readItems } from './abilities.ts';
import { scoreTexts, type TextScore } from './bits-per-byte.ts';
import { chooseGen } from './choice-gen.ts';
import { choiceAccuracy, chooseOptions, scoreOptions } from './choice-ppl.ts';
import { answerQuestions, majorityBaseline } from './exact-match.ts';
import { type Estimate, type Results, wilson } from './intervals.ts';
import { type JudgedAnswer, judgeModel, judgeResults } from './judged-answers.ts';
import { admits } from './kinds/refusal.ts';
import { minimalPairs } from './minimal-pairs.ts';
import { winRate } from './win-rate.ts';

/** What a task measures, with what, and whom it tells. */
export interface TaskPlace extends Watch {
  readonly model: CausalLM;
  readonly tokenizer: Tokenizer;
  readonly files: DataFiles;
  /** At most this many documents and questions. */
  readonly limit: number;
  /** The model was taught to answer; false: a base model. */
  readonly chat: boolean;
  /** Worked examples before a multiple-choice question. */
  readonly shots: number;
  /** Answers of the model to compare with. */
  readonly baseline: readonly JudgedAnswer[] | null;
  readonly begin: (total: number) => void;
  readonly onAnswers: (answers: readonly Marked[]) => void;
  /** Asks the questions of a task, or gives the answers if they have been asked already. */
  readonly marked: (task: string) => Promise<readonly Marked[]>;
  /** Asks the questions of the judge, or gives the answers if they have been asked already. */
  readonly judged: () => Promise<readonly JudgedAnswer[]>;
}

export type Task = (place: TaskPlace) => Promise<Results>;

const MOST_DOCUMENTS = 2000;

/** The tasks that the data allows, by name. Those of answers only make sense for models that were taught to answer. */
export function tasksOf(
  files: DataFiles,
  { chat, baseline }: Pick<TaskPlace, 'chat' | 'baseline'>,
): Map<string, { readonly run: Task; readonly byDefault: boolean }> {
  const { questions, abilities, choices, answerKey, preferencesHeldOut } = files;
  const canJudge = answerKey !== null && preferencesHeldOut !== null;
  const rows: [string, Task, boolean][] = [
    ['bits-per-byte', bitsPerByte, true],
    ...[...questions].map(([task, path]): [string, Task, boolean] => [task, facts(task, path), chat]),
    ...[...abilities].map(([task, path]): [string, Task, boolean] => [task, ability(task, path), chat]),
  ];
  if (abilities.has('refusals') && answerable(files).length > 0)
    rows.push(['refusals-wrong', refusalsWrong, chat]);
  if (choices !== null) rows.push(['choice-ppl', choicePpl, true], ['choice-gen', choiceGen, chat]);
  if (files.minimalPairs !== null) rows.push(['minimal-pairs', pairs, true]);
  if (canJudge) rows.push(['judge', judge, chat]);
  if (canJudge && baseline !== null) rows.push(['win-rate', winRateTask, chat]);
  return new Map(rows.map(([task, run, byDefault]) => [task, { run, byDefault }]));
}

const bitsPerByte: Task = async ({ model, tokenizer, files, limit, begin, onProgress, signal }) => {
  if (files.pretrain.endsWith('.bin') && files.heldOut === null) return {}; // token files have no text to count bytes of
  const texts = heldOutDocuments(files, Math.min(limit, MOST_DOCUMENTS));
  if (texts.length === 0) return {};
  begin(texts.length);
  const score = await scoreTexts(model, tokenizer, texts, { onProgress, signal });
  return { 'bits-per-byte': score.bitsPerByte, perplexity: exponent(score) };
};

/** Perplexity per token, with the interval that follows from that of bits per byte (nats per token are proportional to it). */
function exponent({ bitsPerByte, perplexity }: TextScore): Estimate {
  const at = (bits: number) => power(perplexity, bits / bitsPerByte.value);
  return { value: perplexity, low: at(bitsPerByte.low), high: at(bitsPerByte.high), n: bitsPerByte.n };
}

function facts(task: string, path: string): Task {
  return async ({ marked, onAnswers }) => {
    const answers = await marked(task);
    onAnswers(answers);
    return { [task]: { ...shareRight(answers), chance: majorityBaseline(readQuestions(path)) } };
  };
}

function ability(task: AbilityName, path: string): Task {
  return async ({ marked, onAnswers }) => {
    const answers = await marked(task);
    onAnswers(answers);
    const guesses = readItems(task, path).flatMap(({ guess }) => guess ?? []);
    const chance = guesses.length === 0 ? {} : { chance: majorityBaseline(guesses) };
    return { [task]: { ...shareRight(answers), ...chance } };
  };
}

function shareRight(answers: readonly Marked[]): Estimate {
  return wilson(answers.filter(({ correct }) => correct).length, answers.length);
}

/** Tasks whose questions have an answer: to say "I don't know" there is wrong. */
function answerable({ questions, abilities }: DataFiles): string[] {
  const tasks = new Set<string>([...questions.keys(), ...abilities.keys()]);
  return ['facts-seen', 'facts-unseen', 'sums', 'introductions'].filter((task) => tasks.has(task));
}

const refusalsWrong: Task = async ({ files, marked }) => {
  const answers: Marked[] = [];
  for (const task of answerable(files)) answers.push(...(await marked(task)));
  const refused = answers.filter(({ text, correct }) => !correct && admits(text));
  return { 'refusals-wrong': wilson(refused.length, answers.length) };
};

/** Answers to the questions of an exact-match task or of an ability, each asked once. */
export async function askQuestions(
  task: string,
  { model, tokenizer, files, limit, begin, onProgress, signal }: Omit<TaskPlace, 'judged' | 'marked'>,
): Promise<readonly Marked[]> {
  const watch = { onProgress, signal };
  const path = files.questions.get(task);
  if (path !== undefined) {
    const questions = readQuestions(path).slice(0, limit);
    begin(questions.length);
    return answerQuestions(model, tokenizer, questions, watch);
  }
  const name = task as AbilityName; // tasks are offered from the two lists only
  const items = readItems(name, files.abilities.get(name)!).slice(0, limit);
  begin(items.length);
  return answerItems(name, items, { model, tokenizer }, watch);
}

const choicePpl: Task = async (place) => {
  const { model, tokenizer, files, limit, chat, shots, begin, onProgress, signal } = place;
  const set = choiceSet(files, limit);
  const n = set.questions.length;
  begin(2 * n);
  const texts = await scoreOptions(model, tokenizer, set, { chat, shots, onProgress, signal });
  const letters = await scoreOptions(model, tokenizer, set, {
    ...{ chat, shots, variant: 'letter' as const, signal },
    onProgress: (done) => onProgress?.(n + done),
  });
  return {
    'choice-ppl': choiceAccuracy(chooseOptions(texts)),
    'choice-ppl-token': choiceAccuracy(chooseOptions(texts, 'token')),
    'choice-ppl-letter': choiceAccuracy(chooseOptions(letters)),
  };
};

const choiceGen: Task = async (place) => {
  const { model, tokenizer, files, limit, chat, shots, begin, onProgress, signal } = place;
  const set = choiceSet(files, limit);
  begin(set.questions.length);
  const chosen = await chooseGen(model, tokenizer, set, { chat, shots, onProgress, signal });
  return { 'choice-gen': choiceAccuracy(chosen) };
};

/** At most `limit` questions, spread evenly over the subjects. */
function choiceSet(files: DataFiles, limit: number): ChoiceSet {
  const { questions, examples } = readChoiceFolder(files.choices!); // offered only where there is a folder
  const n = Math.min(limit, questions.length);
  const chosen = Array.from({ length: n }, (_, i) => questions[Math.floor((i * questions.length) / n)]!);
  return { questions: chosen, examples };
}

const pairs: Task = async ({ model, tokenizer, files, limit, begin, onProgress, signal }) => {
  const all = readMinimalPairs(files.minimalPairs!).slice(0, limit); // offered only where there is a file
  begin(all.length);
  return minimalPairs(model, tokenizer, all, { onProgress, signal });
};

const judge: Task = async ({ judged }) => judgeResults(await judged());

const winRateTask: Task = async ({ judged, baseline }) => winRate(await judged(), baseline!); // offered only with one

/** Answers to the questions of the held-out pairs, each asked once. */
export async function askJudgeQuestions({
  model,
  tokenizer,
  files,
  limit,
  begin,
  onProgress,
  signal,
}: Omit<TaskPlace, 'judged' | 'marked'>): Promise<JudgedAnswer[]> {
  const held = readPreferences(files.preferencesHeldOut!); // offered only where there is a file
  const questions = [...new Set([...held].map(({ prompt }) => prompt))].slice(0, limit);
  begin(questions.length);
  const key = readAnswerKey(files.answerKey!);
  return judgeModel(model, tokenizer, { key, questions }, { onProgress, signal });
}
