/**
 * Direct preference optimisation: raise what was chosen over what was rejected, measured from where SFT left the model.
 *
 *   L = - log sigmoid(beta (log p/p_ref (chosen) - log p/p_ref (rejected)))                          (losses/dpo.ts)
 *
 * No reward model and no drawing: pairs in, policy out. The reference never changes, so its log-probabilities are computed once
 * for all pairs, before the first update; training then needs one model, not two. Dropout is off: policy and reference agree at
 * the start. --nll-weight adds the loss of SFT on the chosen answers, for where their log-probability should not fall.
 */
import { answerLength } from '../../data/rows/answers.ts';
import { EpochStream, type Pair } from '../../data/rows/pairs.ts';
import { UserError } from '../../errors.ts';
import type { Watch } from '../../event-loop.ts';
import type { KnobTable, ValuesOf } from '../../knobs.ts';
import { dpoLoss } from '../../losses/dpo.ts';
import { answerLogProbs } from '../../losses/log-probs.ts';
import type { CausalLM } from '../../models/causal-lm.ts';
import { AdamW } from '../../optim/adamw.ts';
import { toAnswerBatch } from '../../scoring/answer-batch.ts';
import { scoreAnswers } from '../../scoring/log-probs.ts';
import { fromArray, type Tensor } from '../../tensor/index.ts';
import {
  fingerprintOfPairs,
  ofPairs,
  type PairBatch,
  pairBatch,
  readPairs,
  rehearsePairs,
} from '../pair-data.ts';
import { QUICK, totalSteps } from '../settings.ts';
import { defineStage, forPreset } from '../stage.ts';
import { type LossWithParts, type Objective, supervised } from '../supervised.ts';

export const dpoKnobs = {
  beta: {
    type: 'number',
    above: 0,
    max: 100,
    default: 3,
    help: 'how strongly the policy is held to the reference',
  },
  labelSmoothing: {
    ...{ type: 'number', min: 0, max: 0.49, default: 0 },
    help: 'share of pairs labelled the wrong way round',
  },
  nllWeight: {
    ...{ type: 'number', min: 0, max: 100, default: 0 },
    help: 'weight of the chosen answer as in SFT, per token: keeps its log-probability from falling',
  },
  dpoLoss: { type: 'choice', choices: ['sigmoid', 'ipo'], default: 'sigmoid', help: 'loss of a pair' },
} as const satisfies KnobTable;

export type DpoSettings = ValuesOf<typeof dpoKnobs>;

/** Small steps from where SFT ended: no decay, which would pull the policy away from its reference. */
const small = { learningRate: 5e-5, weightDecay: 0, warmup: 10 };

export const dpo = defineStage({
  name: 'dpo',
  startsFrom: 'sft',
  learnsFrom: 'preferences',
  leaves: 'chat',
  chatRank: 2,
  knobs: dpoKnobs,
  ignores: ['packing'],
  settings: (preset) =>
    forPreset(
      {
        ...{ pico: small, nano: small, micro: small },
        large: { ...small, learningRate: 1e-5, batchSize: 1, gradAccum: 16 },
      },
      preset,
    ),
  quick: QUICK.preferenceStage,
  rehearse: ({ files, ...place }) => rehearsePairs(files, place),

  check({ own: { dpoLoss: kind, labelSmoothing } }) {
    if (kind === 'ipo' && labelSmoothing > 0)
      throw new UserError('--label-smoothing is for --dpo-loss sigmoid; IPO has no such term, leave it out');
  },

  async prepare(place) {
    const { name, files, tokenizer, model, random, settings, own } = place;
    const { context, seed, quick, reporter, signal } = place;
    const data = await readPairs(files, tokenizer, { context, quick, signal }, reporter);
    reporter.begin(`${name} reference`, data.pairs.length + data.heldOut.length);
    const onProgress = (done: number) => reporter.advance(done, 'log-probabilities');
    const pairs = await withReference(model, data.pairs, { onProgress, signal });
    const heldOut = await withReference(model, data.heldOut, {
      onProgress: (done) => onProgress(pairs.length + done),
      signal,
    });
    reporter.end('');
    const objective = dpoObjective(model, { pairs, heldOut }, own, {
      ...{ stage: name, seed, shuffle: settings.shuffle },
    });
    const optimizer = new AdamW(model, settings);
    return {
      ...{ model, tokenizer, optimizer, random },
      ...supervised(objective, optimizer, settings),
      steps: totalSteps(settings, () => pairs.length),
      fingerprint: fingerprintOfPairs(pairs),
    };
  },
});

