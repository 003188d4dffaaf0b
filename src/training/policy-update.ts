/**
 * The updates of one step of PPO or GRPO: a few passes over the answers, minibatch by minibatch, ended early once the policy has moved enough.
 *
 * The first pass takes the answers in the order and grouping in which they were observed; later passes shuffle them.
 */
import { type Answer, answerLength } from '../data/rows/answers.ts';
import { epochOrder } from '../data/rows/rows.ts';
import { grpoLoss, tokenWeights } from '../losses/grpo.ts';
import { k3 } from '../losses/kl.ts';
import { ppoLoss } from '../losses/ppo.ts';
import type { PolicyWithValue } from '../models/value-head.ts';
import type { AdamW } from '../optim/adamw.ts';
import { fromArray, noGrad, stack, type Tensor } from '../tensor/index.ts';
import type { AlignmentSettings } from './alignment-settings.ts';
import { toAnswerBatch } from './answer-batch.ts';
import { act, type Experience } from './experience.ts';
import { update } from './loop.ts';
import { readNumbers } from './numbers.ts';
import type { StageSettings } from './settings.ts';

export interface UpdateOptions {
  readonly settings: StageSettings;
  readonly alignment: AlignmentSettings;
  readonly klCoefficient: number;
  readonly lr: number;
  readonly step: number;
  readonly seed: number;
}

/** Means over the updates made. */
export interface UpdateMeasures {
  readonly loss: number;
  readonly gradNorm: number;
  readonly valueLoss: number;
  /** Share of tokens on which clipping acted. */
  readonly clipShare: number;
  /** k3 a token between the policy that drew the answers and the one being updated, at the last minibatch looked at. */
  readonly updateKl: number;
  readonly updates: number;
}

export async function updateOn(
  actor: PolicyWithValue,
  experience: readonly Experience[],
  optimizer: AdamW,
  options: UpdateOptions,
): Promise<UpdateMeasures> {
  const { settings, alignment, lr, step, seed } = options;
  const sums = { loss: 0, gradNorm: 0, valueLoss: 0, clipShare: 0 };
  let updates = 0;
  let updateKl = 0;
  const size = settings.batchSize * settings.gradAccum;
  for (let epoch = 0; epoch < alignment.updateEpochs && updateKl <= alignment.stopKl; epoch++) {
    const shuffled = epochOrder(experience.length, seed + step, epoch, epoch > 0);
    const order = Array.from(shuffled, (i) => experience[i]!);
    for (let start = 0; start < order.length; start += size) {
      const measured = await gradients(actor, order.slice(start, start + size), options);
      updateKl = measured.updateKl;
      if (updateKl > alignment.stopKl) {
        actor.zeroGrad(); // this minibatch only showed that it is enough
        break;
      }
      const { gradClip } = settings;
      sums.gradNorm += await update('ppo', step, actor, optimizer, { loss: measured.loss, lr, gradClip });
      sums.loss += measured.loss;
      sums.valueLoss += measured.valueLoss;
      sums.clipShare += measured.clipShare;
      updates++;
    }
  }
  const mean = (sum: number) => sum / Math.max(1, updates);
  return {
    loss: mean(sums.loss),
    gradNorm: mean(sums.gradNorm),
    valueLoss: mean(sums.valueLoss),
    clipShare: mean(sums.clipShare),
    updateKl,
    updates,
  };
}

/** Gradients of a minibatch, micro-batch by micro-batch, and what they were computed from. */
async function gradients(actor: PolicyWithValue, minibatch: readonly Experience[], options: UpdateOptions) {
  const { settings, alignment } = options;
  const lengths = minibatch.map(({ answer }) => answerLength(answer));
  const weights = tokenWeights(lengths, alignment.algorithm === 'grpo' ? 'answer' : 'token');
  const sums = { loss: 0, valueLoss: 0, clipShare: 0, updateKl: 0 };
  let at = 0;
  for (let start = 0; start < minibatch.length; start += settings.batchSize) {
    const micro = minibatch.slice(start, start + settings.batchSize);
    const tokens = micro.reduce((sum, { answer }) => sum + answerLength(answer), 0);
    const own = weights.subarray(at, at + tokens);
    at += tokens;
    const numbers = await readNumbers(() => {
      const terms = lossTerms(actor, micro, options);
      const share = (values: Tensor) => values.mul(host(own, values)).sum();
      const loss = share(terms.losses);
      loss.backward();
      return noGrad(() => stack([loss, share(terms.valueLosses), share(terms.clipped), share(terms.moved)]));
    });
    sums.loss += numbers[0]!;
    sums.valueLoss += numbers[1]!;
    sums.clipShare += numbers[2]!;
    sums.updateKl += numbers[3]!;
  }
  return sums;
}

/** Everything a token of the micro-batch [N]. */
function lossTerms(
  actor: PolicyWithValue,
  micro: readonly Experience[],
  { alignment, klCoefficient }: UpdateOptions,
): { losses: Tensor; valueLosses: Tensor; clipped: Tensor; moved: Tensor } {
  const batch = toAnswerBatch(micro.map(({ answer }): Answer => answer));
  const { logProbs, values, entropies } = act(actor, batch, alignment.entropyWeight > 0);
  const known = (kind: 'logProbs' | 'values' | 'advantages' | 'returns' | 'referenceLogProbs') =>
    host(
      micro.flatMap((experience) => Array.from(experience[kind])),
      logProbs,
    );
  const [oldLogProbs, advantages] = [known('logProbs'), known('advantages')];
  const moved = k3(logProbs.detach(), oldLogProbs);
  if (alignment.algorithm === 'grpo') {
    const inputs = { logProbs, oldLogProbs, advantages, referenceLogProbs: known('referenceLogProbs') };
    const { losses, clipped } = grpoLoss(inputs, { clip: alignment.clip, beta: klCoefficient });
    return { losses, clipped, moved, valueLosses: moved.mul(0) };
  }
  const [oldValues, returns] = [known('values'), known('returns')];
  const inputs = { logProbs, values, entropies, oldLogProbs, oldValues, advantages, returns };
  return { ...ppoLoss(inputs, alignment), moved };
}

/** Numbers of the host beside a tensor. */
function host(values: ArrayLike<number>, { dtype, backend }: Tensor): Tensor {
  return fromArray(Float64Array.from(values), [values.length], { dtype, backend });
}
