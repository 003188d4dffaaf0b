/**
 * llama2: exact sizes, its dropout, its first weights, RoPE on neighbouring coordinates against halves, and the way to disk and
 * back.
 */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../../src/formats/hf/model-files.ts';
import { toDiskOrder, toMemoryOrder } from '../../../src/formats/hf/row-order.ts';
import { decodeSafetensors } from '../../../src/formats/safetensors.ts';
import { maskedCrossEntropy } from '../../../src/losses/cross-entropy.ts';
import { attentionSizes } from '../../../src/models/architectures/architecture.ts';
import { registerArchitecture } from '../../../src/models/architectures/index.ts';
import { feedForwardWidth, llama2 } from '../../../src/models/architectures/llama2.ts';
import { CausalLM } from '../../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../../src/models/config.ts';
import { preset, presetNames } from '../../../src/models/presets.ts';
import { RewardModel } from '../../../src/models/reward-model.ts';
import { parameterCount } from '../../../src/models/shapes.ts';
import { Block } from '../../../src/nn/block.ts';
import type { Module } from '../../../src/nn/module.ts';
import { SwiGLU } from '../../../src/nn/swiglu.ts';
import { writeDirectoryAtomically } from '../../../src/storage/atomic.ts';
import { loadModelDirectory, loadRewardDirectory } from '../../../src/storage/model-directory.ts';
import { concat, fromArray, gradcheck, Random, Tensor } from '../../../src/tensor/index.ts';
import { allClose, differs } from '../../close.ts';
import { temporaryFolder } from '../../data/temporary.ts';
import { tinyTokenizer } from '../../training/tiny.ts';
import { float64, idsOf, int32, randomIds, randomize, spread, TIGHT, tinyConfig } from '../tiny.ts';

const config: ModelConfig = { ...tinyConfig, arch: 'llama2', rmsNormEps: 1e-5, hiddenDropout: 0 };
const rows = [randomIds(10, 13, 1), randomIds(10, 13, 2)];
const clearly = { absolute: 1e-3 };

function llama(changes: Partial<ModelConfig> = {}, seed = 1): CausalLM {
  return float64(() =>
    randomize(new CausalLM({ ...config, ...changes }, new Random(seed)), seed + 100),
  ).eval();
}

test('every preset has exactly the published number of parameters, and the width of the feed-forward part', () => {
  const facts = {
    pico: [133_440, 176, 512],
    nano: [1_053_824, 344, 2048],
    micro: [5_795_072, 688, 4096],
    '9m': [8_813_520, 320, 64793],
    '24m': [24_636_096, 768, 64793],
    '58m': [58_479_616, 1376, 64793],
    '134m': [134_714_880, 2048, 64793],
    '268m': [268_756_992, 2752, 64793],
  };
  assert.equal(presetNames('llama2'), Object.keys(facts));
  for (const [name, [count, width, vocabulary]] of Object.entries(facts)) {
    const size = preset(name, 'llama2');
    assert.equal(
      [parameterCount(size), size.intermediateSize, size.vocabSize],
      [count, width, vocabulary],
      name,
    );
    assert.equal([size.rmsNormEps, size.ropeTheta, size.tieWordEmbeddings], [1e-5, 10000, true]);
    assert.is(size.numKeyValueHeads, size.numAttentionHeads);
    const dropout = /^(24|58|134|268)m$/.test(name) ? 0.1 : 0;
    assert.equal([size.attentionDropout, size.hiddenDropout], [dropout, dropout], name);
  }
  const contexts = ['9m', '24m', '58m', '134m', '268m'].map((n) => preset(n, 'llama2').maxPositionEmbeddings);
  assert.equal(contexts, [512, 512, 512, 1024, 1024]);
});

test('the width of the feed-forward part: two thirds of 4 D, cut to a whole number, rounded up to a multiple', () => {
  assert.is(feedForwardWidth(120, 32), 320);
  assert.is(feedForwardWidth(512, 32), 1376); // 1365.3 -> 1365 -> 1376
  assert.is(feedForwardWidth(4096, 256), 11008); // Llama 2 7B
  assert.is(feedForwardWidth(4, 2), 10); // 10.67 is cut to 10 first, else it would be 12
});

