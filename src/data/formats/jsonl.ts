/**
 * JSON Lines: one JSON object per line. Blank lines are skipped; a line that is not a JSON object is refused with file and line.
 */
import { UserError } from '../../errors.ts';
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

/** Every line as what it stands for; at least one, since nothing measured on nothing makes sense. `what`: "question". */
export function listJsonl<T>(path: string, what: string, make: (record: DataRecord) => T): T[] {
  const list = [...readJsonl(path)].map(make);
  if (list.length === 0)
    throw new UserError(`${path} holds no ${what}; give at least one, or leave the file out`);
  return list;
}
