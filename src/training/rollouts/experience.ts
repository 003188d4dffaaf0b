/**
 * Experience: drawn answers with everything that policy, value head and reference say about them.
 *
 * What the policy thought when it drew is computed with the batches of the first updates, not taken from the rollout: the first
 * ratios are then exactly 1, to the last bit. (So these batches are not those of scoring/: there, answers of one length go
 * together.)
 */
import { type Answer, answerLength } from '../../data/rows/answers.ts';
import type { Rollout } from '../../generation/rollout.ts';
import { type AnswerBatch, entropies, logProbsOf, tokenLogProbs } from '../../losses/log-probs.ts';
import type { CausalLM } from '../../models/causal-lm.ts';
import type { ValueHead } from '../../models/value-head.ts';
import { toAnswerBatch } from '../../scoring/answer-batch.ts';
import { readNumbers } from '../../scoring/read-numbers.ts';
import { noGrad, stack, type Tensor, zeros } from '../../tensor/index.ts';

/** One answer as the policy that drew it saw it; arrays hold one entry per token of the answer. */
export interface Observed {
  readonly answer: Answer;
  readonly logProbs: Float64Array;
  readonly values: Float64Array;
  readonly entropies: Float64Array;
  readonly referenceLogProbs: Float64Array;
}

/** An answer to learn from: what it was worth, token by token. */
export interface Experience extends Observed {
  readonly advantages: Float64Array;
  readonly returns: Float64Array;
}

/** Who draws and learns: the policy, and its value head where the algorithm has one. */
export interface Actor {
  readonly policy: CausalLM;
  readonly vHead: ValueHead | null;
}

export interface Acted {
  readonly logProbs: Tensor;
  readonly values: Tensor;
  readonly entropies: Tensor;
}

/**
 * Policy and value head on a batch, one number per token of the answers. Entropies cost a pass over the vocabulary: zeros if
 * unwanted, as are values where there is no head.
 */
export function act({ policy, vHead }: Actor, batch: AnswerBatch, wantsEntropy: boolean): Acted {
  const hidden = policy.hiddenAt(batch.ids, batch.targetRows, batch.options); // [N, D]
  const logits = policy.logits(hidden); // [N, V]
  const none = () => zeros(batch.targets.shape, { dtype: hidden.dtype, backend: hidden.backend });
  return {
    logProbs: logProbsOf(logits, batch.targets),
    values: vHead === null ? none() : vHead.forward(hidden),
    entropies: wantsEntropy ? entropies(logits) : none(),
  };
}

/** Look at a micro-batch of answers with policy and reference. */
export async function observe(
  actor: Actor,
  reference: CausalLM,
  answers: readonly Answer[],
): Promise<Observed[]> {
  const numbers = await readNumbers(() =>
    noGrad(() => {
      const batch = toAnswerBatch(answers);
      const { logProbs, values, entropies: undecided } = act(actor, batch, true);
      return stack([logProbs, values, undecided, tokenLogProbs(reference, batch)]); // [4, N]
    }),
  );
  const N = numbers.length / 4;
  let at = 0;
  return answers.map((answer) => {
    const from = at;
    at += answerLength(answer);
    const row = (kind: number) =>
      Float64Array.from({ length: at - from }, (_, i) => numbers[kind * N + from + i]!);
    return { answer, logProbs: row(0), values: row(1), entropies: row(2), referenceLogProbs: row(3) };
  });
}

/** Divergence of one answer from the reference, in nats: k1 and k3 added up over its tokens. */
export function divergenceOf({ logProbs, referenceLogProbs }: Observed): { k1: number; k3: number } {
  let [first, third] = [0, 0];
  for (let t = 0; t < logProbs.length; t++) {
    const logRatio = referenceLogProbs[t]! - logProbs[t]!;
    first -= logRatio;
    third += Math.exp(logRatio) - 1 - logRatio;
  }
  return { k1: first, k3: third };
}

/** The whole conversation of a rollout. */
export function answerOf({ prompt, answer }: Rollout): Answer {
  return { ids: [...prompt, ...answer], answerStart: prompt.length };
}
