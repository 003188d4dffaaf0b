/**
 * Preference pairs: two answers to one prompt, the better one named. From a file in any format of records.ts with the fields of
 * preference-fields.ts:
 *
 *   {"prompt": "...", "chosen": "...", "rejected": "...", "quality": "fact"}       quality: what the pair judges; may be missing
 */
import { type Choice, preferences } from './maps/preference-fields.ts';

export interface Preference extends Choice {
  /** `file:line`, or record or row. */
  readonly place: string;
}

export function* readPreferences(path: string): Generator<Preference> {
  for (const { made, place } of preferences.read(path)) yield { ...made, place };
}

/**
 * Questions whose answer can be checked: prompt -> the fact that a right answer contains. It is known from the pairs in which a
 * full sentence was preferred to the bare fact (quality "sentence").
 */
export function factsOf(pairs: Iterable<Preference>): Map<string, string> {
  const facts = new Map<string, string>();
  for (const { prompt, chosen, rejected, quality } of pairs) {
    const fact = rejected.replace(/。$/, '');
    if (quality === 'sentence' && fact !== '' && chosen.includes(fact)) facts.set(prompt, fact);
  }
  return facts;
}
