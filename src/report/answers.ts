/**
 * The same ten questions, asked of the model that each stage left: greedy, so that a difference is the stage's doing and not
 * luck.
 *
 * The choice is fixed by the data: spread evenly over its exact-match tasks and over each of them. A base model was never taught
 * to answer; it continues the question as text, and nobody calls that right or wrong.
 */
import type { DataFiles } from '../data/layout.ts';
import { type Question, readQuestions } from '../data/questions.ts';
import { answerQuestions } from '../evaluation/exact-match.ts';
import { generateBatch } from '../generation/generate.ts';
import type { LoadedModel } from '../storage/model-directory.ts';

export const QUESTIONS = 10;
const CONTINUATION_TOKENS = 24;

export interface Asked {
  readonly task: string;
  readonly question: Question;
}

export interface StageAnswer {
  readonly text: string;
  /** Null where the model was not asked but left to continue. */
  readonly correct: boolean | null;
}

/** Ten questions (fewer where the data has fewer); none where it has none. */
export function chooseQuestions(files: DataFiles): Asked[] {
  const tasks = [...files.questions];
  return tasks.flatMap(([task, path], i) => {
    const all = readQuestions(path);
    // 10 over three tasks: 4, 3, 3.
    const share = Math.floor(QUESTIONS / tasks.length) + (i < QUESTIONS % tasks.length ? 1 : 0);
    const count = Math.min(share, all.length);
    return Array.from({ length: count }, (_, k) => ({
      task,
      question: all[Math.floor(((k + 0.5) * all.length) / count)]!,
    }));
  });
}

/** Answers of a model, one for each question. */
export async function answersOf(
  { model, tokenizer }: LoadedModel,
  asked: readonly Asked[],
  isBase: boolean,
  signal?: AbortSignal,
): Promise<StageAnswer[]> {
  const questions = asked.map(({ question }) => question);
  if (!isBase) {
    const answered = await answerQuestions(model, tokenizer, questions, { signal });
    return answered.map(({ text, correct }) => ({ text, correct }));
  }
  const prompts = questions.map(({ question }) => [tokenizer.eosId, ...tokenizer.encode(question)]);
  const fits = (prompt: readonly number[]) => prompt.length <= model.config.maxPositionEmbeddings;
  const continued = await generateBatch(model, prompts.filter(fits), {
    maxNewTokens: CONTINUATION_TOKENS,
    stopIds: [tokenizer.eosId],
    signal,
  });
  return prompts.map((prompt) => {
    const ids = fits(prompt) ? continued.shift()! : [];
    return { text: tokenizer.decode(ids, { skipSpecial: true }), correct: null };
  });
}
