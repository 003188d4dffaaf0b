/** Results of a model that are no numbers are refused wherever they are read. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generate, generateBatch } from '../../src/generation/generate.ts';
import { greedy } from '../../src/generation/sampler.ts';
import { checkFinite } from '../../src/models/finite.ts';
import { RewardModel } from '../../src/models/reward-model.ts';
import { scoreAnswers } from '../../src/scoring/log-probs.ts';
import { rewardAnswers } from '../../src/scoring/rewards.ts';
import { full, Random, type Tensor } from '../../src/tensor/index.ts';
import { refuses, refusesLater } from '../data/temporary.ts';
import { tinyConfig, tinyModel } from '../training/tiny.ts';

test('the first number that is not finite is named by its place', () => {
  checkFinite([], 'logits');
  checkFinite(Float32Array.of(-3e38, 0, 1e-40), 'logits');
  for (const bad of [Number.NaN, Infinity, -Infinity])
    refuses(
      () => checkFinite([1, 2, bad, bad], 'logits'),
      "The model's logits are not finite",
      `(${bad} at index 2 of 4)`,
    );
});

test('weights that overflow make no answer, no score and no reward, on any way to them', async () => {
  const overflow = (parameter: Tensor) => parameter.assign(full(parameter.shape, 3e38));
  const model = tinyModel().eval();
  overflow(model.model.norm.weight);
  const sentence = "The model's";
  for (const temperature of [0, 1]) {
    await refusesLater(
      async () => {
        for await (const _ of generate(model, [4, 7], { ...greedy, temperature, maxNewTokens: 3 }))
          assert.unreachable();
      },
      sentence,
      'logits are not finite',
    );
  }
  await refusesLater(() => generateBatch(model, [[4], [5, 6]], { maxNewTokens: 3, stopIds: [] }), sentence);
  await refusesLater(
    () => scoreAnswers(model, [{ ids: [4, 7, 9], answerStart: 1 }]),
    sentence,
    'log probabilities are not finite',
  );
  const reward = new RewardModel(tinyConfig, new Random(1));
  overflow(reward.model.norm.weight);
  overflow(reward.score.weight);
  await refusesLater(() => rewardAnswers(reward, [{ ids: [4, 7, 9] }]), sentence, 'rewards are not finite');
});

test.run();
