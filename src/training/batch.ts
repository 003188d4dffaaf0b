/**
 * A batch: B rows as tensors for the model, and what the loss needs.
 *
 * Shapes: ids, positions [B, T] int32; targets [N] int32 with N the number of targets that count, `targetRows` [N] their places
 * in the flattened batch. Leaving the other places out before the output layer saves its cost there (all of the question, in
 * SFT).
 *
 * N differs from batch to batch. A backend that compiles its kernels for every shape (gpu) would do so in every step: there N is
 * rounded up with rows that are ignored. Elsewhere a row more costs its share of the output layer and buys nothing.
 */

import { positionsOf, type Row } from '../data/rows/rows.ts';
import type { TargetGroup } from '../losses/cross-entropy.ts';
import type { DecoderOptions } from '../models/decoder.ts';
import { fromArray, getDefaults, IGNORE_INDEX, type Tensor } from '../tensor/index.ts';

const ROWS_STEP = 64;

export interface Batch {
  readonly ids: Tensor;
  readonly options: DecoderOptions;
  readonly targets: Tensor;
  readonly targetRows: Tensor;
  /** How much the targets count in all: their number (without the rows that were added) where each counts 1. */
  readonly count: number;
  /** Where they count differently: targets of one weight lie side by side. */
  readonly groups?: readonly TargetGroup[];
}

/** Make the tensors of a batch (inside the scope of a training step: they are released with it). */
export function toBatch(rows: readonly Row[]): Batch {
  const B = rows.length;
  const T = rows[0]!.inputs.length;
  const ids = new Int32Array(B * T);
  const positions = new Int32Array(B * T);
  const byWeight = new Map<number, { targets: number[]; targetRows: number[] }>();
  for (const [b, row] of rows.entries()) {
    ids.set(row.inputs, b * T);
    positions.set(positionsOf(row), b * T);
    for (let t = 0; t < T; t++) {
      const weight = row.weights?.[t] ?? 1;
      if (row.targets[t] === IGNORE_INDEX || weight === 0) continue;
      const group = byWeight.get(weight) ?? { targets: [], targetRows: [] };
      byWeight.set(weight, group);
      group.targets.push(row.targets[t]!);
      group.targetRows.push(b * T + t);
    }
  }
  const targets = [...byWeight.values()].flatMap((group) => group.targets);
  const targetRows = [...byWeight.values()].flatMap((group) => group.targetRows);
  const groups = [...byWeight].map(([weight, group]) => ({ weight, size: group.targets.length }));
  const count = groups.reduce((sum, { weight, size }) => sum + weight * size, 0);
  if (getDefaults().backend.readSync === undefined) {
    const padding = Math.ceil(targets.length / ROWS_STEP) * ROWS_STEP - targets.length;
    targets.push(...new Array<number>(padding).fill(IGNORE_INDEX));
    targetRows.push(...new Array<number>(padding).fill(0)); // any place: its gradient is zero
  }
  const documents = rows[0]!.documents === undefined ? undefined : rows.map((row) => row.documents!);
  const hasFiller = rows.some(({ length }) => length !== undefined);
  const counted = hasFiller ? rows.map(({ length = T }) => new Uint8Array(T).fill(1, 0, length)) : undefined;
  return {
    ids: fromArray(ids, [B, T]),
    options: { documents, positions: documents && fromArray(positions, [B, T]), counted },
    targets: fromArray(Int32Array.from(targets), [targets.length]),
    targetRows: fromArray(Int32Array.from(targetRows), [targetRows.length]),
    count,
    ...(groups.every(({ weight }) => weight === 1) ? {} : { groups }),
  };
}
