/**
 * Instruction-tuning rows: whole dialogues side by side in rows of T tokens, learning only what the assistant says.
 *
 *   tokens     <|user|> 你 好 </s> <|assistant|> 你 好 ！ </s>
 *   learned                                      x  x  x  x         (the answer and its end, predicted from what precedes them)
 *
 * Short dialogues are packed until the next one would not fit; attention stays inside each. Every epoch packs them in a new
 * order. Dialogues longer than T are left out and counted, never cut: half an answer teaches to stop in the middle. So are those
 * in which somebody says nothing.
 */
import { UserError } from '../../errors.ts';
import { atOnce, inTurns } from '../../event-loop.ts';
import { IGNORE_INDEX } from '../../tensor/index.ts';
import { encodeDialogue, type Tokenizer } from '../../tokenizer/index.ts';
import { type Dialogue, isLearnable } from '../dialogues.ts';
import { epochOrder, type Row, type RowSource } from './rows.ts';

interface SftRowsOptions {
  readonly context: number;
  readonly seed: number;
  readonly shuffle: boolean;
  /** The file, for the sentence if it holds nothing. */
  readonly source?: string;
  /** How much the tokens of questions count, against 1 for those of answers; 0 by default. */
  readonly questionWeight?: number;
  /** Dialogues to keep at most; all by default. */
  readonly limit?: number;
}

/** Refuses dialogues of which none can be learned from. Reads no further than the first that can. */
export function requireDialogue(
  dialogues: Iterable<Dialogue>,
  tokenizer: Tokenizer,
  options: { readonly context: number; readonly source: string },
): void {
  new SftRows(dialogues, tokenizer, { ...options, seed: 0, shuffle: false, limit: 1 });
}

export class SftRows implements RowSource {
  /** Dialogues kept, and those left out: longer than the context, with an empty question or answer. */
  readonly kept: number;
  readonly tooLong: number;
  readonly empty: number;
  private readonly options: SftRowsOptions;
  private readonly padId: number;
  // All dialogues in two flat arrays: ids, and 1 where the token is to be learned. Dialogue i is ends[i-1] .. ends[i].
  private readonly ids: Uint32Array;
  private readonly learned: Uint8Array;
  private readonly ends: Uint32Array;
  private packed: { epoch: number; rows: Uint32Array[] } | null = null;

  constructor(dialogues: Iterable<Dialogue> | Encoded, tokenizer: Tokenizer, options: SftRowsOptions) {
    this.options = options;
    this.padId = tokenizer.padId;
    const encoded = 'ends' in dialogues ? dialogues : atOnce(encode(dialogues, tokenizer, options));
    const { ids, learned, ends, tooLong, empty } = encoded;
    this.kept = ends.length;
    this.tooLong = tooLong;
    this.empty = empty;
    this.ids = Uint32Array.from(ids); // a vocabulary made elsewhere may be larger than 65,536
    this.learned = Uint8Array.from(learned);
    this.ends = Uint32Array.from(ends);
  }

  /** The same, with turns of the event loop in between; ends with the reason of `signal` once that is aborted. */
  static async inTurns(
    dialogues: Iterable<Dialogue>,
    tokenizer: Tokenizer,
    options: SftRowsOptions,
    signal?: AbortSignal,
  ): Promise<SftRows> {
    return new SftRows(await inTurns(encode(dialogues, tokenizer, options), signal), tokenizer, options);
  }

  /** All tokens and what is learned of them, for a fingerprint. */
  content(): [Uint32Array, Uint8Array, Uint32Array] {
    return [this.ids, this.learned, this.ends];
  }

  rowsInEpoch(epoch: number): number {
    return this.pack(epoch).length;
  }

  row(epoch: number, index: number): Row {
    const T = this.options.context;
    const inputs = new Int32Array(T).fill(this.padId);
    const targets = new Int32Array(T).fill(IGNORE_INDEX);
    const documents = new Uint16Array(T);
    const { questionWeight = 0 } = this.options;
    const weights = questionWeight > 0 ? new Float32Array(T) : undefined;
    let at = 0;
    let document = 0;
    for (const dialogue of this.pack(epoch)[index]!) {
      const start = dialogue === 0 ? 0 : this.ends[dialogue - 1]!;
      const end = this.ends[dialogue]!;
      for (let i = start; i < end - 1; i++, at++) {
        inputs[at] = this.ids[i]!;
        const isAnswer = this.learned[i + 1] === 1;
        if (isAnswer || weights !== undefined) targets[at] = this.ids[i + 1]!;
        if (weights !== undefined) weights[at] = isAnswer ? 1 : questionWeight;
        documents[at] = document;
      }
      document++;
    }
    documents.fill(document, at); // the filler at the end is a document of its own
    const known = { inputs, targets, documents, ...(weights === undefined ? {} : { weights }) };
    return at < T ? { ...known, length: at } : known;
  }

  /** Dialogue numbers of every row of an epoch. */
  private pack(epoch: number): Uint32Array[] {
    if (this.packed?.epoch === epoch) return this.packed.rows;
    const { context, seed, shuffle } = this.options;
    const rows: Uint32Array[] = [];
    let row: number[] = [];
    let used = 0;
    for (const dialogue of epochOrder(this.kept, seed, epoch, shuffle)) {
      // n tokens make n - 1 pairs of input and target
      const length = this.ends[dialogue]! - (dialogue === 0 ? 0 : this.ends[dialogue - 1]!) - 1;
      if (used + length > context) {
        rows.push(Uint32Array.from(row));
        row = [];
        used = 0;
      }
      row.push(dialogue);
      used += length;
    }
    rows.push(Uint32Array.from(row));
    this.packed = { epoch, rows };
    return rows;
  }
}

/** Dialogues as ids, see the fields of SftRows. */
interface Encoded {
  readonly ids: readonly number[];
  readonly learned: readonly number[];
  readonly ends: readonly number[];
  readonly tooLong: number;
  readonly empty: number;
}

/** Rests after every dialogue. */
function* encode(
  dialogues: Iterable<Dialogue>,
  tokenizer: Tokenizer,
  { context, limit, source }: SftRowsOptions,
): Generator<undefined, Encoded> {
  const ids: number[] = [];
  const learned: number[] = [];
  const ends: number[] = [];
  let tooLong = 0;
  let empty = 0;
  let first = source;
  for (const given of dialogues) {
    yield;
    first ??= given.place;
    if (!isLearnable(given)) {
      empty++;
      continue;
    }
    const dialogue = encodeDialogue(tokenizer, given.messages);
    if (dialogue.ids.length > context + 1) {
      tooLong++;
      continue;
    }
    for (const id of dialogue.ids) ids.push(id);
    for (const flag of dialogue.answerMask) learned.push(flag);
    ends.push(ids.length);
    if (ends.length === limit) break;
  }
  if (ends.length > 0) return { ids, learned, ends, tooLong, empty };
  const reasons = [
    ...(tooLong > 0 ? [`${tooLong} longer than the context of ${context} tokens`] : []),
    ...(empty > 0 ? [`${empty} with an empty question or answer`] : []),
  ];
  const why = reasons.length === 0 ? 'there are none' : `left out: ${reasons.join('; ')}`;
  throw new UserError(`${first ?? 'SFT'}: no dialogue to learn from, ${why}`);
}
