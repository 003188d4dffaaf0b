/**
 * Every number of a config reaches every place that it is for: two values of each, in every architecture. Goldens have one value
 * of most (eps 1e-6, N(0, 0.02)), and a layer that ignores its setting agrees with them.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { headDim, type ModelConfig } from '../../src/models/config.ts';
import { rewardModelFrom } from '../../src/models/reward-model.ts';
import { PolicyWithValue } from '../../src/models/value-head.ts';
import { Collector } from '../../src/nn/collector.ts';
import { Dropout } from '../../src/nn/dropout.ts';
import { Module } from '../../src/nn/module.ts';
import { RMSNorm } from '../../src/nn/rmsnorm.ts';
import { RopeTable } from '../../src/nn/rope.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import { noGrad, Random, reference, Tensor, withDefaults } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { everyArchitecture, idsOf, randomIds, randomize, spread } from './tiny.ts';

const wasm = await startWasmBackend({ threads: 1 });
test.after(() => wasm.stop());

const rows = [randomIds(10, 13, 1), randomIds(10, 13, 2)];

/** Every module of a tree with its path. */
function tree(module: Module, path = ''): [string, Module][] {
  const fields = Object.entries(module).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((item: unknown, i) => [`${name}${i}`, item] as const),
  );
  const children = fields.flatMap(([name, item]) =>
    item instanceof Module ? tree(item, `${path}.${name}`) : [],
  );
  return [[path, module], ...children];
}

for (const [name, usual] of Object.entries(everyArchitecture)) {
  const make = (changes: Partial<ModelConfig>, seed = 1) =>
    new CausalLM({ ...usual, ...changes }, new Random(seed));

  test(`${name}: every norm has the eps of the config`, () => {
    for (const rmsNormEps of [1e-6, 0.25]) {
      const norms = tree(make({ rmsNormEps })).flatMap(([, module]) =>
        module instanceof RMSNorm ? [module.eps] : [],
      );
      assert.equal(norms, new Array<number>(1 + 2 * usual.numHiddenLayers).fill(rmsNormEps));
    }
  });

  test(`${name}: positions turn by the theta of the config, as far as its context`, () => {
    for (const ropeTheta of [3, 12345])
      for (const maxPositionEmbeddings of [16, 23]) {
        const config = { ...usual, ropeTheta, maxPositionEmbeddings };
        const rope = Reflect.get(make(config).model, 'rope') as RopeTable;
        const T = maxPositionEmbeddings;
        const expected = new RopeTable(headDim(config), T, ropeTheta).consecutive(0, T);
        for (const part of ['cos', 'sin'] as const)
          assert.equal(rope.consecutive(0, T)[part].toArray(), expected[part].toArray());
        assert.throws(() => rope.consecutive(1, T), /context/);
        assert.is(make(config).model.newCache(1).capacity, T);
      }
  });

  test(`${name}: the first weights have the spread of the config`, () => {
    const wide = { hiddenSize: 128, intermediateSize: 96, vocabSize: 150 };
    const experts =
      usual.numExperts === undefined ? {} : { moeIntermediateSize: 64, sharedExpertIntermediateSize: 64 };
    for (const initializerRange of [0.02, 0.15]) {
      const model = make({ ...wide, ...experts, initializerRange });
      const reward = rewardModelFrom(model, new Random(2));
      const parameters = [
        ...model.namedParameters(),
        ...[...reward.namedParameters()].filter(([key]) => key.startsWith('score')),
      ];
      for (const [key, parameter] of parameters) {
        if (parameter.rank === 1) {
          const start = key.endsWith('norm.weight') ? 1 : 0;
          assert.ok(
            parameter.toArray().every((value) => value === start),
            key,
          );
          continue;
        }
        const times =
          name === 'llama2' && /o_proj|up_proj/.test(key)
            ? 1 / Math.sqrt(2 * usual.numHiddenLayers)
            : /\bexperts\.\d+\.down_proj/.test(key)
              ? usual.numExperts!
              : /shared_expert\.down_proj/.test(key)
                ? 2
                : 1;
        const found = spread(parameter) / (times * initializerRange);
        const tolerance = 5 / Math.sqrt(2 * parameter.size); // five standard errors of a deviation
        assert.ok(Math.abs(found - 1) < tolerance, `${key}: ${found} of what it should be`);
      }
    }
  });

  test(`${name}: dropout acts where and as often as the config says, with and without fused kernels`, () => {
    const hasHidden = name === 'llama2';
    const { numKeyValueHeads: K, numAttentionHeads: H } = usual;
    for (const [attention, hidden] of [
      [0.25, 0],
      [0.5, 0],
      ...(hasHidden
        ? ([
            [0, 0.4],
            [0.3, 0.1],
          ] as const)
        : []),
    ] as const) {
      const changes = { attentionDropout: attention, ...(hasHidden ? { hiddenDropout: hidden } : {}) };
      for (const backend of [reference, wasm])
        withDefaults({ backend }, () => {
          const model = make(changes);
          const stream = hidden > 0 ? [`${hidden} [2,10,16]`] : [];
          const shares = attention > 0 ? [`${attention} [2,${K},${H / K},10,10]`] : [];
          const layers = Array.from({ length: usual.numHiddenLayers }, () => [
            ...shares,
            ...stream,
            ...stream,
          ]);
          assert.equal(dropouts(model.train()), [...stream, ...layers.flat()]);
          assert.equal(dropouts(model.eval()), []);
          const quiet = make({}).eval().forward(idsOf(rows)).toArray();
          assert.equal(model.forward(idsOf(rows)).toArray(), quiet, 'in evaluation as if there were none');
          const noisy = [0, 1].map(() => model.train().forward(idsOf(rows)).toArray());
          assert.ok(
            differs(noisy[0]!, quiet, { absolute: 1e-7 }) &&
              differs(noisy[1]!, noisy[0]!, { absolute: 1e-7 }),
          );
        });
    }
    const all = tree(make({ attentionDropout: 0.25, ...(hasHidden ? { hiddenDropout: 0.5 } : {}) }));
    const count = all.filter(([, module]) => module instanceof Dropout && module.probability > 0).length;
    assert.is(count, usual.numHiddenLayers * (hasHidden ? 2 : 1) + (hasHidden ? 1 : 0));
  });

  test(`${name}: another value of any setting is another model`, () => {
    const logits = (changes: Partial<ModelConfig>) => {
      const model = randomize(make(changes).eval(), 7, 0.3);
      return noGrad(() => model.forward(idsOf(rows)).toArray());
    };
    const before = logits({});
    const dense: Partial<ModelConfig>[] = [
      { rmsNormEps: 0.5 },
      { ropeTheta: 9 },
      { numHiddenLayers: 3 },
      { numAttentionHeads: 8, numKeyValueHeads: usual.numKeyValueHeads },
      { tieWordEmbeddings: !usual.tieWordEmbeddings },
    ];
    const sparse: Partial<ModelConfig>[] = [
      { numExperts: usual.numExperts! + 1 },
      { numExpertsPerTok: usual.numExpertsPerTok === 1 ? 2 : 1 },
      { moeIntermediateSize: 12 },
      { sharedExpertIntermediateSize: 12 },
    ];
    for (const changes of [
      ...dense,
      ...(usual.numExperts === undefined ? [{ intermediateSize: 20 }] : sparse),
    ])
      assert.ok(differs(logits(changes), before, { absolute: 1e-3 }), JSON.stringify(changes));
    assert.equal(logits({}), before, 'control: the same settings');
  });
}

