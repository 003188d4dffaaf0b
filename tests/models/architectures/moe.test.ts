/** The architecture moe: sizes, counts, config.json both ways, what is refused, and that the whole model trains. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../../src/errors.ts';
import { fromHfConfig, toHfConfig } from '../../../src/formats/hf/config.ts';
import { maskedCrossEntropy } from '../../../src/losses/cross-entropy.ts';
import { layerLosses } from '../../../src/losses/layer-losses.ts';
import { mixturesOf } from '../../../src/models/architectures/moe.ts';
import { CausalLM } from '../../../src/models/causal-lm.ts';
import { checkConfig } from '../../../src/models/check-config.ts';
import type { ModelConfig } from '../../../src/models/config.ts';
import { preset, presetNames } from '../../../src/models/presets.ts';
import { RewardModel } from '../../../src/models/reward-model.ts';
import { activeParameterCount, parameterCount, shapesOf } from '../../../src/models/shapes.ts';
import { Collector } from '../../../src/nn/collector.ts';
import { AdamW } from '../../../src/optim/adamw.ts';
import { Random, scope, withoutMemory } from '../../../src/tensor/index.ts';
import { allClose } from '../../close.ts';
import { float64, idsOf, int32, randomIds, TIGHT, tinyModel, tinyMoE } from '../tiny.ts';

/** Counts as in the table of the file's header. */
const table: Record<string, readonly [expert: number, shared: number, active: number, total: number]> = {
  pico: [56, 64, 134_976, 264_000],
  nano: [112, 120, 1_059_968, 2_092_160],
  micro: [232, 224, 5_813_504, 12_227_840],
  '16m': [128, 128, 16_736_760, 18_395_640],
  '42m': [256, 256, 43_320_096, 51_282_720],
  '92m': [472, 464, 92_101_120, 126_900_736],
  '210m': [680, 688, 212_948_736, 363_353_856],
  '440m': [936, 944, 441_332_736, 855_389_184],
  '1.5b': [1832, 1840, 1_480_353_792, 3_101_190_144],
};

test('the table of sizes is right, and active parameters are those of the dense preset and the router', () => {
  assert.equal(Object.keys(table), presetNames('moe'));
  assert.equal(presetNames('moe'), presetNames('tinyllm'));
  for (const [name, [expert, shared, active, total]] of Object.entries(table)) {
    const [config, dense] = [preset(name, 'moe'), preset(name)];
    assert.is(config.moeIntermediateSize, expert, name);
    assert.is(config.sharedExpertIntermediateSize, shared, name);
    assert.is(2 * expert + shared, dense.intermediateSize, name);
    assert.ok(expert % 8 === 0 && shared % 8 === 0, name);
    assert.is(parameterCount(config), total, name);
    assert.is(activeParameterCount(config), active, name);
    const routing = config.numHiddenLayers * (config.numExperts! + 1) * config.hiddenSize;
    assert.is(active, parameterCount(dense) + routing, name);
    assert.is(activeParameterCount(dense), parameterCount(dense));
  }
});

test('active parameters, counted by hand on a model', () => {
  const model = withoutMemory(() => new CausalLM(tinyMoE, new Random(1)));
  const idle = [...model.namedParameters()].filter(([name]) => /experts\.[23]\./.test(name)); // 2 of 4 experts at work
  const unused = idle.reduce((sum, [, { size }]) => sum + size, 0);
  assert.is(activeParameterCount(tinyMoE), model.parameterCount() - unused);
});

const ids = { bosId: 1, eosId: 2, padId: 0 };

test('config.json says what Qwen2MoeForCausalLM needs, and comes back as it was', () => {
  for (const balancing of ['loss', 'bias'] as const) {
    const config: ModelConfig = { ...preset('nano', 'moe'), balancing, routerAuxLossCoef: 0.02 };
    const json = toHfConfig(config, ids);
    assert.equal(json.architectures, ['Qwen2MoeForCausalLM']);
    assert.is(json.model_type, 'qwen2_moe');
    assert.is(json.norm_topk_prob, false);
    assert.is(json.decoder_sparse_step, 1);
    assert.equal(json.mlp_only_layers, []);
    assert.is(json.output_router_logits, false);
    assert.equal(fromHfConfig(JSON.parse(JSON.stringify(json)), 'config.json'), config);
  }
  assert.equal(toHfConfig(tinyMoE, ids, 'reward').architectures, ['Qwen2MoeForSequenceClassification']);
});

test('another kind of mixture is refused by name', () => {
  const json = toHfConfig(tinyMoE, ids);
  for (const [changes, pattern] of [
    [
      { norm_topk_prob: true },
      /renormalising the weights of the chosen experts \(norm_topk_prob true\) is not supported/,
    ],
    [{ mlp_only_layers: [0] }, /"mlp_only_layers" must be an empty list .*, but it is a list of 1/],
    [{ mlp_only_layers: 0 }, /"mlp_only_layers" must be a list, but it is 0/],
    [{ decoder_sparse_step: 2 }, /layers without experts \(decoder_sparse_step 2\) is not supported/],
    [{ qkv_bias: false }, /attention without bias/],
    [{ num_experts: undefined }, /"num_experts" must be a whole number of at least 1, but it is missing/],
    [{ num_experts_per_tok: 5 }, /5 experts \(numExpertsPerTok\) of 4 \(numExperts\)/],
    [{ router_balancing: 'luck' }, /"router_balancing" must be one of "loss", "bias", but it is "luck"/],
  ] as const) {
    assert.throws(
      () => fromHfConfig({ ...json, ...changes }, 'x/config.json'),
      (error: Error) =>
        error instanceof UserError && /^x\/config\.json/.test(error.message) && pattern.test(error.message),
      JSON.stringify(changes),
    );
  }
});

