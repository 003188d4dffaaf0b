/**
 * What a whole answer earns, one number: the opinion of the reward model, read at its last token, or a fact that can be checked.
 *
 *   model   (r - mean) / deviation, with mean and deviation of r over preference pairs: scores of any reward model then have one
 *           size
 *   fact    1 if the answer contains the fact asked for, else 0
 *
 *   gold    the judge's score of the same answers, to watch and never to learn from: where it parts from the model's opinion,
 *           the policy
 *           has learned to please its reward model
 *
 * An answer cut off by the limit earns a fixed low score: the reward model has never seen one, and its opinion of it means
 * nothing.
 */
import type { KnownFact } from '../../data/answer-key.ts';
import type { Pair } from '../../data/rows/pairs.ts';
import type { Prompt } from '../../data/rows/prompts.ts';
import { UserError } from '../../errors.ts';
import { Judge } from '../../evaluation/judge.ts';
import type { Rollout } from '../../generation/rollout.ts';
import type { RewardModel } from '../../models/reward-model.ts';
import { rewardAnswers } from '../../scoring/rewards.ts';
import { loadRewardDirectory } from '../../storage/model-directory.ts';
import type { Tokenizer } from '../../tokenizer/index.ts';
import { answerOf } from './experience.ts';

/** Scores of answers, one each. `prompts[i]` is what `rollouts[i]` answers. */
export type Scorer = (prompts: readonly Prompt[], rollouts: readonly Rollout[]) => Promise<number[]>;

/** Three deviations below the average answer of a preference pair. */
const CUT_OFF = -3;
/** Pairs that the scale of a reward model is taken from. */
const CALIBRATION_PAIRS = 100;

export async function modelScorer(model: RewardModel, pairs: readonly Pair[]): Promise<Scorer> {
  model.eval();
  const sample = pairs.slice(0, CALIBRATION_PAIRS).flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const known = await rewardAnswers(model, sample);
  const mean = known.reduce((sum, r) => sum + r, 0) / known.length;
  const deviation = Math.sqrt(known.reduce((sum, r) => sum + (r - mean) ** 2, 0) / known.length);
  return async (_, rollouts) => {
    const rewards = await rewardAnswers(model, rollouts.map(answerOf));
    return rewards.map((r, i) => (rollouts[i]!.finished ? (r - mean) / (deviation + 1e-6) : CUT_OFF));
  };
}

export function factScorer(tokenizer: Tokenizer): Scorer {
  return async (prompts, rollouts) =>
    rollouts.map(({ answer, finished }, i) => {
      const text = tokenizer.decode(answer, { skipSpecial: true });
      return finished && text.includes(prompts[i]!.fact!) ? 1 : 0;
    });
}

/** Mean score in [0, 1] that the judge gives to the answers whose questions it knows; null if it knows none of them. */
export type GoldScorer = (prompts: readonly Prompt[], rollouts: readonly Rollout[]) => number | null;

export function goldScorer(key: readonly KnownFact[], tokenizer: Tokenizer): GoldScorer {
  const judge = new Judge(key);
  return (prompts, rollouts) => {
    let [sum, n] = [0, 0];
    for (const [i, { answer, finished }] of rollouts.entries()) {
      const { question } = prompts[i]!; // one prompt per rollout
      if (!judge.knows(question)) continue;
      sum += judge.judge(question, tokenizer.decode(answer, { skipSpecial: true }), { finished }).score;
      n++;
    }
    return n === 0 ? null : sum / n;
  };
}

/** The reward model in `directory`; one that reads other tokens than the policy is refused. */
export function loadReward(directory: string, tokenizer: Tokenizer, context: number): RewardModel {
  const { model, tokenizer: other } = loadRewardDirectory(directory);
  const pieces = (t: Tokenizer) => t.vocabulary.pieces.map(({ text }) => text);
  const [ours, theirs] = [pieces(tokenizer), pieces(other)];
  const differ = ours.findIndex((piece, id) => piece !== theirs[id]);
  if (ours.length !== theirs.length || differ !== -1) {
    throw new UserError(
      `The reward model in ${directory} has another vocabulary than the policy (${theirs.length} and ` +
        `${ours.length} tokens); train it from the same tokenizer`,
    );
  }
  if (model.config.maxPositionEmbeddings < context) {
    throw new UserError(
      `The reward model in ${directory} reads ${model.config.maxPositionEmbeddings} tokens, the policy writes up ` +
        `to ${context}; train it with the same --context`,
    );
  }
  return model;
}
