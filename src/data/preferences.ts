/**
 * Preference pairs, one a line: two answers to one prompt, the better one named.
 *
 *   {"prompt": "...", "chosen": "...", "rejected": "...", "quality": "fact"}       quality: what the pair judges; may be missing
 */
import { type JsonlRecord, readJsonl, stringField } from './jsonl.ts';

export interface Preference {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  /** What the two differ in; 'all' where the file does not say. */
  readonly quality: string;
  /** `file:line` */
  readonly place: string;
}

export function* readPreferences(path: string): Generator<Preference> {
  for (const record of readJsonl(path)) {
    yield {
      prompt: stringField(record, 'prompt'),
      chosen: stringField(record, 'chosen'),
      rejected: stringField(record, 'rejected'),
      quality: qualityOf(record),
      place: record.place,
    };
  }
}

function qualityOf(record: JsonlRecord): string {
  return record.value.quality === undefined ? 'all' : stringField(record, 'quality');
}

/**
 * Questions whose answer can be checked: prompt -> the fact that a right answer contains. Known from the pairs in which a full sentence
 * was preferred to the bare fact (quality "sentence").
 */
export function factsOf(preferences: Iterable<Preference>): Map<string, string> {
  const facts = new Map<string, string>();
  for (const { prompt, chosen, rejected, quality } of preferences) {
    const fact = rejected.replace(/。$/, '');
    if (quality === 'sentence' && fact !== '' && chosen.includes(fact)) facts.set(prompt, fact);
  }
  return facts;
}
