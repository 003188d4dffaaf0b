/**
 * Reward accuracy: in how many held-out pairs the reward model prefers the chosen answer, over all and for each quality.
 * Guessing: half.
 */
import { readPreferences } from '../data/preferences.ts';
import { describePairs, encodePairs, type Pair } from '../data/rows/pairs.ts';
import type { Watch } from '../event-loop.ts';
import type { RewardModel } from '../models/reward-model.ts';
import { rewardAnswers } from '../scoring/rewards.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { type Results, wilson } from './intervals.ts';

/** `reward-accuracy` over all pairs and `reward-accuracy-QUALITY` for each quality, with Wilson intervals. */
export async function rewardAccuracy(
  model: RewardModel,
  pairs: readonly Pair[],
  watch: Watch = {},
): Promise<Results> {
  model.eval();
  const rewards = await rewardAnswers(
    model,
    pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]),
    watch,
  );
  const wins = pairs.map((_, i) => rewards[2 * i]! > rewards[2 * i + 1]!);
  const share = (keep: (pair: Pair) => boolean) => {
    const own = pairs.flatMap((pair, i) => (keep(pair) ? [wins[i]!] : []));
    return { ...wilson(own.filter(Boolean).length, own.length), chance: 0.5 };
  };
  const qualities = [...new Set(pairs.map(({ quality }) => quality))].sort();
  const results: Results = { 'reward-accuracy': share(() => true) };
  if (qualities.length > 1) {
    for (const quality of qualities)
      results[`reward-accuracy-${quality}`] = share((pair) => pair.quality === quality);
  }
  return results;
}

/** The same on the pairs of a file; `onNote` is told how many of them could be used. */
export function rewardAccuracyOn(
  path: string,
  model: RewardModel,
  tokenizer: Tokenizer,
  {
    limit = Infinity,
    onNote = () => {},
    ...watch
  }: { limit?: number; onNote?: (text: string) => void } & Watch = {},
): Promise<Results> {
  const encoded = encodePairs(readPreferences(path), tokenizer, model.config.maxPositionEmbeddings);
  onNote(`${path}: ${describePairs(encoded, path)}`);
  return rewardAccuracy(model, encoded.pairs.slice(0, limit), watch);
}

/** "reward-accuracy 89.0 % (83.9 to 92.6), reward-accuracy-fact 70.0 % (...)" */
export function describeAccuracy(results: Results): string {
  const percent = (x: number) => (100 * x).toFixed(1);
  return Object.entries(results)
    .map(
      ([task, { value, low, high }]) => `${task} ${percent(value)} % (${percent(low)} to ${percent(high)})`,
    )
    .join(', ');
}
