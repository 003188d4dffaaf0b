/**
 * A batch of answers as tensors: for the log-probabilities of their tokens, and for the reward at their ends.
 *
 * Several answers share a row; each sees itself only (attention by document) and counts its positions from 0. So what the model
 * says of an answer depends neither on its neighbours nor on the filler. Targets come answer by answer, in the order given.
 * Shapes: ids, positions [B, T]; targets, targetRows, owners [N]; ends [A].
 */
import { type Answer, packLengths } from '../data/rows/answers.ts';
import type { AnswerBatch } from '../losses/log-probs.ts';
import { fromArray } from '../tensor/index.ts';

/** Make the tensors of a batch (inside the scope of a step: they are released with it). */
export function toAnswerBatch(answers: readonly Answer[]): AnswerBatch {
  const { rows: B, width: T, places } = packLengths(answers.map(({ ids }) => ids.length));
  const ids = new Int32Array(B * T);
  const positions = new Int32Array(B * T);
  const documents = Array.from({ length: B }, () => new Uint16Array(T));
  const ends = new Int32Array(answers.length);
  const targets: number[] = [];
  const targetRows: number[] = [];
  const owners: number[] = [];
  for (const [a, answer] of answers.entries()) {
    const { row, column } = places[a]!;
    const start = row * T + column;
    for (const [t, id] of answer.ids.entries()) {
      ids[start + t] = id;
      positions[start + t] = t;
      documents[row]![column + t] = a + 1; // 0 is the filler
      if (t < answer.answerStart) continue;
      targets.push(id);
      targetRows.push(start + t - 1);
      owners.push(a);
    }
    ends[a] = start + answer.ids.length - 1;
  }
  return {
    answers: answers.length,
    ids: fromArray(ids, [B, T]),
    options: { documents, positions: fromArray(positions, [B, T]), counted: documents },
    targets: vector(targets),
    targetRows: vector(targetRows),
    owners: vector(owners),
    ends: fromArray(ends, [ends.length]),
  };
}

function vector(values: readonly number[]) {
  return fromArray(Int32Array.from(values), [values.length]);
}
