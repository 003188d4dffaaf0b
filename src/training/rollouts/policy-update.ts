/**
 * The updates of one step: a few passes over the answers, minibatch by minibatch, ended early once the policy has moved enough.
 *
 * The first pass takes the answers in the order and grouping in which they were observed; later passes shuffle them.
 */
import { type Answer, answerLength } from '../../data/rows/answers.ts';
import { epochOrder } from '../../data/rows/rows.ts';
import { tokenWeights } from '../../losses/grpo.ts';
import { k3 } from '../../losses/kl.ts';
import type { Module } from '../../nn/module.ts';
import type { AdamW } from '../../optim/adamw.ts';
import { toAnswerBatch } from '../../scoring/answer-batch.ts';
import { readNumbers } from '../../scoring/read-numbers.ts';
import { fromArray, noGrad, stack, type Tensor } from '../../tensor/index.ts';
import type { StageSettings } from '../settings.ts';
import { update } from '../supervised.ts';
import type { Algorithm, RolloutSettings } from './algorithm.ts';
import { act, type Experience } from './experience.ts';

export interface UpdateOptions {
  readonly stage: string;
  /** What the optimizer updates: the policy, with its value head where there is one. */
  readonly trained: Module;
  readonly optimizer: AdamW;
  readonly settings: StageSettings;
  readonly rules: Pick<RolloutSettings, 'updateEpochs' | 'stopKl'>;
  /** Price of a nat of divergence. */
  readonly price: number;
  readonly lr: number;
  readonly step: number;
  readonly seed: number;
}

/** Means over the updates made. */
export interface UpdateMeasures {
  readonly loss: number;
  readonly gradNorm: number;
  /** Absent without a value head. */
  readonly valueLoss?: number;
  /** Share of tokens on which clipping acted. */
  readonly clipShare: number;
  /** k3 per token between the policy that drew the answers and the one being updated, at the last minibatch looked at. */
  readonly updateKl: number;
  readonly updates: number;
}

export async function updateOn(
  algorithm: Algorithm,
  experience: readonly Experience[],
  options: UpdateOptions,
): Promise<UpdateMeasures> {
  const { stage, trained, optimizer, settings, rules, lr, step, seed } = options;
  const sums = { loss: 0, gradNorm: 0, valueLoss: 0, clipShare: 0 };
  let updates = 0;
  let updateKl = 0;
  const size = settings.batchSize * settings.gradAccum;
  for (let epoch = 0; epoch < rules.updateEpochs && updateKl <= rules.stopKl; epoch++) {
    const shuffled = epochOrder(experience.length, seed + step, epoch, epoch > 0);
    const order = Array.from(shuffled, (i) => experience[i]!);
    for (let start = 0; start < order.length; start += size) {
      const measured = await gradients(algorithm, order.slice(start, start + size), options);
      updateKl = measured.updateKl;
      if (updateKl > rules.stopKl) {
        trained.zeroGrad(); // this minibatch only showed that it is enough
        break;
      }
      const { gradClip } = settings;
      sums.gradNorm += await update(stage, step, trained, optimizer, { loss: measured.loss, lr, gradClip });
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
    ...(algorithm.actor.vHead === null ? {} : { valueLoss: mean(sums.valueLoss) }),
    clipShare: mean(sums.clipShare),
    updateKl,
    updates,
  };
}

/** Gradients of a minibatch, micro-batch by micro-batch, and what they were computed from. */
async function gradients(
  algorithm: Algorithm,
  minibatch: readonly Experience[],
  { settings, price }: UpdateOptions,
): Promise<Record<'loss' | 'valueLoss' | 'clipShare' | 'updateKl', number>> {
  const lengths = minibatch.map(({ answer }) => answerLength(answer));
  const weights = tokenWeights(lengths, algorithm.average);
  const sums = { loss: 0, valueLoss: 0, clipShare: 0, updateKl: 0 };
  let at = 0;
  for (let start = 0; start < minibatch.length; start += settings.batchSize) {
    const micro = minibatch.slice(start, start + settings.batchSize);
    const tokens = micro.reduce((sum, { answer }) => sum + answerLength(answer), 0);
    const own = weights.subarray(at, at + tokens);
    at += tokens;
    const numbers = await readNumbers(() => {
      const { losses, clipped, valueLosses, moved } = tokenTerms(algorithm, micro, price);
      const share = (values: Tensor) => values.mul(host(own, values)).sum();
      const loss = share(losses);
      loss.backward();
      return noGrad(() => stack([loss, share(valueLosses ?? moved.mul(0)), share(clipped), share(moved)]));
    });
    sums.loss += numbers[0]!;
    sums.valueLoss += numbers[1]!;
    sums.clipShare += numbers[2]!;
    sums.updateKl += numbers[3]!;
  }
  return sums;
}

/** Everything per token of the micro-batch [N]; `moved` is k3 from the policy that drew it. */
function tokenTerms(algorithm: Algorithm, micro: readonly Experience[], price: number) {
  const batch = toAnswerBatch(micro.map(({ answer }): Answer => answer));
  const acted = act(algorithm.actor, batch, algorithm.wantsEntropy);
  const known = (kind: 'logProbs' | 'values' | 'advantages' | 'returns' | 'referenceLogProbs') =>
    host(
      micro.flatMap((experience) => Array.from(experience[kind])),
      acted.logProbs,
    );
  const remembered = {
    oldLogProbs: known('logProbs'),
    oldValues: known('values'),
    referenceLogProbs: known('referenceLogProbs'),
    advantages: known('advantages'),
    returns: known('returns'),
  };
  const moved = k3(acted.logProbs.detach(), remembered.oldLogProbs);
  return { ...algorithm.loss(acted, remembered, price), moved };
}

/** Numbers of the host beside a tensor. */
function host(values: ArrayLike<number>, { dtype, backend }: Tensor): Tensor {
  return fromArray(Float64Array.from(values), [values.length], { dtype, backend });
}
