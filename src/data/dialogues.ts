/**
 * Dialogues for instruction tuning, from a file in any format of records.ts with the fields of dialogue-fields.ts:
 *
 *   {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}
 *   {"instruction": "...", "input": "", "output": "..."}
 */
import type { Message } from '../tokenizer/index.ts';
import { dialogues } from './maps/dialogue-fields.ts';

export interface Dialogue {
  readonly messages: readonly Message[];
  /** `file:line`, or record or row. */
  readonly place: string;
}

export function* readDialogues(path: string): Generator<Dialogue> {
  for (const { made, place } of dialogues.read(path)) yield { messages: made, place };
}
