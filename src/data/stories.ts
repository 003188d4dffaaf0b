/**
 * Requests for a story, one per line. An empty hero: the request names none.
 *
 *   {"question": "给我讲一个小兔子的故事。", "hero": "小兔子"}
 */
import { listJsonl } from './formats/jsonl.ts';
import { stringField } from './formats/record.ts';

export interface StoryRequest {
  readonly question: string;
  /** Who it is about, or ''. */
  readonly hero: string;
}

export function readStories(path: string): StoryRequest[] {
  return listJsonl(path, 'request', (record) => ({
    question: stringField(record, 'question'),
    hero: stringField(record, 'hero'),
  }));
}
