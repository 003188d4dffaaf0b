/**
 * A look at a corpus before a vocabulary is made for it: how much there is, and what a vocabulary of a given size would cover.
 *
 *   21,053 Song lyrics, 6,085 different characters     2,048 pieces have room for 1,340 of them: one token in five is a single byte
 *
 * A character without a piece of its own is written as its bytes, three for most 汉字: it costs three tokens, and the model has to
 * spell it. The look counts characters; how many tokens the rest makes is estimated, since that is known only once there are
 * pieces.
 */
import { Turns } from '../event-loop.ts';
import { CHARACTER_COVERAGE, FIRST_PIECE_ID, FITTED_CHARACTER_SHARE } from '../tokenizer/index.ts';
import { readDocuments } from './corpus.ts';

/** Of a larger corpus so much is looked at: enough to know its characters, and done within a few seconds. */
const ENOUGH_CHARACTERS = 30_000_000;
/** Characters in a token where merges have been learned: 1.13 in Song lyrics, 1.41 in the shipped text. */
const CHARACTERS_PER_TOKEN = 1.3;

export interface CorpusLook {
  readonly documents: number;
  readonly lines: number;
  readonly characters: number;
  readonly bytes: number;
  /** Half of the text stands in documents of at least so many characters. */
  readonly documentLength: number;
  /** How often each character occurs, the most frequent first, and the bytes it has. */
  readonly counts: readonly { readonly count: number; readonly bytes: number }[];
  /** Share of control characters, which text does not have. */
  readonly controls: number;
  /** False where the corpus goes on beyond what was looked at. */
  readonly whole: boolean;
}

export interface Coverage {
  /** Characters with a piece of their own. */
  readonly characters: number;
  /** Share of the text that they are. */
  readonly share: number;
  /** Estimated share of all tokens that are single bytes. */
  readonly byteShare: number;
  /** Estimated number of tokens. */
  readonly tokens: number;
}

export async function lookAtCorpus(path: string, signal?: AbortSignal): Promise<CorpusLook> {
  const counts = new Map<number, number>();
  const lengths: number[] = [];
  let characters = 0;
  let lines = 0;
  let whole = true;
  const turns = new Turns(signal);
  for (const text of readDocuments(path)) {
    const before = characters;
    lines++;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i)!; // i < text.length
      if (code > 0xffff) i++;
      if (code === 10) lines++;
      counts.set(code, (counts.get(code) ?? 0) + 1);
      characters++;
    }
    lengths.push(characters - before);
    if (turns.due) await turns.take();
    whole = characters < ENOUGH_CHARACTERS;
    if (!whole) break;
  }
  const sorted = [...counts]
    .map(([code, count]) => ({ count, bytes: bytesOf(code) }))
    .sort((a, b) => b.count - a.count);
  return {
    documents: lengths.length,
    lines,
    characters,
    bytes: sorted.reduce((sum, { count, bytes }) => sum + count * bytes, 0),
    documentLength: halfIn(lengths),
    counts: sorted,
    controls: countControls(counts) / Math.max(1, characters),
    whole,
  };
}

/** What a vocabulary of this size covers: the most frequent characters, as the trainer chooses them. */
export function coverageOf({ counts, characters }: CorpusLook, vocabSize: number): Coverage {
  const room = Math.ceil((vocabSize - FIRST_PIECE_ID) * FITTED_CHARACTER_SHARE);
  let [covered, chosen, byteTokens] = [0, 0, 0];
  for (const { count, bytes } of counts) {
    if (chosen < room && covered < CHARACTER_COVERAGE * characters) {
      covered += count;
      chosen++;
    } else byteTokens += count * bytes;
  }
  const tokens = covered / CHARACTERS_PER_TOKEN + byteTokens;
  return {
    characters: chosen,
    share: characters === 0 ? 1 : covered / characters,
    byteShare: tokens === 0 ? 0 : byteTokens / tokens,
    tokens: Math.round(tokens),
  };
}

function countControls(counts: ReadonlyMap<number, number>): number {
  const controls = [...counts].filter(
    ([code]) => code < 32 && code !== 9 && code !== 10 && code !== 12 && code !== 13,
  );
  return controls.reduce((sum, [, count]) => sum + count, 0);
}

/** The length above which half of all characters lie. */
function halfIn(lengths: readonly number[]): number {
  const sorted = lengths.toSorted((a, b) => b - a);
  const total = sorted.reduce((sum, length) => sum + length, 0);
  let sum = 0;
  for (const length of sorted) {
    sum += length;
    if (2 * sum >= total) return length;
  }
  return 0;
}

/** Bytes of a code point in UTF-8. */
function bytesOf(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
