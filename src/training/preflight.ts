/**
 * Before any work: everything that the chosen stages are going to read is read once, and what an earlier session left is compared
 * with what this one would make.
 *
 *   data         every record of every file, through the reader of its stage; the SHA-256 of its bytes goes into the origins
 *   models       weights, vocabulary and reward model to start from, with their checksums
 *   stages       with --resume: those that are there must be made of what this run would make them of
 *   vocabulary   as soon as there is one: does anything of the data fit the context?
 */
import { inspectData } from '../data/inspect.ts';
import { UserError } from '../errors.ts';
import { locateDirectory, repairDirectory } from '../storage/atomic.ts';
import { verifyDirectory } from '../storage/checksums.ts';
import {
  loadModelDirectory,
  loadRewardDirectory,
  loadTokenizerDirectory,
} from '../storage/model-directory.ts';
import { readOrigin, requireSame, vocabularyIn } from './origin.ts';
import { loadReward } from './rollouts/rewards.ts';
import type { Run } from './run.ts';
import { EVALUATE } from './stages/index.ts';

/** Reading that takes no longer is not worth a word. */
const QUIET_MS = 1000;

/** Throws a UserError at the first thing that cannot be used. */
export async function preflight(run: Run): Promise<void> {
  if (run.resume) for (const { name } of run.known) repairDirectory(run.directoryOf(name));
  await readData(run);
  readModels(run);
  if (run.resume) compareStages(run);
  if (!run.makesVocabulary()) rehearse(run);
}

async function readData(run: Run): Promise<void> {
  const { files, stages, reporter, signal } = run;
  const learns = (lesson: string) => stages.some(({ learnsFrom }) => learnsFrom === lesson);
  const makesVocabulary = stages.some(({ leaves }) => leaves === 'vocabulary');
  const wants = {
    text: learns('text'),
    dialogues: files.sft !== null && (learns('dialogues') || makesVocabulary),
    preferences: learns('preferences'),
    evaluation: run.willRun(EVALUATE),
  };
  const began = performance.now();
  let isShown = false;
  const sums = await inspectData(files, wants, {
    onProgress(file, done, total) {
      if (done >= total || performance.now() - began < QUIET_MS) return;
      if (!isShown) reporter.begin('reading data', total);
      isShown = true;
      reporter.advance(done, file);
    },
    shouldStop: () => signal?.aborted ?? false,
  });
  if (isShown) reporter.end('');
  signal?.throwIfAborted();
  if (sums !== null) run.knowsData(sums);
}

/** Refuse data of which nothing can be learned with the vocabulary that there is now. */
export function rehearse(run: Run): void {
  const tokenizer = loadTokenizerDirectory(run.vocabularyDirectory());
  const context = run.context();
  for (const stage of run.stages) stage.rehearse?.({ ...run.placeOf(stage), tokenizer, context });
  for (const directory of rewardModels(run)) loadReward(directory, tokenizer, context);
}

/** The models that are there already. Those that this run makes are verified when the next stage opens them. */
function readModels(run: Run): void {
  if (run.makesVocabulary()) {
    for (const directory of rewardModels(run)) loadRewardDirectory(directory); // its vocabulary is compared once there is another
    return;
  }
  const starts = new Set(run.stages.map((stage) => run.startOf(stage)).filter((start) => start !== null));
  for (const { name } of run.stages) starts.delete(run.directoryOf(name));
  if (starts.size === 0) return;
  const tokenizer = loadTokenizerDirectory(run.vocabularyDirectory());
  const vocabulary = vocabularyIn(run.vocabularyDirectory());
  for (const start of starts) {
    const { model } = loadModelDirectory(start);
    const made = readOrigin(start)?.from.vocabulary;
    const isOther = made !== undefined && made !== vocabulary && start !== run.settings.initFrom;
    if (isOther || model.config.vocabSize !== tokenizer.vocabSize) {
      throw new UserError(
        `${start} was made with another vocabulary than the one in ${run.vocabularyDirectory()}; they do not belong together`,
      );
    }
  }
}

/** The reward models that stages read and this run does not make. */
function rewardModels(run: Run): Set<string> {
  const read = run.stages.flatMap((stage) => stage.reads?.(run.placeOf(stage)).rewards ?? []);
  return new Set(
    read.filter((directory) => !run.stages.some(({ name }) => run.directoryOf(name) === directory)),
  );
}

function compareStages(run: Run): void {
  for (const stage of run.stages) {
    if (!run.has(stage.name)) continue;
    const directory = run.directoryOf(stage.name);
    verifyDirectory(locateDirectory(directory));
    requireSame(directory, readOrigin(directory), run.originOf(stage), run.settings.data);
  }
}