export function dpoObjective(
  model: CausalLM,
  { pairs, heldOut }: Record<'pairs' | 'heldOut', readonly ReferencedPair[]>,
  own: DpoSettings,
  { stage, seed, shuffle }: { readonly stage: string; readonly seed: number; readonly shuffle: boolean },
): Objective<ReferencedPair, PairBatch<ReferencedPair>> {
  return {
    ...ofPairs,
    ...{ stage, model, heldOut },
    batch: pairBatch<ReferencedPair>,
    rows: new EpochStream(pairs, { seed, shuffle }),
    loss: (batch, total) => pairLoss(model, batch, total, own),
  };
}

/** A pair with what the reference thinks of it: log-probabilities of both answers. */
export interface ReferencedPair extends Pair {
  readonly reference: { readonly chosen: number; readonly rejected: number };
}

/** Pairs with what `model` as it is now thinks of them. */
export async function withReference(
  model: CausalLM,
  pairs: readonly Pair[],
  { onProgress, signal }: Watch = {},
): Promise<ReferencedPair[]> {
  model.eval();
  const answers = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const logProbs = await scoreAnswers(model, answers, {
    onProgress: (done) => onProgress?.(Math.floor(done / 2)),
    signal,
  });
  return pairs.map((pair, i) => ({
    ...pair,
    reference: { chosen: logProbs[2 * i]!, rejected: logProbs[2 * i + 1]! },
  }));
}

/** Loss of a batch of pairs, and everything DPO is watched by. */
function pairLoss(
  model: CausalLM,
  { answers, pairs }: PairBatch<ReferencedPair>,
  total: number,
  { beta, labelSmoothing, nllWeight, dpoLoss: kind }: DpoSettings,
): LossWithParts {
  const P = pairs.length;
  const both = answerLogProbs(model, toAnswerBatch(answers)); // [2 P]
  const policy = { chosen: both.slice(0, 0, P), rejected: both.slice(0, P) };
  const cached = (side: 'chosen' | 'rejected') =>
    fromArray(
      Float64Array.from(pairs, ({ reference }) => reference[side]),
      [P],
      { dtype: both.dtype },
    );
  const reference = { chosen: cached('chosen'), rejected: cached('rejected') };
  const { losses, ...terms } = dpoLoss(policy, reference, { beta, labelSmoothing, kind });
  const share = (values: Tensor) => values.sum().div(total);
  // RPO's term: the loss of SFT on the chosen answer (Pang et al. 2024, "Iterative reasoning preference optimization", eq. 1).
  const lengths = fromArray(
    Float64Array.from(pairs, ({ chosen }) => answerLength(chosen)),
    [P],
    { dtype: both.dtype },
  );
  const anchored = () => losses.sub(policy.chosen.div(lengths).mul(nllWeight));
  return {
    loss: share(nllWeight === 0 ? losses : anchored()),
    parts: {
      accuracy: share(terms.wins),
      margin: share(terms.margins),
      chosenReward: share(terms.chosenRewards),
      rejectedReward: share(terms.rejectedRewards),
      chosenLogProb: share(terms.chosenLogProbs),
      rejectedLogProb: share(terms.rejectedLogProbs),
    },
  };
}
