/**
 * Pretraining rows: the token file cut into stretches of T tokens.
 *
 *   tokens   a b c </s> d e f g </s> ...        T = 4
 *   row 0    inputs a b c </s>    targets b c </s> d
 *   row 1    inputs d e f g       targets e f g </s>
 *
 * `</s>` closes a document as a target and opens the next one as an input, so every token of the corpus is predicted once per
 * epoch. A long document runs over several rows; several short ones share a row. With `isolated` packing attention stays inside
 * each document; with `shared` the row is treated as one text.
 */
import { UserError } from '../../errors.ts';
import { IGNORE_INDEX } from '../../tensor/index.ts';
import type { TokenFile } from '../bytes/token-file.ts';
import { epochOrder, type Row, type RowSource } from './rows.ts';

export type Packing = 'isolated' | 'shared';

export interface PretrainRowsOptions {
  readonly context: number;
  readonly eosId: number;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly packing: Packing;
}

export class PretrainRows implements RowSource {
  private readonly tokens: TokenFile;
  private readonly options: PretrainRowsOptions;
  /** The stretch of the file that is used: the rest may be held out. */
  private readonly start: number;
  private readonly end: number;
  private readonly count: number;
  private order: { epoch: number; rows: Uint32Array } | null = null;

  constructor(tokens: TokenFile, options: PretrainRowsOptions, end = tokens.length, start = 0) {
    this.tokens = tokens;
    this.options = options;
    // The last row may be shorter than T; it is dropped unless it is the only one.
    this.count = Math.max(1, Math.floor((end - start - 1) / options.context));
    this.start = start;
    this.end = end;
    if (end - start < 2) {
      throw new UserError(
        `${tokens.path} holds ${end - start} tokens; at least two are needed to learn what follows what`,
      );
    }
  }

  rowsInEpoch(): number {
    return this.count;
  }

  row(epoch: number, index: number): Row {
    if (this.order?.epoch !== epoch) {
      const { seed, shuffle } = this.options;
      this.order = { epoch, rows: epochOrder(this.count, seed, epoch, shuffle) };
    }
    return this.cut(this.order.rows[index]!);
  }

  private cut(row: number): Row {
    const { context: T, eosId, packing } = this.options;
    const start = this.start + row * T;
    const tokens = this.tokens.read(start, Math.min(T + 1, this.end - start));
    const inputs = new Int32Array(T).fill(eosId);
    const targets = new Int32Array(T).fill(IGNORE_INDEX);
    const documents = new Uint16Array(T);
    for (let t = 0, document = 0; t < T; t++) {
      if (t < tokens.length) inputs[t] = tokens[t]!;
      if (inputs[t] === eosId) document++;
      documents[t] = document;
      if (t + 1 < tokens.length) targets[t] = tokens[t + 1]!;
    }
    return packing === 'isolated' ? { inputs, targets, documents } : { inputs, targets };
  }
}
