/** Records for the field maps, all made up, written as .jsonl and read back; and which maps a test file has used. */
import * as assert from 'uvu/assert';
import { readDocuments } from '../../../src/data/corpus.ts';
import { readDialogues } from '../../../src/data/dialogues.ts';
import type { FieldMap } from '../../../src/data/maps/field-map.ts';
import { readPreferences } from '../../../src/data/preferences.ts';
import { put, temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();

export const jsonl = (...records: unknown[]) =>
  put(folder, 'a.jsonl', records.map((record) => `${JSON.stringify(record)}\n`).join(''));
export const textsOf = (...records: unknown[]) => [...readDocuments(jsonl(...records))];
export const dialoguesOf = (...records: unknown[]) =>
  [...readDialogues(jsonl(...records))].map(({ messages }) =>
    messages.map(({ role, content }) => [role, content]),
  );
export const pairsOf = (...records: unknown[]) =>
  [...readPreferences(jsonl(...records))].map(({ prompt, chosen, rejected, quality }) => [
    prompt,
    chosen,
    rejected,
    quality,
  ]);

/** Maps that some test has used, by their first field, or the first two where that is not enough. */
export class Used {
  private readonly names = new Set<string>();

  add(...names: readonly string[]): void {
    for (const name of names) this.names.add(name);
  }

  /** Exactly these maps were used, and each says where it comes from. */
  covers(maps: readonly FieldMap<unknown>[]): void {
    const names = maps.map(({ needs }) => {
      const [first, second] = needs;
      return needs.length === 3 && second !== 'chosen' ? `${first}+${second}` : first!; // a map needs something
    });
    assert.equal([...this.names].sort(), names.sort());
    for (const { sets } of maps) assert.ok(sets.length > 3);
  }
}
