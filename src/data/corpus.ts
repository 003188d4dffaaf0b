/**
 * Pretraining text as a stream of documents.
 *
 *   .txt     documents are separated by blank lines; the lines of one document stay together
 *   .jsonl   one document a line, in the field "text" (or "content", or "completion")
 *
 * Both are read line by line, so a corpus larger than memory is fine.
 */
import { extname } from 'node:path';
import { UserError } from '../errors.ts';
import { readJsonl } from './jsonl.ts';
import { readLines } from './lines.ts';

/** A text without a blank line for this long is cut here, so that memory stays bounded. */
const MAX_DOCUMENT_CHARACTERS = 1 << 20;

const TEXT_FIELDS = ['text', 'content', 'completion'];

/** Every document of a .txt or .jsonl file, without surrounding blanks; empty ones are skipped. */
export function* readDocuments(path: string): Generator<string> {
  const type = extname(path).toLowerCase();
  if (type !== '.txt' && type !== '.jsonl') {
    throw new UserError(`${path}: a pretraining text must be a .txt, .jsonl or .bin file`);
  }
  for (const document of type === '.txt' ? textDocuments(path) : jsonlDocuments(path)) {
    const text = document.trim();
    if (text !== '') yield text;
  }
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

function* jsonlDocuments(path: string): Generator<string> {
  for (const { value, place } of readJsonl(path)) {
    const field = TEXT_FIELDS.find((name) => typeof value[name] === 'string');
    if (field === undefined) {
      const found = Object.keys(value).join(', ') || 'nothing';
      throw new UserError(
        `${place}: no text here; one of the fields ${TEXT_FIELDS.join(', ')} is needed, found ${found}`,
      );
    }
    yield value[field] as string;
  }
}
