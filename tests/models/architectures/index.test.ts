/** The list of architectures, and a toy one that is added by a single object, trains, and goes to disk and back. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../../src/errors.ts';
import { fromHfConfig, toHfConfig } from '../../../src/formats/hf/config.ts';
import { maskedCrossEntropy } from '../../../src/losses/cross-entropy.ts';
import { type Architecture, attentionSizes } from '../../../src/models/architectures/architecture.ts';
import {
  allArchitectures,
  architectureNamed,
  architectureNames,
  architectureOf,
  registerArchitecture,
} from '../../../src/models/architectures/index.ts';
import { tinyllm } from '../../../src/models/architectures/tinyllm.ts';
import { CausalLM } from '../../../src/models/causal-lm.ts';
import { preset, presetNames } from '../../../src/models/presets.ts';
import { parameterCount } from '../../../src/models/shapes.ts';
import { Block } from '../../../src/nn/block.ts';
import { Linear } from '../../../src/nn/linear.ts';
import { Module } from '../../../src/nn/module.ts';
import { AdamW } from '../../../src/optim/adamw.ts';
import { Random, scope, type Tensor } from '../../../src/tensor/index.ts';
import { idsOf, int32, randomIds } from '../tiny.ts';

test('architectures are found by name and by config; an unknown name is refused with the list', () => {
  assert.equal(architectureNames(), ['tinyllm', 'llama2', 'moe']);
  assert.is(architectureNamed('tinyllm'), tinyllm);
  assert.is(architectureOf(preset('pico', 'llama2')).name, 'llama2');
  assert.throws(
    () => architectureNamed('gpt2'),
    (error: Error) =>
      error instanceof UserError &&
      error.message === 'There is no architecture "gpt2"; choose one of tinyllm, llama2, moe',
  );
});

/** The feed-forward part of the first transformer: W_out relu(W_in x), without a gate. */
class Relu extends Module {
  readonly wide: Linear;
  readonly narrow: Linear;
  constructor(dim: number, hiddenDim: number, random: Random) {
    super();
    this.wide = new Linear(dim, hiddenDim, { random, bias: true });
    this.narrow = new Linear(hiddenDim, dim, { random, bias: true });
  }
  forward(x: Tensor): Tensor {
    return this.narrow.forward(this.wide.forward(x).relu());
  }
}

const small = { hiddenSize: 16, intermediateSize: 40, numHiddenLayers: 1, vocabSize: 32 };

const toy: Architecture = {
  name: 'toy',
  ownFields: [],
  knobs: {},
  block: (config, random) =>
    new Block({
      ...attentionSizes(config),
      bias: false,
      dropout: 0,
      ropeLayout: 'half',
      eps: config.rmsNormEps,
      random,
      mlp: () => new Relu(config.hiddenSize, config.intermediateSize, random),
    }),
  presets: { mini: { ...preset('pico'), ...small, arch: 'toy' } },
  onDisk: {
    modelType: 'toy',
    languageClass: 'ToyForCausalLM',
    rewardClass: 'ToyForSequenceClassification',
    toFields: () => ({ has_gate: false }),
    fromFields(fields) {
      fields.only('has_gate', false, 'a gate');
      return {};
    },
  },
};

test('a toy architecture is one object: it has presets, a count, a config on disk, and it trains', () => {
  const undo = registerArchitecture(toy);
  assert.equal(presetNames('toy'), ['mini']);
  const config = preset('mini', 'toy');
  const attention = 4 * 16 * 16;
  assert.is(parameterCount(config), 32 * 16 + attention + 2 * 16 * 40 + 40 + 16 + 3 * 16);
  const json = JSON.parse(JSON.stringify(toHfConfig(config, { bosId: 1, eosId: 2, padId: 0 }))) as object;
  assert.equal(fromHfConfig(json, 'config.json'), config);
  assert.throws(
    () => fromHfConfig({ ...json, has_gate: true }, 'config.json'),
    /a gate \(has_gate true\) is not/,
  );

  const model = new CausalLM(config, new Random(1)).train();
  const optimizer = new AdamW(model, { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 });
  const text = randomIds(17, 32, 3);
  const step = (rate: number) =>
    scope(() => {
      const loss = maskedCrossEntropy(model, {
        ids: idsOf([text.slice(0, 16)]),
        targetRows: int32([...Array(16).keys()]),
        targets: int32(text.slice(1)),
      });
      loss.backward();
      optimizer.update(rate, 1);
      model.zeroGrad();
      return loss;
    }).item();
  const losses = Array.from({ length: 30 }, () => step(1e-2));
  assert.ok(Math.abs(losses[0]! - Math.log(32)) < 0.1, `first loss ${losses[0]}`);
  assert.ok(losses.at(-1)! < 1, `last loss ${losses.at(-1)}`);

  undo();
  assert.equal(architectureNames(), ['tinyllm', 'llama2', 'moe']);
  assert.throws(() => preset('mini', 'toy'), /no architecture "toy"/);
  assert.throws(() => fromHfConfig(json, 'config.json'), /describes a "toy" model/);
});

test('an architecture that would hide another one is refused', () => {
  const before = allArchitectures().length;
  assert.throws(() => registerArchitecture({ ...toy, name: 'tinyllm' }), /would hide "tinyllm"/);
  assert.throws(
    () => registerArchitecture({ ...toy, onDisk: { ...toy.onDisk, modelType: 'llama' } }),
    /"toy" \(llama\) would hide "llama2" \(llama\)/,
  );
  assert.is(allArchitectures().length, before);
});

test.run();
