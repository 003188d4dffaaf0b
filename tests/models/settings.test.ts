/**
 * Every number of a config counts: models of random configs against plain loops, and each field with two values that must not
 * give the same model.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CausalLM } from '../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../src/models/config.ts';
import { RewardModel } from '../../src/models/reward-model.ts';
import { parameterCount, shapesOf } from '../../src/models/shapes.ts';
import { noGrad, Random } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { plainLogits } from './plain.ts';
import { architectures, randomConfig } from './random-config.ts';
import { float64, idsOf, randomIds, randomize, spread, TIGHT } from './tiny.ts';

for (const [arch, base] of Object.entries(architectures)) {
  test(`${arch}: random configs give what plain loops give`, () => {
    const random = new Random(17);
    for (let trial = 0; trial < 12; trial++) {
      const config = randomConfig(base, random);
      float64(() => {
        const model = randomize(new CausalLM(config, random), trial).eval();
        const ids = randomIds(8, config.vocabSize, trial);
        const logits = noGrad(() => model.forward(idsOf([ids])));
        allClose(logits.toArray(), plainLogits(model, ids).flat(), TIGHT, JSON.stringify(config));
      });
    }
  });

  /** Two values of a field, and what the second changes. */
  const others: Partial<Record<keyof ModelConfig, unknown>> = {
    vocabSize: 17,
    hiddenSize: 24,
    intermediateSize: 16,
    numHiddenLayers: 3,
    numAttentionHeads: 2,
    numKeyValueHeads: 4,
    rmsNormEps: 0.01,
    ropeTheta: 100,
    tieWordEmbeddings: false,
    initializerRange: 0.3,
    attentionDropout: 0.5,
    hiddenDropout: 0.5,
    numExperts: 6,
    numExpertsPerTok: 1,
    moeIntermediateSize: 4,
    sharedExpertIntermediateSize: 4,
    balancing: 'bias',
  };

  test(`${arch}: each field with another value gives another model, and so is read`, () => {
    /** Everything that a config decides: names and shapes, first weights, logits in training and outside of it, what is kept. */
    const traitsOf = (config: ModelConfig) =>
      float64(() => {
        const model = new CausalLM(config, new Random(3));
        const ids = idsOf([randomIds(9, 13, 5)]);
        const run = () => noGrad(() => [...model.forward(ids).toArray()]);
        const training = run();
        model.eval();
        return {
          training,
          shapes: JSON.stringify([...shapesOf(() => new CausalLM(config, new Random(3)))]),
          first: model.parameters().flatMap((parameter) => [...parameter.toArray()]),
          answering: run(),
          kept: model.keptState().size,
        };
      });
    const before = traitsOf(base);
    for (const [field, value] of Object.entries(others)) {
      if (!(field in base)) continue;
      if (field === 'intermediateSize' && arch === 'moe') continue; // written to disk only, see moe.ts
      const after = traitsOf({ ...base, [field]: value });
      assert.ok(JSON.stringify(after) !== JSON.stringify(before), field);
      const only = (trait: keyof typeof before) =>
        JSON.stringify(after[trait]) !== JSON.stringify(before[trait]);
      if (/Dropout/.test(field))
        assert.equal([only('first'), only('training'), only('answering')], [false, true, false], field);
      if (/Eps|Theta/.test(field))
        assert.equal([only('shapes'), only('first'), only('answering')], [false, false, true], field);
    }
    const untested = Object.keys(base).filter((field) => !(field in others));
    const elsewhere = ['arch', 'maxPositionEmbeddings', 'routerAuxLossCoef']; // below; layer-losses.test.ts
    assert.equal(
      untested.filter((field) => !elsewhere.includes(field)),
      [],
    );
  });

  test(`${arch}: the first weights are as wide as initializerRange says, each kind by its own rule`, () => {
    for (const std of [0.02, 0.07]) {
      const layers = 2;
      const config = {
        ...base,
        hiddenSize: 64,
        vocabSize: 300,
        intermediateSize: 96,
        initializerRange: std,
        tieWordEmbeddings: false,
      };
      const mixture = arch === 'moe' ? { moeIntermediateSize: 48, sharedExpertIntermediateSize: 48 } : {};
      const model = new CausalLM({ ...config, ...mixture }, new Random(9));
      for (const [name, parameter] of model.namedParameters()) {
        const small = arch === 'llama2' && /o_proj|up_proj/.test(name) ? 1 / Math.sqrt(2 * layers) : 1;
        const large = /\.experts\.\d+\.down_proj/.test(name)
          ? 4
          : /shared_expert\.down_proj/.test(name)
            ? 2
            : 1;
        const base = /down_proj/.test(name) ? Math.max(0.08, std) : std; // small-start.ts: 64 columns are few
        const expected = /norm/.test(name) || name.endsWith('.bias') ? 0 : base * small * large;
        const found = spread(parameter);
        const error = 5 / Math.sqrt(2 * parameter.size); // five standard errors
        assert.ok(Math.abs(found - expected) <= expected * error, `${name}: ${found}, expected ${expected}`);
      }
    }
  });

  test(`${arch}: the head of a reward model starts as wide as its other weights`, () => {
    for (const std of [0.02, 0.07]) {
      const { score } = new RewardModel({ ...base, hiddenSize: 512, initializerRange: std }, new Random(4));
      assert.ok(
        Math.abs(spread(score.weight) - std) < 0.16 * std,
        `${spread(score.weight)}, expected ${std}`,
      );
    }
  });

  test(`${arch}: a text may be as long as the context and no longer`, () => {
    for (const context of [8, 13]) {
      const model = new CausalLM({ ...base, maxPositionEmbeddings: context }, new Random(1)).eval();
      const read = (length: number) => noGrad(() => model.forward(idsOf([randomIds(length, 13, 1)])));
      assert.equal(read(context).shape, [1, context, 13]);
      assert.throws(() => read(context + 1), new RegExp(`context of ${context} tokens`));
      assert.is(model.model.newCache(1).capacity, context);
    }
  });
}

test('control: plain loops with another eps, theta or number of heads give something else', () => {
  float64(() => {
    for (const base of Object.values(architectures)) {
      const model = randomize(new CausalLM(base, new Random(1)), 2).eval();
      const ids = randomIds(8, base.vocabSize, 3);
      const logits = noGrad(() => model.forward(idsOf([ids])).toArray());
      for (const changes of [{ rmsNormEps: 1e-3 }, { ropeTheta: 9000 }, { numAttentionHeads: 2 }]) {
        const other = plainLogits(
          {
            ...model,
            config: { ...base, ...changes },
            namedParameters: () => model.namedParameters(),
          } as CausalLM,
          ids,
        );
        assert.ok(
          differs(other.flat(), logits, { absolute: 1e-6 }),
          `${base.arch} ${JSON.stringify(changes)}`,
        );
      }
    }
  });
});

test('the parameters are counted as they are made', () => {
  const random = new Random(23);
  for (const base of Object.values(architectures)) {
    for (let trial = 0; trial < 5; trial++) {
      const config = randomConfig(base, random);
      assert.is(parameterCount(config), new CausalLM(config, random).parameterCount());
    }
  }
});

test.run();
