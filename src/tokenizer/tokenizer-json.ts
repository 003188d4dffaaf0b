/**
 * `tokenizer.json`: the same vocabulary as Hugging Face's `tokenizers` reads it.
 *
 *   normalizer   Prepend "▁" (with a dummy prefix only), Replace " " -> "▁"
 *   model        BPE with byte_fallback; its merges are pairs in order of priority, there are no scores
 *   decoder      Replace "▁" -> " ", ByteFallback, Fuse, Strip one space at the start (with a dummy prefix only)
 *
 * One piece stands for several merges, one for each way to cut it (see merge-list); they follow each other, the better-scored
 * piece first. Special tokens are `added_tokens`: unlike `Tokenizer.encode`, Transformers does find their names in a text.
 */
import { UserError } from '../errors.ts';
import { type Merge, normalIds, splitsOf } from './merge-list.ts';
import { BOS, byteOfPiece, EOS } from './special-tokens.ts';
import { SPACE_SYMBOL } from './text-cleaning.ts';
import { checkVocabulary, type Piece, type PieceKind, type Vocabulary } from './vocabulary.ts';

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
}

/** The text of `tokenizer.json`. Throws a UserError for a vocabulary that this format cannot express exactly. */
export function writeTokenizerJson(vocabulary: Vocabulary): string {
  const { pieces, addDummyPrefix } = vocabulary;
  const vocab = Object.fromEntries(pieces.map(({ text }, id) => [text, id]));
  const merges = mergesByPriority(vocabulary).map(({ left, right }) => [
    pieces[left]!.text,
    pieces[right]!.text,
  ]);
  const unknown = pieces.find((piece) => piece.kind === 'unknown');
  const addedTokens = pieces.flatMap(({ text, kind }, id) =>
    kind === 'unknown' || kind === 'control'
      ? [
          {
            id,
            content: text,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: true,
          },
        ]
      : [],
  );
  const prepend = { type: 'Prepend', prepend: SPACE_SYMBOL };
  const replace = { type: 'Replace', pattern: { String: ' ' }, content: SPACE_SYMBOL };
  const restore = { type: 'Replace', pattern: { String: SPACE_SYMBOL }, content: ' ' };
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  const decoders = [restore, { type: 'ByteFallback' }, { type: 'Fuse' }];
  return JSON.stringify(
    {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens,
      normalizer: { type: 'Sequence', normalizers: addDummyPrefix ? [prepend, replace] : [replace] },
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Sequence', decoders: addDummyPrefix ? [...decoders, strip] : decoders },
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: unknown?.text ?? null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: true,
        byte_fallback: true,
        ignore_merges: false,
        vocab,
        merges,
      },
    },
    null,
    1,
  );
}

/**
 * Reads `tokenizer.json`. Only SentencePiece-like files are taken, as written above or by Transformers' converters: their
 * merges must be exactly all cuts of all pieces. `<s>` and `</s>` are begin and end if they are special tokens.
 */
export function readTokenizerJson(text: string, source = 'tokenizer.json'): Vocabulary {
  const file = asObject(parse(text, source), source, 'the file');
  const model = asObject(file.model, source, 'model');
  if (model.type !== 'BPE') throw wrong(source, 'model.type', '"BPE"', model.type);
  if (model.byte_fallback !== true) throw wrong(source, 'model.byte_fallback', 'true', model.byte_fallback);
  if ((file.pre_tokenizer ?? null) !== null) throw wrong(source, 'pre_tokenizer', 'null', file.pre_tokenizer);

  const added = readAddedTokens(file.added_tokens ?? [], source);
  const texts = readVocab(asObject(model.vocab, source, 'model.vocab'), added, source);
  const special = new Set(added.filter((token) => token.special).map((token) => token.id));
  const kindOf = (piece: string, id: number): PieceKind => {
    if (piece === model.unk_token) return 'unknown';
    if (special.has(id)) return 'control';
    return byteOfPiece(piece) === undefined ? 'normal' : 'byte';
  };
  const kinds = texts.map(kindOf);
  const scores = scoresFromMerges(texts, kinds, model.merges, source);
  const pieces = texts.map((piece, id): Piece => ({ text: piece, score: scores[id]!, kind: kinds[id]! }));
  const controlId = (name: string) => {
    const id = texts.indexOf(name);
    return special.has(id) ? id : undefined;
  };
  const vocabulary: Vocabulary = {
    pieces,
    addDummyPrefix: readNormalizer(file.normalizer, source),
    bosId: controlId(BOS),
    eosId: controlId(EOS),
    padId: controlId('<pad>'),
  };
  checkVocabulary(vocabulary, source);
  return vocabulary;
}

