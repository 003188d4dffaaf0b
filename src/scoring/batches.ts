/**
 * Answers in batches of nearly one length: filler costs as much as text, and a short answer beside a long one is mostly filler.
 *
 * Rows are filled up on the right, where nobody looks: a score depends neither on the neighbours nor on the filler.
 */
import type { Answer } from '../data/rows/answers.ts';
import { turn, type Watch } from '../event-loop.ts';

export interface BatchOptions extends Watch {
  /** Answers in a batch. */
  readonly size: number;
  /** Their places in the order in which they are scored; by length if absent. */
  readonly order?: readonly number[];
}

/** One number for every answer, in the order given; `score` gives those of a batch. */
export async function inBatches<A extends Pick<Answer, 'ids'>>(
  answers: readonly A[],
  { size, order = byLength(answers), onProgress, signal }: BatchOptions,
  score: (batch: readonly A[]) => Promise<ArrayLike<number>>,
): Promise<number[]> {
  const scores = new Array<number>(answers.length).fill(0);
  for (let start = 0; start < order.length; start += size) {
    const batch = order.slice(start, start + size);
    const values = await score(batch.map((i) => answers[i]!));
    for (const [row, i] of batch.entries()) scores[i] = values[row]!;
    onProgress?.(start + batch.length);
    await turn(signal);
  }
  return scores;
}

function byLength(answers: readonly Pick<Answer, 'ids'>[]): number[] {
  return [...answers.keys()].sort((a, b) => answers[a]!.ids.length - answers[b]!.ids.length);
}