test('no bias anywhere, one table for input and output', () => {
  const names = [...llama().namedParameters().keys()];
  assert.ok(names.every((name) => name.endsWith('.weight')));
  assert.not.ok(names.includes('lm_head.weight'));
  assert.is(names.length, 2 + 2 * 9);
});

test('first weights: 0.02, 0.02 / sqrt(2 L) for the output projection and W_up, more for W_down of a small model', () => {
  const sizes = { hiddenSize: 128, intermediateSize: 128, numHiddenLayers: 8, vocabSize: 128 };
  const model = new CausalLM({ ...config, ...sizes, numKeyValueHeads: 4 }, new Random(3));
  for (const [name, parameter] of model.namedParameters()) {
    if (/norm/.test(name)) {
      assert.ok(parameter.toArray().every((value) => value === 1));
      continue;
    }
    const std = /o_proj|up_proj/.test(name) ? 0.02 / 4 : /down_proj/.test(name) ? 0.08 : 0.02;
    assert.ok(Math.abs(spread(parameter) / std - 1) < 0.025, `${name} ${spread(parameter)}`); // 4.5 standard errors
  }
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

test('dropout: on the embeddings, and in each layer on the shares, on what attention adds, on what SwiGLU adds', () => {
  const random = new Random(5);
  const both = new CausalLM({ ...config, attentionDropout: 0.25, hiddenDropout: 0.5 }, random);
  const layer = ['0.25 [2,2,2,10,10]', '0.5 [2,10,16]', '0.5 [2,10,16]'];
  assert.equal(dropouts(both), ['0.5 [2,10,16]', ...layer, ...layer]);
  const shares = new CausalLM({ ...config, attentionDropout: 0.25 }, random);
  assert.equal(dropouts(shares), ['0.25 [2,2,2,10,10]', '0.25 [2,2,2,10,10]']);
  assert.equal(dropouts(both.eval()), []);
  const before = random.state();
  both.forward(idsOf(rows));
  assert.equal(random.state(), before, 'evaluation draws nothing');
  assert.equal(dropouts(new CausalLM(config, random)), []);
});

/** Llama with half-split RoPE: the form that Transformers computes with. */
const halves = {
  ...llama2,
  name: 'halves',
  block: (own: ModelConfig, random: Random) =>
    new Block({
      ...attentionSizes(own),
      bias: false,
      dropout: 0,
      random,
      ropeLayout: 'half',
      eps: own.rmsNormEps,
      mlp: () => new SwiGLU(own.hiddenSize, own.intermediateSize, { random }),
    }),
  onDisk: { ...llama2.onDisk, modelType: 'halves' },
};

const stored = (module: Module) =>
  new Map([...module.namedParameters()].map(([name, p]) => [name, { shape: p.shape, values: p.toArray() }]));
const tensors = (map: ReturnType<typeof stored>) =>
  new Map([...map].map(([name, { shape, values }]) => [name, fromArray(values.slice(), shape)]));

test('interleaved in memory = half-split with the rows of q and k as on disk, GQA included', () => {
  const undo = registerArchitecture(halves);
  float64(() => {
    for (const numKeyValueHeads of [4, 2, 1]) {
      const model = llama({ numKeyValueHeads });
      const half = new CausalLM({ ...config, numKeyValueHeads, arch: 'halves' }, new Random(9)).eval();
      const logits = model.forward(idsOf(rows)).toArray();
      half.loadState(tensors(stored(model)));
      assert.ok(differs(half.forward(idsOf(rows)).toArray(), logits, clearly), 'unpermuted it must differ');
      half.loadState(tensors(toDiskOrder(model.config, stored(model))));
      allClose(half.forward(idsOf(rows)).toArray(), logits, TIGHT);
    }
  });
  undo();
});

test('disk order and memory order undo each other; only q and k move, by the rule of the file format', () => {
  const model = llama();
  const memory = stored(model);
  const disk = toDiskOrder(config, memory);
  const moved = [...disk]
    .filter(([name, { values }]) => differs(values, memory.get(name)!.values))
    .map(([name]) => name);
  assert.equal(
    moved,
    [0, 1].flatMap((layer) =>
      ['q', 'k'].map((part) => `model.layers.${layer}.self_attn.${part}_proj.weight`),
    ),
  );
  assert.equal(toMemoryOrder(config, disk), memory);
  // Four coordinates a head: rows 0 1 2 3 in memory are pairs (0 1) (2 3), on disk 0 2 1 3.
  const name = 'model.layers.0.self_attn.k_proj.weight';
  const row = (map: ReturnType<typeof stored>, n: number) => [
    ...map.get(name)!.values.slice(16 * n, 16 * n + 16),
  ];
  assert.equal(
    [0, 1, 2, 3, 4, 5].map((n) => row(disk, n)),
    [0, 2, 1, 3, 4, 6].map((n) => row(memory, n)),
  );
});

test('cached = uncached', () => {
  float64(() => {
    const model = llama();
    const whole = model.forward(idsOf(rows)).toArray();
    const cache = model.model.newCache(2);
    const read = (start: number, end: number) =>
      model.forward(idsOf(rows.map((row) => row.slice(start, end))), { cache });
    allClose(concat([read(0, 3), read(3, 4), read(4, 10)], 1).toArray(), whole, TIGHT);
    const fresh = model.model.newCache(2);
    const restarting = model.forward(idsOf(rows.map((row) => row.slice(3))), { cache: fresh }).toArray();
    assert.ok(
      differs(restarting, whole.slice(-restarting.length), clearly),
      'without its past it must differ',
    );
  });
});

test('central differences through a whole model, with respect to every parameter', () => {
  float64(() => {
    const small = {
      vocabSize: 7,
      hiddenSize: 8,
      intermediateSize: 6,
      numAttentionHeads: 2,
      numKeyValueHeads: 1,
    };
    for (const tieWordEmbeddings of [true, false]) {
      const model = llama({ ...small, numHiddenLayers: 1, tieWordEmbeddings });
      const batch = {
        ids: idsOf([[1, 4, 2, 6, 1]]),
        options: { documents: [[0, 0, 0, 1, 1]], positions: idsOf([[0, 1, 2, 0, 1]]) },
        targetRows: int32([0, 2, 3]),
        targets: int32([4, 0, 1]),
      };
      const worst = gradcheck(() => maskedCrossEntropy(model, batch), model.parameters());
      assert.ok(worst < 1e-6, `worst relative error ${worst}`);
    }
  });
});

const diskConfig = { ...config, vocabSize: tinyTokenizer.vocabSize, hiddenDropout: 0.125 };

test('a directory is LlamaForCausalLM, its rows are in half-split order, and it reads back to the same bits', async () => {
  const model = randomize(new CausalLM(diskConfig, new Random(4)), 5).eval();
  const files = await encodeModel(model, tinyTokenizer);
  const { tensors: written } = decodeSafetensors(files.get('model.safetensors') as Uint8Array, 'test');
  assert.equal(written, toDiskOrder(diskConfig, stored(model)));
  const json = JSON.parse(files.get('config.json') as string) as Record<string, unknown>;
  const { architectures, model_type, attention_bias, mlp_bias, tie_word_embeddings, rms_norm_eps } = json;
  assert.equal(
    { architectures, model_type, attention_bias, mlp_bias, tie_word_embeddings, rms_norm_eps },
    {
      architectures: ['LlamaForCausalLM'],
      model_type: 'llama',
      attention_bias: false,
      mlp_bias: false,
      tie_word_embeddings: true,
      rms_norm_eps: 1e-5,
    },
  );
  const path = join(temporaryFolder(), 'llama');
  writeDirectoryAtomically(path, files);
  const loaded = loadModelDirectory(path).model;
  assert.equal(loaded.config, diskConfig);
  assert.equal(stored(loaded), stored(model));
  assert.equal(loaded.forward(idsOf(rows)).toArray(), model.forward(idsOf(rows)).toArray());
});

test('its reward model is LlamaForSequenceClassification and reads back likewise', async () => {
  const model = randomize(new RewardModel(diskConfig, new Random(4)), 5).eval();
  const files = await encodeModel(model, tinyTokenizer);
  const json = JSON.parse(files.get('config.json') as string) as Record<string, unknown>;
  assert.equal(json.architectures, ['LlamaForSequenceClassification']);
  const path = join(temporaryFolder(), 'reward');
  writeDirectoryAtomically(path, files);
  assert.equal(stored(loadRewardDirectory(path).model), stored(model));
});

test.run();