/** All merges, those of the best-scored piece first. */
function mergesByPriority(vocabulary: Vocabulary): Merge[] {
  const ids = normalIds(vocabulary);
  const score = (id: number) => vocabulary.pieces[id]!.score; // ids come from the vocabulary
  const sorted = [...ids].sort((a, b) => score(b[1]) - score(a[1]));
  const merges: Merge[] = [];
  let previous: number | undefined;
  for (const [text, id] of sorted) {
    const splits = splitsOf(id, text, ids);
    if (splits.some(({ left, right }) => left < 0 || right < 0)) {
      throw new UserError(
        `tokenizer.json: piece ${JSON.stringify(text)} has a character that is not a piece; write tokenizer.model instead`,
      );
    }
    if (splits.length > 0 && previous !== undefined && score(previous) === score(id)) {
      throw new UserError(
        `tokenizer.json: pieces ${previous} and ${id} share the score ${score(id)}, which merges cannot express; ` +
          'write tokenizer.model instead',
      );
    }
    if (splits.length > 0) previous = id;
    merges.push(...splits);
  }
  for (const [id, { kind }] of vocabulary.pieces.entries()) {
    if (kind === 'user-defined') {
      throw new UserError(
        `tokenizer.json: piece ${id} is user-defined, which is not written here; write tokenizer.model instead`,
      );
    }
  }
  return merges;
}

function readAddedTokens(value: unknown, source: string): AddedToken[] {
  if (!Array.isArray(value)) throw wrong(source, 'added_tokens', 'a list', value);
  return value.map((entry: unknown, i) => {
    const { id, content, special } = asObject(entry, source, `added_tokens[${i}]`);
    if (typeof id !== 'number') throw wrong(source, `added_tokens[${i}].id`, 'a number', id);
    if (typeof content !== 'string') throw wrong(source, `added_tokens[${i}].content`, 'a text', content);
    if (special !== true) throw wrong(source, `added_tokens[${i}].special`, 'true', special);
    return { id, content, special };
  });
}

/** Piece texts by id: model.vocab and, after it or among it, added_tokens. The ids must be 0, 1, 2, ... without gaps. */
function readVocab(vocab: Record<string, unknown>, added: readonly AddedToken[], source: string): string[] {
  const texts: string[] = [];
  const put = (piece: string, id: unknown, field: string) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) throw wrong(source, field, 'an id', id);
    if (texts[id] !== undefined && texts[id] !== piece) {
      throw new UserError(
        `${source}: ${field} is ${id}, but that is the id of ${JSON.stringify(texts[id])} already`,
      );
    }
    texts[id] = piece;
  };
  for (const [piece, id] of Object.entries(vocab)) put(piece, id, `model.vocab[${JSON.stringify(piece)}]`);
  for (const { id, content } of added) put(content, id, `added_tokens, id of ${JSON.stringify(content)},`);
  for (let id = 0; id < texts.length; id++) {
    if (texts[id] === undefined)
      throw new UserError(`${source}: model.vocab has no piece with id ${id}; ids must have no gaps`);
  }
  return texts;
}

