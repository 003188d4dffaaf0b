/**
 * Exact match: ask held-out questions and compare each greedy answer with the accepted ones, to the character.
 *
 * An answer counts if, without surrounding blanks and the final punctuation mark, it equals one of the accepted sentences. The
 * baseline beside it is the best that a model could do without reading the question beyond its kind: always the most frequent
 * answer of that relation.
 */
import type { Question } from '../data/questions.ts';
import { turn } from '../event-loop.ts';
import { generateBatch } from '../generation/generate.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { encodeDialogue, type Tokenizer } from '../tokenizer/index.ts';
import { type Estimate, wilson } from './intervals.ts';

export interface Answered {
  readonly question: Question;
  readonly text: string;
  readonly correct: boolean;
}

const BATCH = 32;
const MAX_ANSWER_TOKENS = 48;

/** The model's answer to every question. */
export async function answerQuestions(
  model: CausalLM,
  tokenizer: Tokenizer,
  questions: readonly Question[],
  onProgress: (done: number) => void = () => {},
): Promise<Answered[]> {
  const prompts = questions.map(({ question }) => {
    return encodeDialogue(tokenizer, [{ role: 'user', content: question }], { addGenerationPrompt: true })
      .ids;
  });
  const order = [...prompts.keys()].sort((a, b) => prompts[a]!.length - prompts[b]!.length);
  const texts = new Array<string>(questions.length).fill('');
  for (let start = 0; start < order.length; start += BATCH) {
    const batch = order.slice(start, start + BATCH);
    const fitting = batch.filter((i) => prompts[i]!.length <= model.config.maxPositionEmbeddings);
    const answers = await generateBatch(
      model,
      fitting.map((i) => prompts[i]!),
      { maxNewTokens: MAX_ANSWER_TOKENS, stopIds: [tokenizer.eosId] },
    );
    for (const [row, i] of fitting.entries())
      texts[i] = tokenizer.decode(answers[row]!, { skipSpecial: true });
    onProgress(start + batch.length);
    await turn();
  }
  return questions.map((question, i) => ({
    question,
    text: texts[i]!,
    correct: isAccepted(texts[i]!, question),
  }));
}

export function exactMatch(answered: readonly Answered[]): Estimate {
  const correct = answered.filter((answer) => answer.correct).length;
  return {
    ...wilson(correct, answered.length),
    chance: majorityBaseline(answered.map(({ question }) => question)),
  };
}

export function isAccepted(text: string, { accepted }: Question): boolean {
  return accepted.some((sentence) => normalize(sentence) === normalize(text));
}

function normalize(text: string): string {
  return text.trim().replace(/[。．.！!？?]+$/u, '');
}

/** Share answered right by always giving the most frequent short answer of the question's relation (chosen with hindsight). */
export function majorityBaseline(questions: readonly Question[]): number {
  const counts = new Map<string, Map<string, number>>();
  for (const { relation, answer } of questions) {
    const answers = counts.get(relation) ?? new Map<string, number>();
    counts.set(relation, answers.set(answer, (answers.get(answer) ?? 0) + 1));
  }
  let right = 0;
  for (const answers of counts.values()) right += Math.max(...answers.values());
  return questions.length === 0 ? 0 : right / questions.length;
}
