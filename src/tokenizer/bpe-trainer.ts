/**
 * Byte pair encoding, the training half (Gage 1994; Sennrich et al. 2016), over characters as in SentencePiece.
 *
 *   start with single characters; then again and again: merge the most frequent pair of neighbours into a new piece
 *
 *   Example: 你好 ×3, 好吗 ×2, 你好吗 ×1  ->  counts 你+好 4, 好+吗 3  ->  first piece 你好, then (好+吗 is down to 2) 好吗
 *
 * Order: the larger count first; of equal counts the pair whose left symbol is older, then the one whose right symbol is older,
 * where characters (by frequency, then code point) are older than pieces. The order of the documents has no influence. Cost: a
 * heap with lazy invalidation over the pairs, and merges that touch only their own places (see pair-index). Read bpe-plain.ts
 * first: the same without either.
 */
import { UserError } from '../errors.ts';
import { atOnce, inTurns } from '../event-loop.ts';
import { Heap } from './heap.ts';
import { type PairCount, PairIndex } from './pair-index.ts';
import { SegmentCounter } from './segment-counter.ts';
import { FIRST_PIECE_ID } from './special-tokens.ts';
import { cleanText, SPACE_SYMBOL } from './text-cleaning.ts';
import { makeVocabulary, type Vocabulary } from './vocabulary.ts';

export interface TrainOptions {
  /** All ids together: 262 special and byte pieces, the characters, the merged pieces. */
  readonly vocabSize: number;
  /** Share of the corpus that the characters with a piece of their own must cover; the rest become bytes. Default 0.9995. */
  readonly characterCoverage?: number;
  /** Longest piece, in characters. Default 16. */
  readonly maxPieceLength?: number;
  /** A pair that occurs less often is not worth a piece. Default 2. */
  readonly minPairCount?: number;
  /**
   * Make the best of a corpus that does not fit `vocabSize`, instead of refusing it: fewer pieces where it allows no more, and
   * at most three quarters of the room for single characters where it has very many (the rarest become bytes). Default false.
   */
  readonly shrinkToFit?: boolean;
  /** Only this half of it: too many characters for `vocabSize` are no reason to refuse it. Default false. */
  readonly spellRareCharacters?: boolean;
  /** Also put "▁" before every document, as Llama 2 and ChatGLM3 do. Default false. */
  readonly addDummyPrefix?: boolean;
  /** Called for each document while reading (total unknown: 0) and for each piece while merging. */
  readonly onProgress?: (phase: 'reading' | 'merging', done: number, total: number) => void;
}

/**
 * Learns a vocabulary of exactly `vocabSize` pieces or throws a UserError that says which size is possible (see `shrinkToFit`).
 */
export function trainBpe(documents: Iterable<string>, options: TrainOptions): Vocabulary {
  return atOnce(learn(documents, options));
}

/** The same, with turns of the event loop in between; ends with the reason of `signal` once that is aborted. */
export function trainBpeInTurns(
  documents: Iterable<string>,
  options: TrainOptions,
  signal?: AbortSignal,
): Promise<Vocabulary> {
  return inTurns(learn(documents, options), signal);
}

/** The training itself, which rests after every piece of work. */
function* learn(documents: Iterable<string>, options: TrainOptions): Generator<undefined, Vocabulary> {
  const {
    vocabSize,
    characterCoverage = CHARACTER_COVERAGE,
    maxPieceLength = 16,
    minPairCount = 2,
    shrinkToFit = false,
    spellRareCharacters = false,
    addDummyPrefix = false,
  } = options;
  checkOptions(vocabSize, characterCoverage, maxPieceLength, minPairCount);

  const segments = new SegmentCounter();
  let nDocuments = 0;
  for (const document of documents) {
    segments.add(cleanText(document, addDummyPrefix));
    options.onProgress?.('reading', ++nDocuments, 0);
    yield;
  }
  const room = Math.ceil((vocabSize - FIRST_PIECE_ID) * FITTED_CHARACTER_SHARE);
  const choose = (limit: number) => chooseCharacters(segments.characterCounts, characterCoverage, limit);
  let characters = choose(shrinkToFit ? room : Infinity);
  if (spellRareCharacters && characters.length > vocabSize - FIRST_PIECE_ID) characters = choose(room);
  const nMerges = vocabSize - FIRST_PIECE_ID - characters.length;
  if (nMerges < 0) {
    throw new UserError(
      `tokenizer training: a vocabulary of ${vocabSize} has no room for ${FIRST_PIECE_ID} special and byte pieces and the ` +
        `${characters.length} characters of this corpus; ask for at least ${FIRST_PIECE_ID + characters.length}`,
    );
  }
  const merged = yield* learnMerges(
    segments,
    characters,
    nMerges,
    maxPieceLength,
    minPairCount,
    options.onProgress,
  );
  if (merged.length < nMerges && !shrinkToFit) {
    throw new UserError(
      `tokenizer training: a vocabulary of ${vocabSize} is larger than this corpus allows; the largest possible is ` +
        `${FIRST_PIECE_ID + characters.length + merged.length} (pairs must occur at least ${minPairCount} times); ` +
        'give more text or ask for less',
    );
  }
  return makeVocabulary(merged, characters, addDummyPrefix);
}

