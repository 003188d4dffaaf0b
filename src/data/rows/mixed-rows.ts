/**
 * Two kinds of rows in one stream: dialogues with a share of plain text, so that a model that learns to answer goes on reading.
 *
 *   share 1/4      d d d t d d d t ...        d the next row of dialogues, t the next one of text
 *
 * What is not rehearsed is forgotten: trained on answers alone, a model of this size soon cannot continue a sentence, and cannot
 * tell what it has read (docs/log.md). Rehearsal is the oldest remedy (Robins 1995); InstructGPT mixes pretraining text into its
 * reinforcement learning for the same reason (Ouyang et al. 2022, section 3.5, PPO-ptx).
 *
 * An epoch is one of the dialogues, with text in between; the text goes on from epoch to epoch where it was.
 */
import { type Row, type RowSource, RowStream } from './rows.ts';

interface MixOptions {
  /** Share of the rows that are text, in [0, 1). */
  readonly share: number;
  /** How much a target in a row of text counts, against 1 for a token of an answer. */
  readonly textWeight: number;
}

export class MixedRows implements RowSource {
  private readonly dialogues: RowSource;
  private readonly text: RowStream;
  private readonly options: MixOptions;
  /** Rows of dialogues before each epoch seen so far. */
  private readonly starts: number[] = [0];

  constructor(dialogues: RowSource, text: RowSource, options: MixOptions) {
    this.dialogues = dialogues;
    this.text = new RowStream(text);
    this.options = options;
  }

  rowsInEpoch(epoch: number): number {
    const dialogues = this.dialogues.rowsInEpoch(epoch);
    return dialogues + this.textRowsIn(epoch);
  }

  row(epoch: number, index: number): Row {
    const dialogues = this.dialogues.rowsInEpoch(epoch);
    const text = this.textRowsIn(epoch);
    const rows = dialogues + text;
    // Of the first `index` rows as many are text as an even spread has.
    const before = Math.floor((index * text) / rows);
    const isText = Math.floor(((index + 1) * text) / rows) > before;
    if (!isText) return this.dialogues.row(epoch, index - before);
    const row = this.text.row(this.textRowsBefore(epoch) + before);
    return withDocuments(row, this.options.textWeight);
  }

  /** Rows of text among those of an epoch: s / (1 - s) for each row of dialogues, rounded. */
  private textRowsIn(epoch: number): number {
    const { share } = this.options;
    return Math.round((this.dialogues.rowsInEpoch(epoch) * share) / (1 - share));
  }

  private textRowsBefore(epoch: number): number {
    for (let e = this.starts.length - 1; e < epoch; e++)
      this.starts.push(this.starts[e]! + this.textRowsIn(e));
    return this.starts[epoch]!;
  }
}

/** All rows of a batch say which document each token belongs to: a row of dialogues always does. */
function withDocuments(row: Row, weight: number): Row {
  const T = row.inputs.length;
  const documents = row.documents ?? new Uint16Array(T);
  return weight === 1
    ? { ...row, documents }
    : { ...row, documents, weights: new Float32Array(T).fill(weight) };
}
