/**
 * How likely a model finds answers: what DPO's reference, bits per byte, multiple choice and minimal pairs are made of.
 *
 *   log p(y | x) = sum over t >= answerStart of log p(id_t | id_0 .. id_t-1)          in nats
 *
 * Only the positions that predict an answer token go through the output layer. Answers to one prompt (the options of a question,
 * both answers of a pair) are scored together and read it once.
 */
import { type Answer, bundle } from '../data/rows/answers.ts';
import type { Watch } from '../event-loop.ts';
import { tokenLogProbs } from '../losses/log-probs.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { checkFinite } from '../models/finite.ts';
import { noGrad } from '../tensor/index.ts';
import { toAnswerBatch } from './answer-batch.ts';
import { inBatches } from './batches.ts';
import { readNumbers } from './read-numbers.ts';

const BATCH = 64;

/** log p of every answer, in the order given. None may be longer than the context and one, and each has something before it. */
export function scoreAnswers(
  model: CausalLM,
  answers: readonly Answer[],
  watch: Watch = {},
): Promise<number[]> {
  const order = bundle(answers, 1)
    .sort((a, b) => a.length - b.length)
    .flatMap(({ members }) => members);
  return inBatches(answers, { ...watch, size: BATCH, order }, (batch) => logProbsOfBatch(model, batch));
}

async function logProbsOfBatch(model: CausalLM, answers: readonly Answer[]): Promise<number[]> {
  const logProbs = await readNumbers(() => noGrad(() => tokenLogProbs(model, toAnswerBatch(answers, 1))));
  checkFinite(logProbs, 'log probabilities');
  let at = 0;
  return answers.map(({ ids, answerStart }) => {
    let sum = 0;
    for (let t = answerStart; t < ids.length; t++) sum += logProbs[at++]!;
    return sum;
  });
}