/** Share of the text that the characters with a piece of their own cover, where nothing else is said. */
export const CHARACTER_COVERAGE = 0.9995;

/** Of a room too small for all characters; without a piece of its own a 汉字 costs three byte ids, so most of it goes to them. */
export const FITTED_CHARACTER_SHARE = 0.75;

function* learnMerges(
  segments: SegmentCounter,
  characters: readonly string[],
  nMerges: number,
  maxPieceLength: number,
  minPairCount: number,
  onProgress: TrainOptions['onProgress'],
): Generator<undefined, string[]> {
  const symbolTexts = [...characters]; // symbol number -> its text; characters first, then pieces in the order learned
  const symbolOfText = new Map(symbolTexts.map((text, symbol) => [text, symbol]));
  const symbolOfCode = new Int32Array(0x110000).fill(-1);
  for (const [symbol, text] of symbolTexts.entries()) symbolOfCode[text.codePointAt(0)!] = symbol; // one character each
  const index = new PairIndex(segments, (code) => symbolOfCode[code]!, characters.length, maxPieceLength);
  yield* index.build();

  const queue = new Heap<PairCount>((a, b) => a.count > b.count || (a.count === b.count && isOlder(a, b)));
  const enqueueRaised = () => {
    for (const pair of index.takeRaised()) if (pair.count >= minPairCount) queue.push(pair);
  };
  enqueueRaised();
  while (symbolTexts.length < characters.length + nMerges) {
    const best = queue.pop();
    if (best === undefined) break;
    const count = index.counts[best.pair]!;
    if (count !== best.count) {
      // Outdated. Counts that grew were queued anew when they grew; one that shrank goes back with what is left of it.
      if (count < best.count && count >= minPairCount) queue.push({ ...best, count });
      continue;
    }
    const text = symbolTexts[best.left]! + symbolTexts[best.right]!;
    // ab+c and a+bc are the same piece: the second time nothing is learned, its occurrences only join the first.
    let symbol = symbolOfText.get(text);
    if (symbol === undefined) {
      symbol = symbolTexts.length;
      symbolTexts.push(text);
      symbolOfText.set(text, symbol);
      onProgress?.('merging', symbolTexts.length - characters.length, nMerges);
    }
    index.merge(best.pair, best.left, best.right, symbol);
    enqueueRaised();
    yield;
  }
  return symbolTexts.slice(characters.length);
}

function isOlder(a: PairCount, b: PairCount): boolean {
  return a.left < b.left || (a.left === b.left && a.right < b.right);
}

/**
 * The characters that get a piece: the most frequent ones until they cover the share asked for. "▁" is always among them, for a
 * space written as bytes would come back as "▁"; NUL never is: it is rare, and its byte serves.
 */
function chooseCharacters(counts: Float64Array, coverage: number, limit: number): string[] {
  const codes: number[] = [];
  let total = 0;
  for (let code = 1; code < counts.length; code++) {
    if (counts[code] === 0) continue;
    codes.push(code);
    total += counts[code]!;
  }
  if (total === 0)
    throw new UserError('tokenizer training: the corpus is empty; give at least one document with text');
  codes.sort((a, b) => counts[b]! - counts[a]! || a - b);
  const characters: string[] = [];
  let covered = 0;
  for (const code of codes) {
    if (covered >= coverage * total || characters.length >= limit) break;
    characters.push(String.fromCodePoint(code));
    covered += counts[code]!;
  }
  if (!characters.includes(SPACE_SYMBOL)) characters.push(SPACE_SYMBOL);
  return characters;
}

function checkOptions(
  vocabSize: number,
  coverage: number,
  maxPieceLength: number,
  minPairCount: number,
): void {
  if (!Number.isInteger(vocabSize) || vocabSize <= FIRST_PIECE_ID) {
    throw new UserError(
      `tokenizer training: the vocabulary size must be a whole number above ${FIRST_PIECE_ID}, got ${vocabSize}`,
    );
  }
  if (!(coverage > 0 && coverage <= 1)) {
    throw new UserError(`tokenizer training: the character coverage must lie in (0, 1], got ${coverage}`);
  }
  if (!Number.isInteger(maxPieceLength) || maxPieceLength < 1) {
    throw new UserError(
      `tokenizer training: the longest piece must be a whole number of characters, at least 1, got ${maxPieceLength}`,
    );
  }
  if (!Number.isInteger(minPairCount) || minPairCount < 1) {
    throw new UserError(
      `tokenizer training: the smallest pair count must be a whole number, at least 1, got ${minPairCount}`,
    );
  }
}
