/**
 * Separated values as RFC 4180 has them, with a header line: commas (what C-Eval and CMMLU are published in), or tabs for .tsv.
 *
 *   question,A,B              fields are separated by commas
 *   "他说：""好""",1,"a,b"     a field with a comma, a quote or a line end stands in quotes, and quotes inside it are doubled
 *
 * A quoted field may run over several lines, so the place of a record is the line it begins on. Blank lines are skipped.
 */
import { UserError } from '../../errors.ts';
import { MAX_RECORD_BYTES } from '../bytes/chunks.ts';
import { readLines } from '../bytes/lines.ts';

export interface CsvRecord {
  /** Fields by the name of their column, as it stands in the header. */
  readonly fields: ReadonlyMap<string, string>;
  /** `file:line` */
  readonly place: string;
}

export function* readCsv(
  path: string,
  separator: ',' | '\t' = ',',
  maxCharacters = MAX_RECORD_BYTES,
): Generator<CsvRecord> {
  let header: readonly string[] | null = null;
  for (const { values, place } of rows(path, separator, maxCharacters)) {
    if (header === null) {
      header = values.map((name) => name.trim());
      const twice = header.find((name, i) => header!.indexOf(name) !== i); // it was set in the line above
      if (twice !== undefined) throw new UserError(`${place}: two columns are called "${twice}"`);
      continue;
    }
    if (values.length !== header.length) {
      throw new UserError(
        `${place}: ${values.length} fields where the header has ${header.length}; ` +
          `a field with a ${nameOf(separator)} must stand in quotes`,
      );
    }
    yield { fields: new Map(header.map((name, i) => [name, values[i]!])), place };
  }
}

interface Row {
  readonly values: string[];
  readonly place: string;
}

function* rows(path: string, separator: string, maxCharacters: number): Generator<Row> {
  let row: Row = { values: [], place: '' };
  let quoted: string[] | null = null; // pieces of a quoted field whose end is still to come
  let characters = 0;
  for (const { text, number } of readLines(path)) {
    if (quoted === null) {
      if (text.trim() === '') continue;
      row = { values: [], place: `${path}:${number}` };
      characters = 0;
    } else quoted.push('\n');
    characters += text.length;
    if (characters > maxCharacters)
      throw new UserError(
        `${row.place}: this record is longer than ${maxCharacters.toLocaleString('en')} characters; ` +
          'is a quote in it never closed?',
      );
    quoted = readFields(text, separator, row, quoted);
    if (quoted === null) yield row;
  }
  if (quoted !== null) throw new UserError(`${row.place}: a quote that is opened here is never closed`);
}

/** Adds the fields of a line to the row. Returns the pieces of a quoted field that the line leaves open, or null. */
function readFields(text: string, separator: string, row: Row, open: string[] | null): string[] | null {
  let at = 0;
  for (let quoted = open; ; quoted = null) {
    if (quoted === null && text[at] !== '"') {
      const next = text.indexOf(separator, at);
      row.values.push(text.slice(at, next === -1 ? undefined : next));
      if (next === -1) return null;
      at = next + 1;
      continue;
    }
    if (quoted === null) at++;
    const pieces = quoted ?? [];
    for (;;) {
      const quote = text.indexOf('"', at);
      if (quote === -1) {
        pieces.push(text.slice(at));
        return pieces;
      }
      pieces.push(text.slice(at, quote));
      at = quote + 1;
      if (text[at] !== '"') break;
      pieces.push('"');
      at++;
    }
    row.values.push(pieces.join(''));
    if (at === text.length) return null;
    if (text[at] !== separator) {
      throw new UserError(
        `${row.place}: after a closing quote a ${nameOf(separator)} must follow, got "${text[at]}"`,
      );
    }
    at++;
  }
}

function nameOf(separator: string): string {
  return separator === '\t' ? 'tab' : 'comma';
}