/**
 * Scores from the order of the merges: 0, -1, -2, ... for the merged pieces, then for the single characters by id.
 * The merges must be what `mergesByPriority` would write, in any order within one piece.
 */
function scoresFromMerges(
  texts: readonly string[],
  kinds: readonly PieceKind[],
  merges: unknown,
  source: string,
): number[] {
  if (!Array.isArray(merges)) throw wrong(source, 'model.merges', 'a list', merges);
  const ids = new Map(texts.flatMap((text, id) => (kinds[id] === 'normal' ? [[text, id] as const] : [])));
  const cuts = new Map<number, Set<string>>(); // piece -> left parts listed so far; a Map keeps the order of first mention
  let previous = -1;
  for (const [i, entry] of merges.entries()) {
    const pair: unknown = typeof entry === 'string' ? entry.split(' ') : entry;
    if (
      !Array.isArray(pair) ||
      pair.length !== 2 ||
      typeof pair[0] !== 'string' ||
      typeof pair[1] !== 'string'
    ) {
      throw wrong(source, `model.merges[${i}]`, 'two texts', entry);
    }
    const [left, right] = pair as [string, string];
    const id = ids.get(left + right);
    if (id === undefined || !ids.has(left) || !ids.has(right)) {
      throw wrong(source, `model.merges[${i}]`, 'two pieces of the vocabulary that make a third', entry);
    }
    const lefts = cuts.get(id) ?? new Set<string>();
    if (lefts.has(left) || (lefts.size > 0 && id !== previous)) {
      throw wrong(
        source,
        `model.merges[${i}]`,
        'the merges of one piece to follow each other, each once,',
        entry,
      );
    }
    cuts.set(id, lefts.add(left));
    previous = id;
  }
  const scores = new Array<number>(texts.length).fill(0);
  let rank = 0;
  for (const id of cuts.keys()) scores[id] = 0 - rank++;
  for (const [text, id] of ids) {
    const expected = splitsOf(id, text, ids).length;
    const found = cuts.get(id)?.size ?? 0;
    if (expected !== found) {
      throw new UserError(
        `${source}: model.merges has ${found} of the ${expected} ways to make ${JSON.stringify(text)}; ` +
          'it was not made from a SentencePiece model',
      );
    }
    if (found === 0) scores[id] = 0 - rank++;
  }
  return scores;
}

/** Whether there is a dummy prefix; a UserError for any normalizer but the two that are written here. */
function readNormalizer(value: unknown, source: string): boolean {
  const expected = 'Replace " " by "▁", with or without Prepend "▁" before it,';
  const normalizer = asObject(value, source, 'normalizer');
  const steps = normalizer.type === 'Sequence' ? normalizer.normalizers : [normalizer];
  if (!Array.isArray(steps)) throw wrong(source, 'normalizer.normalizers', 'a list', steps);
  const objects = steps.map((step: unknown, i) => asObject(step, source, `normalizer.normalizers[${i}]`));
  const last = objects.pop();
  const pattern = last?.pattern as { String?: unknown } | undefined;
  if (last?.type !== 'Replace' || last.content !== SPACE_SYMBOL || pattern?.String !== ' ') {
    throw wrong(source, 'normalizer', expected, value);
  }
  const first = objects.pop();
  if (first === undefined) return false;
  if (objects.length > 0 || first.type !== 'Prepend' || first.prepend !== SPACE_SYMBOL) {
    throw wrong(source, 'normalizer', expected, value);
  }
  return true;
}

function parse(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(
      `${source}: it is not JSON (${(error as Error).message}); the file is truncated or damaged`,
    );
  }
}

function asObject(value: unknown, source: string, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(source, field, 'an object', value);
  return value as Record<string, unknown>;
}

function wrong(source: string, field: string, expected: string, found: unknown): UserError {
  const shown = JSON.stringify(found) ?? 'missing';
  return new UserError(
    `${source}: ${field} must be ${expected} but is ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`,
  );
}
