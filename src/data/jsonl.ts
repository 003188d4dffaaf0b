/**
 * JSON Lines: one JSON value a line. Blank lines are skipped; a line that is no JSON is refused with file and line.
 */
import { UserError } from '../errors.ts';
import { readLines } from './lines.ts';

export interface JsonlRecord {
  readonly value: Readonly<Record<string, unknown>>;
  /** `file:line`, for messages. */
  readonly place: string;
}

/** Every line as an object. */
export function* readJsonl(path: string): Generator<JsonlRecord> {
  for (const { text, number } of readLines(path)) {
    if (text.trim() === '') continue;
    const place = `${path}:${number}`;
    yield { value: parseObject(text, place), place };
  }
}

function parseObject(text: string, place: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${place}: this line is not valid JSON (${(error as Error).message})`);
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new UserError(`${place}: expected a JSON object, got ${text.slice(0, 40)}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

/** A field that must be a string. */
export function stringField({ value, place }: JsonlRecord, field: string): string {
  const text = value[field];
  if (typeof text !== 'string') {
    throw new UserError(
      `${place}: the field "${field}" must be a string, got ${JSON.stringify(text) ?? 'nothing'}`,
    );
  }
  return text;
}
