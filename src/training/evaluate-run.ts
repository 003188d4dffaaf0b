/**
 * The end of a run: every model that is there does the same tasks, and the last one answers a few questions.
 */
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { evaluateModel, type Results } from '../evaluation/evaluate.ts';
import type { JudgedAnswer } from '../evaluation/judged-answers.ts';
import { rewardAccuracyOn } from '../evaluation/reward-accuracy.ts';
import { formatResults } from '../evaluation/table.ts';
import { prettyJson } from '../formats/json.ts';
import { writeFileAtomically } from '../storage/atomic.ts';
import { loadModelDirectory, loadRewardDirectory } from '../storage/model-directory.ts';
import { strangers } from './belonging.ts';
import { readOrigin } from './origin.ts';
import type { Run } from './run.ts';
import { printSamples } from './samples.ts';
import { QUICK } from './settings.ts';
import type { Stage } from './stage.ts';

/** A model to measure. */
interface Candidate {
  readonly name: string;
  readonly folder: string;
  readonly leaves: Stage['leaves'];
  /** Whose answers its own are compared with. */
  readonly startsFrom: string | null;
  readonly rank: number;
}

/** The column of the model that a run began with. */
const INIT = 'init';

/** Measure all models of the run; writes evaluation.json. */
export async function evaluateRun(run: Run): Promise<void> {
  const { out, files, settings, reporter, signal } = run;
  const candidates = candidatesOf(run);
  for (const sentence of strangers(run.known, out)) reporter.note(sentence);
  const all: Record<string, Results> = {};
  const judged = new Map<string, readonly JudgedAnswer[]>();
  for (const { name, folder, leaves, startsFrom } of candidates) {
    if (leaves === 'rewards') {
      const results = await evaluateReward(folder, run);
      if (results !== null) all[name] = results;
      continue;
    }
    const { model, tokenizer } = loadModelDirectory(folder);
    all[name] = await evaluateModel(model, tokenizer, files, {
      chat: leaves === 'chat', // a base model continues text
      baseline: judged.get(startsFrom ?? '') ?? judged.get(INIT) ?? null,
      onJudged: (answers) => judged.set(name, answers),
      limit: settings.quick ? QUICK.questions : Infinity,
      onTask: (task, total) => reporter.begin(`${name} ${task}`, total),
      onProgress: (done) => reporter.advance(done, ''),
      signal,
    });
    reporter.end('');
  }
  writeFileAtomically(join(out, 'evaluation.json'), prettyJson(all));
  reporter.note(`\n${formatResults(all)}\n`);
  // The one that chat.ts takes.
  const [speaker] = candidates.filter(({ leaves }) => leaves !== 'rewards').sort((a, b) => b.rank - a.rank);
  if (speaker !== undefined) {
    const { folder, leaves } = speaker;
    await printSamples(folder, { answers: leaves === 'chat', files, reporter, signal });
  }
}

/** The models of the stages that are there; before those that were only aligned here, the one they were aligned from. */
function candidatesOf(run: Run): Candidate[] {
  const { known, out, settings } = run;
  const present = known.filter(({ name, leaves }) => leaves !== 'vocabulary' && run.has(name));
  const candidates = present.map(({ name, leaves, startsFrom, chatRank = 0 }): Candidate => {
    return { name, folder: run.directoryOf(name), leaves, startsFrom, rank: chatRank };
  });
  if (settings.initFrom !== null && present.every(({ learnsFrom }) => learnsFrom === 'preferences'))
    candidates.unshift({
      name: INIT,
      folder: settings.initFrom,
      leaves: known.find(({ name }) => name === readOrigin(settings.initFrom ?? '')?.stage)?.leaves ?? 'chat',
      startsFrom: null,
      rank: 0.5,
    });
  if (candidates.length > 0) return candidates;
  throw new UserError(`There is nothing to evaluate in ${out}; train a stage first or give --init-from`);
}

/** A reward model answers no questions: it is asked which of two answers is better. Null where the data has no held-out pairs. */
async function evaluateReward(folder: string, { files, reporter, signal }: Run): Promise<Results | null> {
  if (files.preferencesHeldOut === null) return null;
  const { model, tokenizer } = loadRewardDirectory(folder);
  return rewardAccuracyOn(files.preferencesHeldOut, model, tokenizer, {
    onNote: (text) => reporter.note(text),
    signal,
  });
}
