/**
 * Rows: what one row of a training batch is, and in which order rows come.
 *
 * A row is T input tokens and, for each, the token that should come next (or -100 where no loss is wanted). `documents` numbers
 * the texts that share the row; attention may be kept within each of them, and positions restart with each.
 *
 * The order is a function of seed and row number alone: epoch e is shuffled with a generator made from (seed, e). A resumed run
 * needs to know nothing but its step.
 */
import { IGNORE_INDEX, Random } from '../../tensor/index.ts';

export interface Row {
  readonly inputs: Int32Array; // [T]
  readonly targets: Int32Array; // [T], IGNORE_INDEX where nothing is to be learned
  /** How much each target counts; absent if all count 1. */
  readonly weights?: Float32Array; // [T]
  /** Document number of each token; absent if all tokens may see each other. */
  readonly documents?: Uint16Array; // [T]
  /** How many tokens there are before the filler at the end of the row; absent if there is no filler. */
  readonly length?: number;
}

export interface RowSource {
  /** Number of rows of one pass over the data. May differ between epochs when rows are packed anew. */
  rowsInEpoch(epoch: number): number;
  row(epoch: number, index: number): Row;
}

/** Row n = 0, 1, 2, ... of training, epoch after epoch. */
export class RowStream {
  private readonly source: RowSource;
  /** First row number of each epoch seen so far. */
  private readonly starts: number[] = [0];

  constructor(source: RowSource) {
    this.source = source;
  }

  row(n: number): Row {
    while (this.starts.at(-1)! <= n) {
      const epoch = this.starts.length - 1;
      this.starts.push(this.starts[epoch]! + this.source.rowsInEpoch(epoch));
    }
    let epoch = this.starts.length - 2;
    while (this.starts[epoch]! > n) epoch--;
    return this.source.row(epoch, n - this.starts[epoch]!);
  }
}

/** The order of `count` things in an epoch; the natural one if `shuffle` is off. */
export function epochOrder(count: number, seed: number, epoch: number, shuffle: boolean): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  return shuffle ? new Random(seed * 1_000_003 + epoch).shuffle(order) : order;
}

/** How much the targets of a row count in all: their number, where each counts 1. */
export function countTargets({ targets, weights }: Row): number {
  let count = 0;
  for (const [t, target] of targets.entries()) if (target !== IGNORE_INDEX) count += weights?.[t] ?? 1;
  return count;
}

/** Position of each token within its own document (or within the row). */
export function positionsOf(row: Row): Int32Array {
  const positions = new Int32Array(row.inputs.length);
  for (let t = 1; t < positions.length; t++) {
    const isNew = row.documents !== undefined && row.documents[t] !== row.documents[t - 1];
    positions[t] = isNew ? 0 : positions[t - 1]! + 1;
  }
  return positions;
}
