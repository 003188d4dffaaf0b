/** The updates of one step: where they start from, and when they end. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Answer } from '../../../src/data/rows/answers.ts';
import { valuesOf } from '../../../src/knobs.ts';
import { PolicyWithValue } from '../../../src/models/value-head.ts';
import type { Module } from '../../../src/nn/module.ts';
import { AdamW } from '../../../src/optim/adamw.ts';
import { Random, type Tensor } from '../../../src/tensor/index.ts';
import type { Algorithm } from '../../../src/training/rollouts/algorithm.ts';
import { type Experience, observe } from '../../../src/training/rollouts/experience.ts';
import { updateOn } from '../../../src/training/rollouts/policy-update.ts';
import type { StageSettings } from '../../../src/training/settings.ts';
import { grpoAlgorithm, grpoKnobs } from '../../../src/training/stages/grpo.ts';
import { ppoAlgorithm, ppoKnobs } from '../../../src/training/stages/ppo.ts';
import { allClose, differs } from '../../close.ts';
import { fastSettings } from '../alignment.ts';
import { tinyModel } from '../tiny.ts';
import { ppoSession } from './session.ts';

test('the first minibatch of fresh answers: ratio exactly 1, so nothing moved and nothing is clipped', async () => {
  for (const changes of [{ batchSize: 16 }, { batchSize: 4, gradAccum: 4 }]) {
    const { lines } = await ppoSession({ settings: changes, alignment: { updateEpochs: 1 } }).run(0, 3);
    for (const { parts } of lines)
      assert.equal([parts!.updateKl, parts!.clipShare, parts!.updates], [0, 0, 1]);
  }
  const dropping = await ppoSession({
    dropout: 0.5,
    settings: { batchSize: 16 },
    alignment: { updateEpochs: 1 },
  }).run(0, 2);
  for (const { parts } of dropping.lines) assert.is(parts!.updateKl, 0, 'dropout is off');
  const twice = await ppoSession({ settings: { batchSize: 16 }, alignment: { updateEpochs: 2 } }).run(0, 1);
  assert.ok(twice.lines[0]!.parts!.updateKl! > 0, 'control: the second pass sees that the policy has moved');
});

test('the updates of a step end early once the policy has moved too far', async () => {
  const { lines } = await ppoSession({ alignment: { updateEpochs: 20, stopKl: 1e-3 } }).run(0, 2);
  assert.ok(lines.every(({ parts }) => parts!.updates! < 40 && parts!.updateKl! > 1e-3));
});

/** Answers of unequal length, so that a mean over micro-batches is not the mean over the minibatch. */
const lengths = [1, 9, 2, 7, 3, 1, 12, 5];
const random = new Random(6);
const drawn: Answer[] = lengths.map((length, i) => ({
  ids: Array.from({ length: 2 + (i % 3) + length }, () => 262 + random.int(150)),
  answerStart: 2 + (i % 3),
}));
const { batchSize: _, ...frame } = fastSettings({ weightDecay: 0 });

/** Models that differ from each other, and what they say of the answers, with credit that no two tokens share. */
async function place({ dropout = 0 } = {}) {
  const policy = tinyModel({ initializerRange: 0.1, attentionDropout: dropout }).eval();
  const reference = tinyModel({ initializerRange: 0.1 }, new Random(9)).eval();
  const actor = new PolicyWithValue(policy).eval();
  actor.vHead.summary.weight.assign(actor.vHead.summary.weight.detach().add(0.05));
  const credit = new Random(4);
  const experience: Experience[] = (await observe(actor, reference, drawn)).map((seen) => ({
    ...seen,
    advantages: seen.values.map(() => 2 * credit.float() - 1),
    returns: seen.values.map(() => credit.float()),
  }));
  return { policy, actor, experience };
}

const gradients = (module: Module) => module.parameters().map(({ grad }) => grad);
const optionsOf = (
  { actor }: { actor: PolicyWithValue },
  settings: Partial<StageSettings>,
  rules: { updateEpochs?: number; stopKl?: number } = {},
  trained: Module = actor,
) => {
  const own = { ...frame, batchSize: 8, ...settings };
  return {
    ...{ stage: 'ppo', trained, optimizer: new AdamW(trained, own), settings: own },
    rules: { updateEpochs: 1, stopKl: 100, ...rules },
    ...{ price: 0.3, lr: 0.01, step: 2, seed: 5 },
  };
};

