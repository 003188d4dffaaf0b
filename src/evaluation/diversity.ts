/**
 * How varied answers are, so that degenerate ones show: a policy that says one pleasing sentence to everything, or one word for
 * ever.
 *
 *   distinct-n      different n-grams / all n-grams, over all answers together         (Li et al. 2016, characters for words)
 *   repetition      1 - different bigrams / bigrams within an answer, mean over the answers      0: nothing said twice
 *   answer-length   characters, mean over the answers
 *
 * distinct-n falls with the amount of text: compare stages on the same questions only. It is a count over all answers without a
 * sampling interval (resampled answers are doubled answers, which it would punish), so its interval is the value itself.
 */
import { bootstrapMean } from './bootstrap.ts';
import type { Estimate } from './intervals.ts';

export function diversity(texts: readonly string[]): Record<string, Estimate> {
  const answers = texts.map((text) => [...text.trim()]);
  const exact = (value: number): Estimate => ({ value, low: value, high: value, n: texts.length });
  return {
    'answer-length': bootstrapMean(answers.map((characters) => characters.length)),
    'distinct-1': exact(distinct(answers.map((characters) => ngrams(characters, 1)))),
    'distinct-2': exact(distinct(answers.map((characters) => ngrams(characters, 2)))),
    repetition: bootstrapMean(
      answers.map((characters) => {
        const bigrams = ngrams(characters, 2);
        return bigrams.length === 0 ? 0 : 1 - new Set(bigrams).size / bigrams.length;
      }),
    ),
  };
}

function distinct(grams: readonly (readonly string[])[]): number {
  const all = grams.flat();
  return all.length === 0 ? 0 : new Set(all).size / all.length;
}

/** n-grams within one answer: none reaches over its end. */
function ngrams(characters: readonly string[], n: number): string[] {
  return characters.slice(n - 1).map((_, i) => characters.slice(i, i + n).join(''));
}