test('a mixture balances as its config says: by a loss that is told, or by a bias that moves', () => {
  for (const balancing of ['loss', 'bias'] as const) {
    const model = new CausalLM({ ...everyArchitecture.moe!, balancing }, new Random(3));
    const collect = new Collector({ losses: true, numbers: true });
    model.forward(idsOf(rows), { collect });
    const layers = model.config.numHiddenLayers;
    assert.is(collect.losses.get('balance')?.length ?? 0, balancing === 'loss' ? layers : 0);
    assert.is(collect.numbers.get('load')!.length, layers);
    model.afterUpdate();
    const moved = [...model.keptState().values()].map((bias) => bias.toArray().some((value) => value !== 0));
    assert.equal(moved, balancing === 'bias' ? new Array(layers).fill(true) : []);
  }
});

test('the value head: zero everywhere at first, with weight and bias that both count', () => {
  const { vHead, policy } = new PolicyWithValue(new CausalLM(everyArchitecture.llama2!, new Random(1)));
  const hidden = policy.model.forward(idsOf(rows)).reshape([-1, 16]);
  assert.ok(
    vHead
      .forward(hidden)
      .toArray()
      .every((value) => value === 0),
  );
  const { weight, bias } = vHead.summary;
  assert.equal([weight.shape, bias!.shape], [[1, 16], [1]]);
  weight.assign(weight.detach().add(0.5));
  bias!.assign(bias!.detach().add(2));
  allClose(vHead.forward(hidden).toArray(), hidden.sum(-1).mul(0.5).add(2).toArray(), { absolute: 1e-5 });
});

/** The shapes on which dropout acts in one forward pass, in order. */
function dropouts(model: CausalLM): string[] {
  const seen: string[] = [];
  const { dropout } = Tensor.prototype;
  const noting: typeof dropout = function (this: Tensor, probability, random) {
    seen.push(`${probability} [${this.shape}]`);
    return dropout.call(this, probability, random);
  };
  Reflect.set(Tensor.prototype, 'dropout', noting);
  try {
    model.forward(idsOf(rows));
  } finally {
    Reflect.set(Tensor.prototype, 'dropout', dropout);
  }
  return seen;
}

test.run();
