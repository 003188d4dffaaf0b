/** The reward model in small: what it learns, and its accuracy on pairs. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rewardAccuracy } from '../../../src/evaluation/reward-accuracy.ts';
import { valuesOf } from '../../../src/knobs.ts';
import { rewardModelFrom } from '../../../src/models/reward-model.ts';
import { Random } from '../../../src/tensor/index.ts';
import { rewardKnobs, rewardObjective } from '../../../src/training/stages/reward.ts';
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

test.run();
