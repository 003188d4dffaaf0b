/**
 * How likely a model finds answers: what DPO's reference, bits per byte, multiple choice and minimal pairs are made of.
 *
 *   log p(y | x) = sum over t >= answerStart of log p(id_t | id_0 .. id_t-1)          in nats
 *
 * Only the positions that predict an answer token go through the output layer.
 */
import type { Answer } from '../data/rows/answers.ts';
import type { Watch } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { checkFinite } from '../models/finite.ts';
import { fromArray, noGrad } from '../tensor/index.ts';
import { inBatches } from './batches.ts';
import { readNumbers } from './read-numbers.ts';

const BATCH = 16;

/** log p of every answer, in the order given. None may be longer than the context and one, and each has something before it. */
export function scoreAnswers(
  model: CausalLM,
  answers: readonly Answer[],
  watch: Watch = {},
): Promise<number[]> {
  return inBatches(answers, { ...watch, size: BATCH }, (batch) => logProbsOfBatch(model, batch));
}

async function logProbsOfBatch(model: CausalLM, answers: readonly Answer[]): Promise<number[]> {
  const T = Math.max(...answers.map(({ ids }) => ids.length)) - 1; // the last token predicts nothing
  const inputs = new Int32Array(answers.length * T);
  const places: number[] = [];
  const targets: number[] = [];
  for (const [row, { ids, answerStart }] of answers.entries()) {
    inputs.set(ids.slice(0, -1), row * T);
    for (let t = answerStart; t < ids.length; t++) {
      places.push(row * T + t - 1);
      targets.push(ids[t]!);
    }
  }
  const losses = await readNumbers(() =>
    noGrad(() => {
      const logits = model.logitsAt(
        fromArray(inputs, [answers.length, T]),
        fromArray(Int32Array.from(places), [places.length]),
      );
      return logits.crossEntropy(fromArray(Int32Array.from(targets), [targets.length]), {
        reduction: 'none',
      });
    }),
  );
  checkFinite(losses, 'log probabilities');
  const sums = new Array<number>(answers.length).fill(0);
  for (const [i, place] of places.entries()) sums[Math.floor(place / T)]! -= losses[i]!;
  return sums;
}
