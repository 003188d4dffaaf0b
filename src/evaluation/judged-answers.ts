/**
 * A model's answers before the judge: mean score, the share that has each quality, and how varied the answers are.
 *
 * Answers are drawn, not greedy: alignment changes the distribution, and the most likely answer of an SFT model may be right
 * while much of what it says is not.
 *
 *   judge-score, judge-fact, judge-sentence, judge-polite, judge-stop
 *   answer-length (characters), distinct-1, distinct-2, repetition
 */
import type { KnownFact } from '../data/answer-key.ts';
import { encodePrompt } from '../data/rows/pairs.ts';
import type { Watch } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { answerPrompts, type GivenAnswer, MAX_ANSWER_TOKENS, MAX_LONG_ANSWER_TOKENS } from './answers.ts';
import { bootstrapMean } from './bootstrap.ts';
import { diversity } from './diversity.ts';
import { type Estimate, wilson } from './intervals.ts';
import { JUDGED, Judge, type Verdict } from './judge.ts';

export interface JudgedAnswer extends GivenAnswer {
  readonly question: string;
  readonly verdict: Verdict;
}

/** Every model draws with the same seed. */
const SEED = 1;

/** Ask every question once and judge the answers. Questions that are not in the key are left out. */
export async function judgeModel(
  model: CausalLM,
  tokenizer: Tokenizer,
  { key, questions }: { readonly key: readonly KnownFact[]; readonly questions: readonly string[] },
  watch: Watch = {},
): Promise<JudgedAnswer[]> {
  const judge = new Judge(key);
  const known = questions.filter((question) => judge.knows(question));
  const answers = await drawForJudge({ model, tokenizer }, known, { judge, seed: SEED, ...watch });
  return known.map((question, i) => {
    const answer = answers[i]!;
    return { question, ...answer, verdict: judge.judge(question, answer.text, answer) };
  });
}

/** Answers at temperature 1, each with room for what its question asks. */
export async function drawForJudge(
  { model, tokenizer }: { readonly model: CausalLM; readonly tokenizer: Tokenizer },
  questions: readonly string[],
  { judge, seed, onProgress, signal }: { readonly judge: Judge; readonly seed: number } & Watch,
): Promise<GivenAnswer[]> {
  const answers = new Array<GivenAnswer>(questions.length);
  let before = 0;
  for (const [long, maxNewTokens] of [
    [false, MAX_ANSWER_TOKENS],
    [true, MAX_LONG_ANSWER_TOKENS],
  ] as const) {
    const places = [...questions.keys()].filter((i) => judge.expectsMuch(questions[i]!) === long);
    const prompts = places.map((i) => encodePrompt(tokenizer, questions[i]!));
    const done = before;
    const watch = { onProgress: (more: number) => onProgress?.(done + more), signal };
    const given = await answerPrompts(model, tokenizer, prompts, { ...watch, seed, maxNewTokens });
    for (const [row, i] of places.entries()) answers[i] = given[row]!;
    before += places.length;
  }
  return answers;
}

export function judgeResults(answers: readonly JudgedAnswer[]): Record<string, Estimate> {
  const shares = JUDGED.map((quality) => {
    const have = answers.filter(({ verdict }) => verdict[quality] === 1).length;
    return [`judge-${quality}`, wilson(have, answers.length)] as const;
  });
  return {
    'judge-score': bootstrapMean(answers.map(({ verdict }) => verdict.score)),
    ...Object.fromEntries(shares),
    ...diversity(answers.map(({ text }) => text)),
  };
}
