/**
 * Choosing the next token from a row of logits: the most likely one, or a draw from what the processors left.
 *
 * Logits are finite: whoever reads them from a model has refused others (models/finite.ts). From NaN no draw would be a draw.
 */
import { UserError } from '../errors.ts';
import type { Random } from '../tensor/index.ts';
import {
  applyTemperature,
  keepTopK,
  keepTopP,
  type Logits,
  penalizeRepetition,
  softmax,
} from './processors.ts';

export interface SamplingOptions {
  /** 0 means greedy: always the most likely token. */
  readonly temperature: number;
  /** Number of candidates; 0 for no limit. */
  readonly topK: number;
  /** Probability mass of the candidates; 1 for no limit. */
  readonly topP: number;
  /** 1 for none; 1.1 to 1.3 discourages loops. */
  readonly repetitionPenalty: number;
}

export const greedy: SamplingOptions = { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1 };

/** Below this temperature only the largest score has any probability left, and dividing by it may overflow to Infinity. */
const NEARLY_GREEDY = 1e-6;

export function checkSampling({ temperature, topK, topP, repetitionPenalty }: SamplingOptions): void {
  const refuse = (what: string) => {
    throw new UserError(`sampling: ${what}`);
  };
  if (!(temperature >= 0) || temperature > 100)
    refuse(`temperature must be from 0 to 100, got ${temperature}`);
  if (!Number.isInteger(topK) || topK < 0) refuse(`top-k must be a whole number of at least 0, got ${topK}`);
  if (!(topP > 0 && topP <= 1)) refuse(`top-p must be above 0 and at most 1, got ${topP}`);
  if (!(repetitionPenalty > 0) || repetitionPenalty > 100) {
    refuse(`the repetition penalty must be above 0 and at most 100, got ${repetitionPenalty}`);
  }
}

/** Always the most likely token, by the scores as they are. */
export function isGreedy({ temperature, repetitionPenalty }: SamplingOptions): boolean {
  return temperature < NEARLY_GREEDY && repetitionPenalty === 1;
}

/** The next token id. `logits` is overwritten; `seen` are the tokens so far. */
export function sample(
  logits: Logits,
  seen: Iterable<number>,
  options: SamplingOptions,
  random: Random,
): number {
  if (options.repetitionPenalty !== 1) penalizeRepetition(logits, seen, options.repetitionPenalty);
  if (options.temperature < NEARLY_GREEDY) return indexOfMax(logits);
  applyTemperature(logits, options.temperature);
  keepTopK(logits, options.topK);
  keepTopP(logits, options.topP);
  return draw(softmax(logits), random.float());
}

export function indexOfMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** The index into which u in [0, 1) falls when the probabilities are laid end to end. */
export function draw(probabilities: Float64Array, u: number): number {
  let sum = 0;
  let last = 0;
  for (let i = 0; i < probabilities.length; i++) {
    if (probabilities[i] === 0) continue;
    sum += probabilities[i]!;
    last = i;
    if (u < sum) return i;
  }
  return last; // the sum fell short of 1 by rounding
}
