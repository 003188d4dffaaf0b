/**
 * JSON text to a value, with a sentence that says where it stops being JSON; and values as a sentence shows them.
 *
 * Nothing of a file is printed as it stands: a line break or an escape code in it would write to the terminal of whoever reads
 * the error. JSON.parse decides what is JSON. Its messages quote raw text and differ between versions of Node, so where it
 * refuses, the place is looked for again here.
 */
import { UserError } from './errors.ts';

/** Deeper than any file that is read here, and far from where a recursive function runs out of stack. */
const MAX_DEPTH = 100;

/** The value in `text`; `source` names the text in errors. What the value has to look like is for a schema to say. */
export function parseJson(text: string, source: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(`${source} is not valid JSON: ${syntaxError(text)}`);
  }
  if (!isShallow(value, MAX_DEPTH))
    throw new UserError(`${source} has more than ${MAX_DEPTH} objects and lists inside each other`);
  return value;
}

/** Characters that JSON.stringify leaves as they are and a terminal obeys, or that nobody sees: C1, DEL, marks of direction. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A text in quotes, cut after `limit` characters, every control character escaped. */
export function quoted(text: string, limit = 60): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}...` : text;
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(cut).replace(UNPRINTABLE, (character) => character.split('').map(escaped).join(''));
}

/** A value in a sentence: "it is ...". Lists and objects are named, not printed. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (value !== null && typeof value === 'object') return 'an object';
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value);
}

function isShallow(value: unknown, depth: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}

function syntaxError(text: string): string {
  if (text.trim() === '') return 'it is empty';
  const at = endOfJson(text);
  if (at >= text.length) return 'it ends too early (cut off?)';
  const before = text.slice(0, at).split('\n'); // one part or more
  return `unexpected ${quoted(text.charAt(at))} at line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

type Expected = 'value' | 'first value' | 'name' | 'first name' | 'colon' | 'more';

/** Index of the first character that cannot stand where it does; the length of the text where only its end is missing. */
function endOfJson(text: string): number {
  const open: string[] = []; // the brackets that will close what is open
  let expected: Expected = 'value';
  for (let i = 0; i < text.length; ) {
    const character = text[i]!; // i is below the length
    const closes = character === open.at(-1);
    if (' \t\n\r'.includes(character)) i++;
    else if (expected === 'colon') {
      if (character !== ':') return i;
      expected = 'value';
      i++;
    } else if (
      closes &&
      (expected === 'more' || expected === `first ${character === ']' ? 'value' : 'name'}`)
    ) {
      open.pop();
      expected = 'more';
      i++;
    } else if (expected === 'more') {
      if (character !== ',' || open.length === 0) return i;
      expected = open.at(-1) === ']' ? 'value' : 'name';
      i++;
    } else if (character === '"') {
      const string = endOfString(text, i + 1);
      if (!string.closed) return string.at;
      expected = expected.endsWith('name') ? 'colon' : 'more';
      i = string.at;
    } else if (expected.endsWith('name')) return i;
    else if (character === '{' || character === '[') {
      open.push(character === '{' ? '}' : ']');
      expected = character === '{' ? 'first name' : 'first value';
      i++;
    } else {
      const word = /(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)/y;
      word.lastIndex = i;
      if (!word.test(text)) return i;
      expected = 'more';
      i = word.lastIndex;
    }
  }
  return text.length;
}

/** From behind the opening quote to behind the closing one, or to the first character that a string cannot hold. */
function endOfString(text: string, from: number): { at: number; closed: boolean } {
  for (let i = from; i < text.length; i++) {
    const character = text[i]!; // i is below the length
    if (character === '"') return { at: i + 1, closed: true };
    if (character < ' ') return { at: i, closed: false };
    if (character !== '\\') continue;
    const code = /(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
    code.lastIndex = i + 1;
    if (!code.test(text)) return { at: i + 1, closed: false };
    i = code.lastIndex - 1;
  }
  return { at: text.length, closed: false };
}
