/**
 * JSON Lines: one JSON object per line. Blank lines are skipped; a line that is not a JSON object is refused with file and line.
 */
import { readLines } from '../bytes/lines.ts';
import { type DataRecord, parseObject } from './record.ts';

/** Every line as an object. */
export function* readJsonl(path: string): Generator<DataRecord> {
  for (const { text, number } of readLines(path)) {
    if (text.trim() === '') continue;
    const place = `${path}:${number}`;
    yield { value: parseObject(text, place, 'this line'), place };
  }
}
