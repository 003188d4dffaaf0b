/**
 * What of a corpus is learned and what is held out: every 50th document. A text of few documents (a novel without blank lines is
 * one) is cut into pages at its line ends, and every 20th page is held out; the pages between two of them stay one text.
 *
 *   document document ... document   ->   1 in 50 held out         one long document   ->   19 pages | 1 held out | 19 pages | ...
 *
 * Which ones these are depends on their number alone, so every reader of the corpus finds the same.
 */
import { readDocuments } from './corpus.ts';

const DOCUMENTS = 50;
const PAGES = 20;
/** A page ends with the line in which it has at least so many characters. */
const PAGE_CHARACTERS = 600;

export interface Part {
  readonly text: string;
  readonly heldOut: boolean;
}

/** The documents of a corpus, or parts of them, in order. */
export function* splitDocuments(path: string): Generator<Part> {
  if (hasFew(path)) {
    yield* splitPages(path);
    return;
  }
  let n = 0;
  for (const text of readDocuments(path)) yield { text, heldOut: ++n % DOCUMENTS === 0 };
}

function hasFew(path: string): boolean {
  let n = 0;
  for (const _ of readDocuments(path)) if (++n === DOCUMENTS) return false;
  return true;
}

function* splitPages(path: string): Generator<Part> {
  let n = 0;
  for (const document of readDocuments(path)) {
    let between: string[] = [];
    for (const { page, isFull } of pagesOf(document)) {
      if (!isFull || ++n % PAGES !== 0) {
        between.push(page);
        continue;
      }
      if (between.length > 0) yield { text: between.join('\n'), heldOut: false };
      between = [];
      yield { text: page, heldOut: true };
    }
    if (between.length > 0) yield { text: between.join('\n'), heldOut: false };
  }
}

/** What a document ends with is no whole page, and is never held out. */
function* pagesOf(document: string): Generator<{ page: string; isFull: boolean }> {
  let page: string[] = [];
  let characters = 0;
  for (const line of document.split('\n')) {
    page.push(line);
    characters += line.length;
    if (characters < PAGE_CHARACTERS) continue;
    yield { page: page.join('\n'), isFull: true };
    page = [];
    characters = 0;
  }
  if (page.length > 0) yield { page: page.join('\n'), isFull: false };
}