test('numbers that make no mixture are refused before any work, each by name', () => {
  for (const [changes, pattern] of [
    [
      { numExpertsPerTok: 9, numExperts: 8 },
      /a token cannot go to 9 experts \(numExpertsPerTok\) of 8 \(numExperts\)/,
    ],
    [{ numExpertsPerTok: 0 }, /numExpertsPerTok must be a whole number of at least 1, got 0/],
    [{ numExperts: 2.5 }, /numExperts must be a whole number of at least 1, got 2.5/],
    [{ moeIntermediateSize: 0 }, /moeIntermediateSize must be a whole number/],
    [{ sharedExpertIntermediateSize: -4 }, /sharedExpertIntermediateSize must be a whole number/],
    [{ routerAuxLossCoef: -1 }, /routerAuxLossCoef must be a number of at least 0, got -1/],
  ] as const) {
    assert.throws(
      () => checkConfig({ ...tinyMoE, ...changes }, 'here'),
      (error: Error) =>
        error instanceof UserError && /^here: /.test(error.message) && pattern.test(error.message),
      JSON.stringify(changes),
    );
    assert.throws(() => new CausalLM({ ...tinyMoE, ...changes }, new Random(1)), pattern);
  }
  const { numExperts: _, ...incomplete } = tinyMoE;
  assert.throws(() => checkConfig(incomplete, 'here'), /here: a model of architecture moe needs numExperts/);
  assert.throws(
    () => checkConfig({ ...tinyMoE, arch: 'tinyllm' }, 'here'),
    /a model of architecture tinyllm has no numExperts/,
  );
});

test('language model and reward model differ in their heads alone', () => {
  const language = shapesOf(() => new CausalLM(tinyMoE, new Random(1)));
  const reward = shapesOf(() => new RewardModel(tinyMoE, new Random(1)));
  assert.equal(reward.get('score.weight'), [1, tinyMoE.hiddenSize]);
  reward.delete('score.weight');
  assert.equal([...reward], [...language]);
});

test('cached decoding equals the whole text at once, also where experts are chosen with a bias', () => {
  float64(() => {
    for (const balancing of ['loss', 'bias'] as const) {
      const model = tinyModel({ ...tinyMoE, balancing });
      for (const layer of mixturesOf(model)) {
        for (const bias of layer.keptState().values())
          bias.slice(0, 0, 1).assign(bias.slice(0, 1, 2).add(0.5));
      }
      const text = randomIds(7, tinyMoE.vocabSize, 3);
      const whole = model.forward(idsOf([text])).toArray();
      const cache = model.model.newCache(1);
      const parts = [text.slice(0, 4), ...text.slice(4).map((id) => [id])].flatMap((ids) => [
        ...model.forward(idsOf([ids]), { cache }).toArray(),
      ]);
      allClose(parts, whole, TIGHT, balancing);
    }
  });
});

/** Steps on one batch with the balance loss added; returns the losses of the text. */
function train(model: CausalLM, steps: number): number[] {
  const optimizer = new AdamW(model, { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0 });
  const text = randomIds(16, tinyMoE.vocabSize, 5);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    scope(() => {
      const collect = new Collector({ losses: true });
      const loss = maskedCrossEntropy(model, {
        ids: idsOf([text.slice(0, -1)]),
        targetRows: int32(text.slice(1).map((_, i) => i)),
        targets: int32(text.slice(1)),
        options: { collect },
      });
      const added = layerLosses(collect, model.config);
      assert.is(added === null, model.config.balancing === 'bias');
      (added === null ? loss : loss.add(added)).backward();
      losses.push(loss.item());
    });
    optimizer.update(0.02);
    model.zeroGrad();
    for (const layer of mixturesOf(model)) layer.moveBias(0.01);
  }
  return losses;
}

test('it learns, balanced by a loss or by a bias, and every layer has a mixture', () => {
  for (const balancing of ['loss', 'bias'] as const) {
    const model = new CausalLM({ ...tinyMoE, balancing }, new Random(1));
    assert.is(mixturesOf(model).length, tinyMoE.numHiddenLayers);
    const losses = train(model, 40);
    assert.ok(losses.at(-1)! < 0.3 * losses[0]!, `${balancing}: ${losses[0]} became ${losses.at(-1)}`);
    const moved = mixturesOf(model).some((layer) =>
      [...layer.keptState().values()].some((bias) => bias.toArray().some(Boolean)),
    );
    assert.is(moved, balancing === 'bias');
  }
});

test('a dense model has no mixture', () => {
  assert.equal(mixturesOf(tinyModel()), []);
});

test.run();
