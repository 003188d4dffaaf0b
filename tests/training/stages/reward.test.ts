/** The reward model in small: what it learns, and its accuracy on pairs. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rewardAccuracy } from '../../../src/evaluation/reward-accuracy.ts';
import { valuesOf } from '../../../src/knobs.ts';
import { rewardModelFrom } from '../../../src/models/reward-model.ts';
import { rewardAnswers } from '../../../src/scoring/rewards.ts';
import { Random } from '../../../src/tensor/index.ts';
import { rewardKnobs, rewardObjective } from '../../../src/training/stages/reward.ts';
import type { LossWithParts } from '../../../src/training/supervised.ts';
import { allClose } from '../../close.ts';
import { fastSettings, learn, pairs } from '../alignment.ts';
import { tinyModel } from '../tiny.ts';

test('reward model: learns the preferences; held-out accuracy with its interval, by quality', async () => {
  const model = rewardModelFrom(tinyModel(), new Random(2));
  const own = fastSettings({ evaluateEvery: 40 });
  const objective = rewardObjective(model, { pairs, heldOut: pairs }, valuesOf(rewardKnobs), {
    ...{ stage: 'reward', seed: 1, shuffle: true },
  });
  const lines = await learn(objective, own, 40);
  allClose([lines[0]!.loss], [Math.LN2], { absolute: 0.05 });
  assert.ok(lines.at(-1)!.loss < 0.1 && lines.at(-1)!.parts!.accuracy === 1);
  assert.is(lines.at(-1)!.parts!.heldOutAccuracy, 1);
  const results = await rewardAccuracy(model, pairs);
  assert.equal(Object.keys(results), ['reward-accuracy', 'reward-accuracy-a', 'reward-accuracy-b']);
  const { value, low, high, n, chance } = results['reward-accuracy']!;
  assert.equal([value, high, n, chance], [1, 1, 16, 0.5]);
  assert.ok(low > 0.75 && low < 0.85);
});

test('margin and centring reach the loss of every pair, for several values of each; the parts are of its own pairs', async () => {
  const model = rewardModelFrom(tinyModel({ initializerRange: 0.3 }), new Random(2)).eval();
  const few = pairs.slice(0, 5);
  const rewards = async (side: 'chosen' | 'rejected') =>
    rewardAnswers(
      model,
      few.map((pair) => pair[side]),
    );
  const [chosen, rejected] = [await rewards('chosen'), await rewards('rejected')];
  const mean = (of: (c: number, r: number) => number) =>
    chosen.reduce((sum, c, i) => sum + of(c, rejected[i]!), 0) / few.length;
  for (const [rewardMargin, rewardCentring] of [
    [0, 0],
    [1.5, 0],
    [0, 0.3],
    [0.4, 2],
  ] as const) {
    const own = valuesOf(rewardKnobs, { rewardMargin, rewardCentring });
    const options = { stage: 'reward', seed: 1, shuffle: false };
    const objective = rewardObjective(model, { pairs: few, heldOut: few }, own, options);
    const { loss, parts } = objective.loss(objective.batch(few), few.length) as LossWithParts;
    const expected = mean(
      (c, r) => Math.log(1 + Math.exp(rewardMargin - c + r)) + rewardCentring * (c + r) ** 2,
    );
    allClose([loss.item()], [expected], { relative: 1e-4 });
    allClose([parts.margin!.item()], [mean((c, r) => c - r)], { absolute: 1e-5 });
    allClose([parts.accuracy!.item()], [mean((c, r) => (c > r ? 1 : 0))], { absolute: 1e-6 });
  }
});

test.run();
