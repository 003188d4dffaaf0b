/**
 * The same questions, three answers each, drawn at temperature 1 and marked by the judge. The likeliest answer may stay the same
 * through alignment; what changes is what else a model says, and that is seen only by drawing.
 */
import { readAnswerKey } from '../data/answer-key.ts';
import type { DataFiles } from '../data/layout.ts';
import { readPreferences } from '../data/preferences.ts';
import { JUDGED, Judge, type Judged } from '../evaluation/judge.ts';
import { drawForJudge } from '../evaluation/judged-answers.ts';
import type { LoadedModel } from '../storage/model-directory.ts';

const QUESTIONS = 5;
const DRAWS = 3;
/** Every stage draws with the same seed; not that of the evaluation, whose answers are counted. */
const SEED = 7;

/** What to ask, and who marks the answers. */
export interface Exam {
  readonly questions: readonly string[];
  readonly judge: Judge;
}

export interface DrawnAnswer {
  readonly text: string;
  /** Qualities that the judge misses. */
  readonly lacks: readonly Judged[];
}

/** Questions of the held-out pairs, spread evenly; null where the data has none that the judge knows. */
export function chooseExam({ answerKey, preferencesHeldOut }: DataFiles): Exam | null {
  if (answerKey === null || preferencesHeldOut === null) return null;
  const judge = new Judge(readAnswerKey(answerKey));
  const prompts = new Set([...readPreferences(preferencesHeldOut)].map(({ prompt }) => prompt));
  const known = [...prompts].filter((prompt) => judge.knows(prompt));
  const count = Math.min(QUESTIONS, known.length);
  const questions = Array.from(
    { length: count },
    (_, i) => known[Math.floor(((i + 0.5) * known.length) / count)]!,
  );
  return count === 0 ? null : { questions, judge };
}

/** For each question the drawn answers. */
export async function drawAnswers(
  loaded: LoadedModel,
  { questions, judge }: Exam,
  signal?: AbortSignal,
): Promise<DrawnAnswer[][]> {
  const asked = questions.flatMap((question) => Array<string>(DRAWS).fill(question));
  const answers = await drawForJudge(loaded, asked, { judge, seed: SEED, signal });
  return questions.map((question, i) =>
    answers.slice(i * DRAWS, (i + 1) * DRAWS).map(({ text, finished }) => {
      const verdict = judge.judge(question, text, { finished });
      return { text, lacks: JUDGED.filter((quality) => verdict[quality] === 0) };
    }),
  );
}
