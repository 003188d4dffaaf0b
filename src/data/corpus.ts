/**
 * Pretraining text as a stream of documents.
 *
 *   .txt                               documents are separated by blank lines; the lines of one document stay together
 *   .jsonl .json .parquet .tsv .csv    one document per record, made of the fields that text-fields.ts knows
 *
 * All are read piece by piece, so a corpus larger than memory is fine.
 */
import { UserError } from '../errors.ts';
import { readLines } from './bytes/lines.ts';
import { filesIn, formatOf, RECORD_FORMATS_IN_WORDS, TEXT_FORMAT, TEXT_FORMATS } from './formats/records.ts';
import { texts } from './maps/text-fields.ts';

/** A text without a blank line for this long is cut here, so that memory stays bounded. */
const MAX_DOCUMENT_CHARACTERS = 1 << 20;

/** Every document of a text file (or of all text files of a directory), without surrounding blanks; empty ones are skipped. */
export function* readDocuments(path: string): Generator<string> {
  for (const file of filesIn(path, TEXT_FORMATS)) {
    for (const document of documentsOf(file)) {
      const text = document.trim();
      if (text !== '') yield text;
    }
  }
}

function documentsOf(path: string): Generator<string> {
  const format = formatOf(path);
  if (!TEXT_FORMATS.includes(format)) {
    throw new UserError(
      `${path}: a pretraining text must be a .txt, ${RECORD_FORMATS_IN_WORDS} file, or a .bin file`,
    );
  }
  return format.startsWith(TEXT_FORMAT) ? textDocuments(path) : recordDocuments(path);
}

function* textDocuments(path: string): Generator<string> {
  let lines: string[] = [];
  let characters = 0;
  for (const { text } of readLines(path)) {
    if (text.trim() !== '') {
      lines.push(text);
      characters += text.length;
      if (characters < MAX_DOCUMENT_CHARACTERS) continue;
    }
    yield lines.join('\n');
    lines = [];
    characters = 0;
  }
  yield lines.join('\n');
}

function* recordDocuments(path: string): Generator<string> {
  for (const { made } of texts.read(path)) yield made;
}