for (const name of ['ppo', 'grpo'] as const)
  test(`${name}: micro-batches of any size, answers of unequal length: the update of the whole minibatch`, async () => {
    const after = async (batchSize: number, gradAccum: number) => {
      const at = await place();
      const knobs = valuesOf({ ...ppoKnobs, ...grpoKnobs }, { entropyWeight: 0.1, valueWeight: 0.5 });
      const algorithm = name === 'ppo' ? ppoAlgorithm(at.actor, knobs) : grpoAlgorithm(at.policy, knobs);
      const options = optionsOf(at, { batchSize, gradAccum }, {}, name === 'ppo' ? at.actor : at.policy);
      const measured = await updateOn(algorithm, at.experience, options);
      return {
        measured,
        weights: at.actor.parameters().flatMap((parameter) => Array.from(parameter.toArray())),
      };
    };
    const whole = await after(8, 1);
    for (const [batchSize, gradAccum] of [
      [1, 8],
      [3, 3],
      [2, 4],
    ] as const) {
      const split = await after(batchSize, gradAccum);
      assert.is(split.measured.updates, 1);
      allClose(
        [split.measured.loss, split.measured.gradNorm],
        [whole.measured.loss, whole.measured.gradNorm],
        {
          ...{ relative: 1e-4, absolute: 1e-6 },
        },
      );
      allClose(split.weights, whole.weights, { absolute: 2e-4 });
    }
    const apart = await after(2, 1);
    assert.is(apart.measured.updates, 4, 'control: without accumulation each is an update of its own');
    assert.ok(differs(apart.weights, whole.weights, { absolute: 1e-3 }));
  });

/** An algorithm that notes what it is given, and whose losses are known numbers. */
function noting(actor: Algorithm['actor'], average: 'token' | 'answer') {
  const heard: (Record<string, number[]> & { price: number[] })[] = [];
  const list = (values: Tensor) => Array.from(values.toArray());
  const algorithm: Algorithm = {
    ...{ actor, answersPerPrompt: 1, average, wantsEntropy: true },
    credit: () => assert.unreachable() as never,
    loss(acted, remembered, price) {
      heard.push({
        ...Object.fromEntries(Object.entries(remembered).map(([key, values]) => [key, list(values)])),
        ...{ values: list(acted.values), entropies: list(acted.entropies), price: [price] },
      });
      return {
        losses: acted.logProbs.mul(0).add(remembered.advantages),
        clipped: remembered.returns.gt(0.5),
        valueLosses: remembered.returns,
      };
    },
  };
  return { algorithm, heard };
}

test('every token meets what was noted of it, in every pass; passes after the first are shuffled, by seed and step', async () => {
  const at = await place();
  const orders: string[] = [];
  for (const { seed, step } of [
    { seed: 5, step: 2 },
    { seed: 5, step: 3 },
  ]) {
    const { algorithm, heard } = noting(at.actor, 'token');
    await updateOn(algorithm, at.experience, {
      ...optionsOf(at, { batchSize: 3, gradAccum: 2 }, { updateEpochs: 3 }),
      lr: 0,
      seed,
      step,
    });
    const seen = heard.map(
      ({ advantages, oldLogProbs, oldValues, referenceLogProbs, returns, values, price, entropies }) => {
        assert.equal(price, [0.3]);
        const members: number[] = [];
        for (let at0 = 0; at0 < advantages!.length; ) {
          const member = at.experience.findIndex(
            ({ advantages: own }) => Math.abs(own[0]! - advantages![at0]!) < 1e-6,
          );
          const own = at.experience[member]!;
          const part = (values: number[] | undefined) => values!.slice(at0, at0 + own.advantages.length);
          const close = { absolute: 1e-6 };
          allClose(part(advantages), own.advantages, close, 'advantages');
          allClose(part(returns), own.returns, close, 'returns');
          allClose(part(oldLogProbs), own.logProbs, close, 'log-probabilities');
          allClose(part(oldValues), own.values, close, 'values');
          allClose(part(referenceLogProbs), own.referenceLogProbs, close, 'reference');
          allClose(part(values), own.values, { absolute: 1e-4 }, 'what the head says now');
          allClose(part(entropies), own.entropies, { absolute: 1e-4 }, 'entropies');
          members.push(member);
          at0 += own.advantages.length;
        }
        return members;
      },
    );
    const sizes = [3, 3, 2];
    assert.equal(
      seen.map(({ length }) => length),
      [...sizes, ...sizes, ...sizes],
    );
    const epochs = [0, 1, 2].map((epoch) => seen.slice(3 * epoch, 3 * epoch + 3).flat());
    assert.equal(epochs[0], [...drawn.keys()], 'the first pass as observed');
    for (const epoch of epochs) assert.equal(epoch.toSorted(), [...drawn.keys()], 'each answer once');
    orders.push(epochs[1]!.join(), epochs[2]!.join());
  }
  assert.is(new Set([...orders, [...drawn.keys()].join()]).size, 5, 'each pass has an order of its own');
});

