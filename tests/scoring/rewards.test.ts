/** Rewards of answers: each on its own. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rewardModelFrom } from '../../src/models/reward-model.ts';
import { rewardAnswers } from '../../src/scoring/rewards.ts';
import { Random } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { pairs } from '../training/alignment.ts';
import { tinyModel } from '../training/tiny.ts';

test('rewards of texts do not depend on the batch', async () => {
  const model = rewardModelFrom(tinyModel(), new Random(2)).eval();
  const answers = pairs.flatMap(({ chosen, rejected }) => [chosen, rejected]);
  const together = await rewardAnswers(model, answers);
  const alone = await Promise.all(answers.map(async (answer) => (await rewardAnswers(model, [answer]))[0]!));
  allClose(together, alone, { absolute: 1e-6 });
});

test('the reward is read at the last token: without it, another one', async () => {
  const model = rewardModelFrom(tinyModel(), new Random(2)).eval();
  const { chosen } = pairs[0]!;
  const [whole, cut] = await rewardAnswers(model, [chosen, { ids: chosen.ids.slice(0, -1) }]);
  assert.ok(Math.abs(whole! - cut!) > 1e-6);
});

test.run();
