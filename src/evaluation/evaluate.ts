/**
 * All tasks of a model, as one table.
 *
 *   bits-per-byte            on held-out text
 *   facts-seen               known facts, asked in a form of words that training used for other facts
 *   facts-unseen             known facts, asked in a form that training never used
 *   facts-pretrain-only      facts that were told in pretraining and never asked in training
 */
import { type DataFiles, heldOutDocuments } from '../data/layout.ts';
import { readQuestions } from '../data/questions.ts';
import { UserError } from '../errors.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { scoreTexts } from './bits-per-byte.ts';
import { type Answered, answerQuestions, exactMatch } from './exact-match.ts';
import type { Estimate } from './intervals.ts';

export type Results = Record<string, Estimate>;

export interface EvaluateOptions {
  /** Tasks to run; all that the data has by default. */
  readonly tasks?: readonly string[] | undefined;
  /** At most so many documents and questions of each task. */
  readonly limit?: number;
  readonly onTask?: (task: string, total: number) => void;
  readonly onProgress?: (done: number) => void;
  readonly onAnswers?: (task: string, answers: readonly Answered[]) => void;
}

export async function evaluateModel(
  model: CausalLM,
  tokenizer: Tokenizer,
  files: DataFiles,
  { tasks, limit = Infinity, onTask, onProgress, onAnswers }: EvaluateOptions = {},
): Promise<Results> {
  const available = ['bits-per-byte', ...files.questions.keys()];
  for (const task of tasks ?? []) {
    if (!available.includes(task))
      throw new UserError(`There is no task "${task}"; choose from ${available.join(', ')}`);
  }
  model.eval();
  const results: Results = {};
  for (const task of tasks ?? available) {
    if (task === 'bits-per-byte') {
      if (files.pretrain.endsWith('.bin') && files.heldOut === null) continue; // token files have no text to count bytes of
      const texts = heldOutDocuments(files, Math.min(limit, 2000));
      if (texts.length === 0) continue;
      onTask?.(task, texts.length);
      const score = await scoreTexts(model, tokenizer, texts);
      results[task] = score.bitsPerByte;
      results.perplexity = exponent(score);
      onProgress?.(texts.length);
      continue;
    }
    const questions = readQuestions(files.questions.get(task)!).slice(0, limit);
    onTask?.(task, questions.length);
    const answers = await answerQuestions(model, tokenizer, questions, onProgress);
    results[task] = exactMatch(answers);
    onAnswers?.(task, answers);
  }
  return results;
}

/** Perplexity a token, with the interval that follows from that of bits per byte (nats a token are proportional to it). */
function exponent({ bitsPerByte, perplexity }: { bitsPerByte: Estimate; perplexity: number }): Estimate {
  const at = (bits: number) => perplexity ** (bits / bitsPerByte.value);
  return { value: perplexity, low: at(bitsPerByte.low), high: at(bitsPerByte.high), n: bitsPerByte.n };
}
