/**
 * A record: one object of a data file, whatever the format, and where it stands, for messages.
 *
 *   corpus.jsonl:17      the line of .jsonl, .csv and .tsv (the first one, where a quoted field has several)
 *   corpus.json: record 17      corpus.parquet: row 17
 */
import { UserError } from '../../errors.ts';

export interface DataRecord {
  readonly value: Readonly<Record<string, unknown>>;
  readonly place: string;
}

/** A field that must be a string. */
export function stringField({ value, place }: DataRecord, field: string): string {
  const text = ownField(value, field);
  if (typeof text !== 'string')
    throw new UserError(`${place}: the field "${field}" must be a string, got ${show(text)}`);
  return text;
}

/** A field that is a string, or '' where it is missing or null, as in tables where not every instruction has an input. */
export function textField(record: DataRecord, field: string): string {
  const text = ownField(record.value, field);
  return text === undefined || text === null ? '' : stringField(record, field);
}

/** A field that must be a list of at least one text. `what`: "sentence". */
export function textList({ value, place }: DataRecord, field: string, what = 'text'): string[] {
  const list = ownField(value, field);
  if (!Array.isArray(list) || list.length === 0 || !list.every((text) => typeof text === 'string'))
    throw new UserError(`${place}: "${field}" must be a list of at least one ${what}`);
  return list;
}

/** What a record itself has under a name; what all objects inherit (constructor, __proto__, ...) is not data. */
export function ownField(value: object, field: string): unknown {
  return Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
}

/** The object that a piece of JSON holds. `what` names the piece in the error: "this line". */
export function parseObject(text: string, place: string, what: string): DataRecord['value'] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message.replaceAll(/\s+/g, ' ');
    throw new UserError(`${place}: ${what} is not valid JSON (${reason})`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new UserError(`${place}: expected a JSON object, got ${text.slice(0, 40)}`);
  return value as DataRecord['value'];
}

/** A value in a sentence: as JSON, cut after 60 characters. */
export function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  let text: string;
  try {
    text = JSON.stringify(value) ?? typeof value;
  } catch {
    return typeof value; // 64-bit integers from parquet have no JSON
  }
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