test('what is measured are means over tokens, or over answers, of each minibatch; then over the updates', async () => {
  for (const average of ['token', 'answer'] as const) {
    const at = await place();
    const { algorithm } = noting(at.actor, average);
    const options = { ...optionsOf(at, { batchSize: 2, gradAccum: 2 }), lr: 0 };
    const measured = await updateOn(algorithm, at.experience, options);
    const mean = (of: (own: Experience) => Float64Array) => {
      const halves = [at.experience.slice(0, 4), at.experience.slice(4)].map((minibatch) => {
        const each = minibatch.map((own) => Array.from(of(own)));
        const average1 = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
        return average === 'token' ? average1(each.flat()) : average1(each.map(average1));
      });
      return (halves[0]! + halves[1]!) / 2;
    };
    const clipped = (own: Experience) => own.returns.map((value) => (value > 0.5 ? 1 : 0));
    allClose(
      [measured.loss, measured.valueLoss!, measured.clipShare],
      [mean((own) => own.advantages), mean((own) => own.returns), mean(clipped)],
      { absolute: 1e-5 },
      average,
    );
    assert.equal([measured.updates, measured.updateKl, measured.gradNorm], [2, 0, 0]);
  }
});

test('an early stop leaves the weights of the last update and no gradients; reaching the limit is not beyond it', async () => {
  const knobs = valuesOf(ppoKnobs, { valueWeight: 0.5 });
  const after = async (rules: { updateEpochs: number; stopKl: number }) => {
    const at = await place();
    const measured = await updateOn(ppoAlgorithm(at.actor, knobs), at.experience, optionsOf(at, {}, rules));
    assert.ok(
      gradients(at.actor).every((grad) => grad === null),
      'nothing is left for the next step',
    );
    return { measured, weights: at.actor.parameters().map((parameter) => parameter.toArray()) };
  };
  const once = await after({ updateEpochs: 1, stopKl: 100 });
  const stopped = await after({ updateEpochs: 9, stopKl: 0 });
  assert.equal([stopped.measured.updates, once.measured.updates], [1, 1]);
  assert.ok(stopped.measured.updateKl > 0 && once.measured.updateKl === 0);
  assert.equal(stopped.weights, once.weights);
  assert.is((await after({ updateEpochs: 3, stopKl: 100 })).measured.updates, 3);
});

test('gradients are clipped to the setting, and the rate is the one given; policy and head both learn', async () => {
  const at = await place();
  const { experience, actor } = at;
  const factors: number[] = [];
  const options = optionsOf(at, { gradClip: 0.01 });
  const spied = Object.assign(options.optimizer, {
    update: (lr: number, factor: number) => factors.push(lr, factor),
  });
  const algorithm = ppoAlgorithm(actor, valuesOf(ppoKnobs, { valueWeight: 0.5 }));
  const before = actor.parameters().map((parameter) => parameter.toArray());
  const { gradNorm } = await updateOn(algorithm, experience, { ...options, optimizer: spied });
  assert.ok(gradNorm > 0.02);
  allClose(factors, [0.01, 0.01 / gradNorm], { relative: 1e-3 });
  assert.equal(
    actor.parameters().map((parameter) => parameter.toArray()),
    before,
    'control: nothing was applied',
  );
  await updateOn(algorithm, experience, optionsOf(at, {}));
  for (const [name, parameter] of actor.namedParameters())
    if (!/embed/.test(name))
      assert.ok(
        differs(parameter.toArray(), before[[...actor.namedParameters().keys()].indexOf(name)]!, {
          absolute: 1e-6,
        }),
        name,
      );
});

test.run();
