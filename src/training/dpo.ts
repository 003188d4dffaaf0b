/**
 * Stage 4b, direct preference optimisation: raise what was chosen over what was rejected, measured from where SFT left the model.
 *
 * The reference never changes, so its log-probabilities are computed once for all pairs, before the first update; training then needs one
 * model, not two.
 */
import { EpochStream, type Pair } from '../data/rows/pairs.ts';
import { turn } from '../event-loop.ts';
import { dpoLoss } from '../losses/dpo.ts';
import { answerLogProbs } from '../losses/log-probs.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { fromArray, noGrad, type Tensor } from '../tensor/index.ts';
import type { AlignmentSettings } from './alignment-settings.ts';
import { toAnswerBatch } from './answer-batch.ts';
import { readNumbers } from './numbers.ts';
import { fingerprintOf, ofPairs, type PairBatch, pairBatch } from './preference-data.ts';
import type { StageData } from './pretrain.ts';
import type { StageSettings } from './settings.ts';

/** A pair with what the reference thinks of it. */
export interface ReferencedPair extends Pair {
  readonly reference: { readonly chosen: number; readonly rejected: number };
}

const REFERENCE_BATCH = 16;

/** Log-probabilities of both answers of every pair under `model` as it is now. */
export async function withReference(
  model: CausalLM,
  pairs: readonly Pair[],
  onProgress: (done: number) => void = () => {},
): Promise<ReferencedPair[]> {
  const result: ReferencedPair[] = [];
  model.eval();
  for (let start = 0; start < pairs.length; start += REFERENCE_BATCH) {
    const batch = pairBatch(pairs.slice(start, start + REFERENCE_BATCH));
    const values = await readNumbers(() => noGrad(() => answerLogProbs(model, toAnswerBatch(batch.answers))));
    const P = batch.pairs.length;
    for (const [i, pair] of batch.pairs.entries())
      result.push({ ...pair, reference: { chosen: values[i]!, rejected: values[P + i]! } });
    onProgress(result.length);
    await turn();
  }
  return result;
}

export function dpoStage(
  model: CausalLM,
  {
    pairs,
    heldOut,
  }: { readonly pairs: readonly ReferencedPair[]; readonly heldOut: readonly ReferencedPair[] },
  settings: StageSettings,
  alignment: AlignmentSettings,
  seed: number,
): StageData<ReferencedPair, PairBatch<ReferencedPair>> {
  return {
    rowsInEpoch: () => pairs.length,
    data: fingerprintOf(pairs),
    objective: {
      ...ofPairs,
      batch: pairBatch<ReferencedPair>,
      stage: 'dpo',
      model,
      rows: new EpochStream(pairs, { seed, shuffle: settings.shuffle }),
      heldOut,
      loss: (batch, total) => dpoObjective(model, batch, total, alignment),
    },
  };
}

/** Loss of a batch of pairs, and everything DPO is watched by. */
export function dpoObjective(
  model: CausalLM,
  { answers, pairs }: PairBatch<ReferencedPair>,
  total: number,
  { beta, labelSmoothing, dpoLoss: kind }: Pick<AlignmentSettings, 'beta' | 'labelSmoothing' | 'dpoLoss'>,
): { loss: Tensor; parts: Record<string, Tensor> } {
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
  return {
    loss: share(losses),
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
