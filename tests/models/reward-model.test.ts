/** The reward model against Transformers' Qwen2ForSequenceClassification: what a reward depends on and what not. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RewardModel, rewardModelFrom } from '../../src/models/reward-model.ts';
import { shapesOf } from '../../src/models/shapes.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { gradcheck, Random, type Tensor, tensor } from '../../src/tensor/index.ts';
import { allClose, differs, Golden } from '../close.ts';
import { float64, goldenConfig, idsOf, int32, randomize, TIGHT, tinyConfig, tinyModel } from './tiny.ts';

const golden = new Golden('alignment');
const starts = Array.from(golden.values('answers/starts'));
const lengths = Array.from(golden.values('answers/lengths'));
const all = Array.from(golden.values('answers/ids'));
const texts = lengths.map((length, b) => all.slice(b * 9, b * 9 + length));
const answers = texts.map((ids, b) => ({ ids, answerStart: starts[b]! }));

function goldenModel(): RewardModel {
  const model = new RewardModel(goldenConfig(false), new Random(1));
  const names = [...model.namedParameters().keys()];
  model.loadState(new Map(names.map((name) => [name, golden.tensor(`reward_model/weights/${name}`)])));
  return model;
}

test('rewards and the gradient of every parameter equal those of Transformers', () => {
  float64(() => {
    const model = goldenModel();
    const { ids, ends, options } = toAnswerBatch(answers);
    const y = model.forward(ids, ends, options);
    allClose(y.toArray(), golden.values('reward_model/y'), TIGHT, 'rewards');
    y.backward({ gradient: golden.tensor('reward_model/dy') });
    const parameters = model.namedParameters();
    assert.is(parameters.size, golden.keys('reward_model/grad/').length);
    for (const [name, { grad }] of parameters)
      allClose(grad!.toArray(), golden.values(`reward_model/grad/${name}`), TIGHT, name);
    assert.equal(
      [...shapesOf(() => new RewardModel(model.config, new Random(1)))].map(
        ([name, shape]) => `${name} ${shape}`,
      ),
      [...[...parameters].map(([name, { shape }]) => `${name} ${shape}`)],
    );
  });
});

test('padding on either side, any filler and any neighbours change nothing; the place of the end does', () => {
  float64(() => {
    const model = goldenModel();
    const alone = texts.map((text) => model.forward(idsOf([text]), int32([text.length - 1])).item());
    const [long, short] = texts as [number[], number[]];
    for (const filler of [0, 2, short.at(-1)!]) {
      const right = idsOf([long, [...short, filler, filler]]);
      allClose(model.forward(right, int32([8, 9 + 6])).toArray(), alone, TIGHT, `right, filler ${filler}`);
      const left = idsOf([long, [filler, filler, ...short]]);
      const positions = idsOf([long.map((_, t) => t), [0, 0, ...short.map((_, t) => t)]]);
      const padded = model.forward(left, int32([8, 17]), { leftPadding: [0, 2], positions });
      allClose(padded.toArray(), alone, TIGHT, `left, filler ${filler}`);
    }
    for (const order of [
      [0, 1],
      [1, 0],
      [1, 0, 1, 1],
    ]) {
      const { ids, ends, options } = toAnswerBatch(order.map((i) => answers[i]!));
      allClose(
        model.forward(ids, ends, options).toArray(),
        order.map((i) => alone[i]!),
        TIGHT,
        `batch ${order}`,
      );
    }
    const early = model.forward(idsOf([long]), int32([7])).toArray();
    assert.ok(differs(early, [alone[0]!], { absolute: 1e-3 }), 'one place early must differ');
    const seen = model.forward(idsOf([[...short, ...short]]), int32([13])).toArray();
    assert.ok(differs(seen, [alone[1]!], { absolute: 1e-3 }), 'a neighbour that is seen must differ');
  });
});

test('it starts from the body of a language model, with a head of its own', () => {
  float64(() => {
    const language = tinyModel();
    const reward = rewardModelFrom(language, new Random(3));
    for (const [name, parameter] of reward.model.namedParameters())
      assert.equal(parameter.toArray(), language.model.namedParameters().get(name)!.toArray(), name);
    assert.equal(reward.score.weight.shape, [1, tinyConfig.hiddenSize]);
    reward.model.norm.weight.assign(reward.model.norm.weight.detach().add(1));
    assert.ok(
      differs(language.model.norm.weight.toArray(), reward.model.norm.weight.toArray()),
      'a copy, not a view',
    );
  });
});

test('central differences through head and decoder, and a negative control', () => {
  float64(() => {
    const small = {
      vocabSize: 7,
      hiddenSize: 4,
      intermediateSize: 6,
      numAttentionHeads: 2,
      numKeyValueHeads: 1,
    };
    const model = randomize(
      new RewardModel({ ...tinyConfig, ...small, numHiddenLayers: 1 }, new Random(1)),
      5,
    );
    const forward = () => model.forward(idsOf([[1, 4, 2, 6]]), int32([3, 1]));
    const worst = gradcheck(forward, model.parameters());
    assert.ok(worst < 1e-6, `worst relative error ${worst}`);
    const wrong = (): Tensor => {
      const y = forward();
      return y.mul(tensor(1.01)).sub(y.detach().mul(tensor(0.01)));
    };
    assert.throws(() => gradcheck(wrong, [model.score.weight]), /central differences/);
  });
});

test.run();
