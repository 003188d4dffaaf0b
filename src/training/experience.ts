/**
 * Experience: drawn answers with everything that policy, value head, reference and reward say about them.
 *
 *   r_t = -c (log p_old - log p_ref)  at every token,  + score  at the last one                     (Ouyang et al. 2022, eq. 2)
 *
 * The score comes once, at the end of the answer; the price of divergence (k1, see losses/kl.ts) is paid token by token, where it arises.
 * What the policy thought when it drew is computed with the batches of the first updates, not taken from the rollout: the first ratios are
 * then exactly 1, to the last bit.
 */
import { type Answer, answerLength } from '../data/rows/answers.ts';
import type { Rollout } from '../generation/rollout.ts';
import { type GaeOptions, generalizedAdvantages, whiten } from '../losses/gae.ts';
import { groupAdvantages } from '../losses/grpo.ts';
import { type AnswerBatch, entropies, logProbsOf, tokenLogProbs } from '../losses/log-probs.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { PolicyWithValue } from '../models/value-head.ts';
import { noGrad, stack, type Tensor, zeros } from '../tensor/index.ts';
import { toAnswerBatch } from './answer-batch.ts';
import { readNumbers } from './numbers.ts';

/** One answer as the policy that drew it saw it; arrays hold one entry a token of the answer. */
export interface Observed {
  readonly answer: Answer;
  readonly logProbs: Float64Array;
  readonly values: Float64Array;
  readonly entropies: Float64Array;
  readonly referenceLogProbs: Float64Array;
}

/** What the update needs besides. */
export interface Experience extends Observed {
  readonly advantages: Float64Array;
  readonly returns: Float64Array;
}

export interface Acted {
  readonly logProbs: Tensor;
  readonly values: Tensor;
  readonly entropies: Tensor;
}

/** Policy and value head on a batch, one number a token of the answers. Entropies cost a pass over the vocabulary: zeros if unwanted. */
export function act(actor: PolicyWithValue, batch: AnswerBatch, wantsEntropy: boolean): Acted {
  const hidden = actor.policy.hiddenAt(batch.ids, batch.targetRows, batch.options); // [N, D]
  const logits = actor.policy.logits(hidden); // [N, V]
  return {
    logProbs: logProbsOf(logits, batch.targets),
    values: actor.vHead.forward(hidden),
    entropies: wantsEntropy
      ? entropies(logits)
      : zeros(batch.targets.shape, { dtype: hidden.dtype, backend: hidden.backend }),
  };
}

/** Look at a micro-batch of answers with policy and reference. */
export async function observe(
  actor: PolicyWithValue,
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

/** PPO: rewards token by token, advantages by GAE, whitened over all tokens of the step. */
export function ppoExperience(
  observed: readonly Observed[],
  scores: readonly number[],
  klCoefficient: number,
  options: GaeOptions,
): Experience[] {
  const each = observed.map(({ logProbs, referenceLogProbs, values }, i) => {
    const rewards = logProbs.map((logProb, t) => -klCoefficient * (logProb - referenceLogProbs[t]!));
    rewards[rewards.length - 1]! += scores[i]!;
    return generalizedAdvantages(rewards, values, options);
  });
  const white = whiten(each.flatMap(({ advantages }) => Array.from(advantages)));
  let at = 0;
  return observed.map((seen, i) => {
    const { returns } = each[i]!;
    at += returns.length;
    return { ...seen, returns, advantages: white.slice(at - returns.length, at) };
  });
}

/** GRPO: one advantage for all tokens of an answer, from its group. */
export function grpoExperience(
  observed: readonly Observed[],
  scores: readonly number[],
  groupSize: number,
): Experience[] {
  const advantages = groupAdvantages(scores, groupSize);
  return observed.map((seen, i) => ({
    ...seen,
    returns: new Float64Array(seen.values.length),
    advantages: new Float64Array(seen.values.length).fill(advantages[i]!),
  }));
}

/** The whole conversation of a rollout. */
export function answerOf({ prompt, answer }: Rollout): Answer {
  return { ids: [...prompt, ...answer], answerStart: prompt.length };
}
