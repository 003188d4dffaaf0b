/**
 * Comma-separated values as RFC 4180 has them, with a header line: what C-Eval and CMMLU are published in.
 *
 *   question,A,B              fields are separated by commas
 *   "他说：""好""",1,"a,b"     a field with a comma, a quote or a line end stands in quotes, quotes within are doubled
 *
 * A quoted field may go on over several lines, so records are numbered by the line they begin on. Blank lines are skipped.
 */
import { UserError } from '../errors.ts';
import { readLines } from './lines.ts';

export interface CsvRecord {
  /** Fields by the name of their column, as it stands in the header. */
  readonly fields: ReadonlyMap<string, string>;
  /** `file:line` */
  readonly place: string;
}

export function* readCsv(path: string): Generator<CsvRecord> {
  let header: readonly string[] | null = null;
  for (const { values, place } of records(path)) {
    if (header === null) {
      header = values.map((name) => name.trim());
      const twice = header.find((name, i) => header!.indexOf(name) !== i);
      if (twice !== undefined) throw new UserError(`${place}: two columns are called "${twice}"`);
      continue;
    }
    if (values.length !== header.length) {
      throw new UserError(
        `${place}: ${values.length} fields where the header has ${header.length}; a field with a comma must stand in quotes`,
      );
    }
    yield { fields: new Map(header.map((name, i) => [name, values[i]!])), place };
  }
}

function* records(path: string): Generator<{ values: string[]; place: string }> {
  let open: { text: string; number: number } | null = null; // a record whose last quote is still to come
  for (const { text, number } of readLines(path)) {
    if (open === null && text.trim() === '') continue;
    open = open === null ? { text, number } : { text: `${open.text}\n${text}`, number: open.number };
    const place = `${path}:${open.number}`;
    const values = splitRecord(open.text, place);
    if (values === null) continue;
    open = null;
    yield { values, place };
  }
  if (open !== null)
    throw new UserError(`${path}:${open.number}: a quote that is opened here is never closed`);
}

/** The fields of one record; null if it ends within quotes. */
function splitRecord(text: string, place: string): string[] | null {
  const values: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] !== '"') {
      const comma = text.indexOf(',', at);
      const end = comma === -1 ? text.length : comma;
      values.push(text.slice(at, end));
      if (comma === -1) return values;
      at = end + 1;
      continue;
    }
    let value = '';
    let from = at + 1;
    for (;;) {
      const quote = text.indexOf('"', from);
      if (quote === -1) return null;
      value += text.slice(from, quote);
      if (text[quote + 1] !== '"') {
        at = quote + 1;
        break;
      }
      value += '"';
      from = quote + 2;
    }
    values.push(value);
    if (at === text.length) return values;
    if (text[at] !== ',') {
      throw new UserError(`${place}: after a closing quote a comma must follow, got "${text[at]}"`);
    }
    at++;
  }
}
