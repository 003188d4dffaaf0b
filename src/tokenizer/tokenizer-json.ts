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
import { quoted } from '../json-text.ts';
import {
  anything,
  choice,
  either,
  fits,
  type Infer,
  list,
  nullable,
  number,
  object,
  parse,
  record,
  text,
  tuple,
  withDefault,
} from '../schema.ts';
import { type Merge, normalIds, splitsOf } from './merge-list.ts';
import { BOS, byteOfPiece, EOS } from './special-tokens.ts';
import { SPACE_SYMBOL } from './text-cleaning.ts';
import { checkPiece, checkVocabulary, type Piece, type PieceKind, type Vocabulary } from './vocabulary.ts';

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

const fileSchema = object({
  model: object({
    type: choice(['BPE']),
    byte_fallback: choice([true]),
    unk_token: withDefault(nullable(text()), null),
    vocab: record(number({ whole: true, min: 0 })),
    merges: list(either(tuple(text(), text()), text())), // older files write "left right"
  }),
  added_tokens: withDefault(
    list(object({ id: number({ whole: true, min: 0 }), content: text(), special: choice([true]) })),
    [],
  ),
  pre_tokenizer: withDefault(choice([null]), null),
  normalizer: record(anything()),
});
type TokenizerFile = Infer<typeof fileSchema>;

/**
 * Reads `tokenizer.json`. Only SentencePiece-like files are taken, as written above or by Transformers' converters: their
 * merges must be exactly all cuts of all pieces. `<s>` and `</s>` are begin and end if they are special tokens.
 */
export function readTokenizerJson(json: string, source = 'tokenizer.json'): Vocabulary {
  const { model, added_tokens: added, normalizer } = parse(fileSchema, json, source);
  const texts = readVocab(model.vocab, added, source);
  const special = new Set(added.map(({ id }) => id));
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
    addDummyPrefix: readNormalizer(normalizer, source),
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
        `tokenizer.json: piece ${quoted(text)} has a character that is not a piece; write tokenizer.model instead`,
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

/** Piece texts by id: model.vocab and, after it or among it, added_tokens. The ids must be 0, 1, 2, ... without gaps. */
function readVocab(
  vocab: TokenizerFile['model']['vocab'],
  added: TokenizerFile['added_tokens'],
  source: string,
): string[] {
  const texts = new Map<number, string>();
  const put = (piece: string, id: number, field: string) => {
    const before = texts.get(id) ?? piece;
    if (before !== piece) {
      throw new UserError(
        `${source}: ${field}, the id of ${quoted(piece)}, is ${id}, but that is the id of ${quoted(before)} already`,
      );
    }
    checkPiece(piece, id, source);
    texts.set(id, piece);
  };
  for (const [piece, id] of Object.entries(vocab)) put(piece, id, 'model.vocab');
  for (const [i, { id, content }] of added.entries()) put(content, id, `added_tokens[${i}].id`);
  return Array.from({ length: texts.size }, (_, id) => {
    const piece = texts.get(id);
    if (piece === undefined)
      throw new UserError(`${source}: model.vocab has no piece with id ${id}; ids must have no gaps`);
    return piece;
  });
}

/**
 * Scores from the order of the merges: 0, -1, -2, ... for the merged pieces, then for the single characters by id.
 * The merges must be what `mergesByPriority` would write, in any order within one piece.
 */
function scoresFromMerges(
  texts: readonly string[],
  kinds: readonly PieceKind[],
  merges: TokenizerFile['model']['merges'],
  source: string,
): number[] {
  const ids = new Map(texts.flatMap((text, id) => (kinds[id] === 'normal' ? [[text, id] as const] : [])));
  const cuts = new Map<number, Set<string>>(); // piece -> left parts listed so far; a Map keeps the order of first mention
  let previous = -1;
  for (const [i, entry] of merges.entries()) {
    const refuse = (wanted: string) => {
      const merge = typeof entry === 'string' ? entry : entry.join(' ');
      return new UserError(`${source}: model.merges[${i}] must be ${wanted}, but it is ${quoted(merge)}`);
    };
    const [left, right, rest] = typeof entry === 'string' ? entry.split(' ') : entry;
    const id = right === undefined || rest !== undefined ? undefined : ids.get(left + right);
    if (left === undefined || right === undefined || id === undefined || !ids.has(left) || !ids.has(right))
      throw refuse('two pieces of the vocabulary that make a third');
    const lefts = cuts.get(id) ?? new Set<string>();
    if (lefts.has(left) || (lefts.size > 0 && id !== previous))
      throw refuse('beside the other merges of its piece, each once');
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
        `${source}: model.merges has ${found} of the ${expected} ways to make ${quoted(text)}; ` +
          'it was not made from a SentencePiece model',
      );
    }
    if (found === 0) scores[id] = 0 - rank++;
  }
  return scores;
}

const replaceStep = object({
  type: choice(['Replace']),
  pattern: object({ String: choice([' ']) }),
  content: choice([SPACE_SYMBOL]),
});
const prependStep = object({ type: choice(['Prepend']), prepend: choice([SPACE_SYMBOL]) });

/** Whether there is a dummy prefix; a UserError for any normalizer but the two that are written here. */
function readNormalizer(normalizer: TokenizerFile['normalizer'], source: string): boolean {
  const steps = normalizer.type === 'Sequence' ? normalizer.normalizers : [normalizer];
  if (fits(tuple(replaceStep), steps)) return false;
  if (fits(tuple(prependStep, replaceStep), steps)) return true;
  throw new UserError(
    `${source}: "normalizer" must be Replace " " by "▁", with or without Prepend "▁" before it, but it is something else`,
  );
}
