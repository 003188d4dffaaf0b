/** The mixture of experts as a whole model against Transformers' Qwen2Moe: logits, loss, every gradient, and the balance loss. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskedCrossEntropy } from '../../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../../src/models/config.ts';
import { Collector } from '../../../src/nn/collector.ts';
import { Random, stack } from '../../../src/tensor/index.ts';
import { allClose, differs, Golden } from '../../close.ts';
import { float64, goldenTargets, goldenWeights, TIGHT, tinyMoE } from '../tiny.ts';

const golden = new Golden('moe');
const FLOAT32 = { absolute: 1e-4, relative: 1e-4 };

function configOf(name: string): ModelConfig {
  const number = (field: string) => golden.number(`${name}/${field}`);
  return {
    ...tinyMoE,
    vocabSize: 37,
    maxPositionEmbeddings: 64,
    numKeyValueHeads: number('num_key_value_heads'),
    tieWordEmbeddings: name === 'tied',
    numExperts: number('num_experts'),
    numExpertsPerTok: number('num_experts_per_tok'),
    moeIntermediateSize: number('moe_intermediate_size'),
    sharedExpertIntermediateSize: number('shared_expert_intermediate_size'),
  };
}

function load(name: string, changes: Partial<ModelConfig> = {}): CausalLM {
  const model = new CausalLM({ ...configOf(name), ...changes }, new Random(1));
  model.loadState(goldenWeights(golden, name));
  return model;
}

for (const name of ['tied', 'untied']) {
  test(`${name}: logits, loss and the gradient of every parameter`, () => {
    float64(() => {
      const model = load(name);
      const batch = goldenTargets(golden, name);
      allClose(model.forward(batch.ids).toArray(), golden.values(`${name}/logits`), TIGHT, 'logits');
      const loss = maskedCrossEntropy(model, batch);
      allClose(loss.toArray(), golden.values(`${name}/loss`), TIGHT, 'loss');
      loss.backward();
      const parameters = model.namedParameters();
      assert.is(parameters.size, golden.keys(`${name}/grad/`).length);
      for (const [key, { grad }] of parameters) {
        allClose(grad!.toArray(), golden.values(`${name}/grad/${key}`), TIGHT, key);
      }
    });
  });

  test(`${name}: in float32`, () => {
    const model = load(name);
    const batch = goldenTargets(golden, name);
    allClose(model.forward(batch.ids).toArray(), golden.values(`${name}/logits_float32`), FLOAT32, 'logits');
    const loss = maskedCrossEntropy(model, batch);
    loss.backward();
    for (const [key, { grad }] of model.namedParameters()) {
      allClose(grad!.toArray(), golden.values(`${name}/grad/${key}`), FLOAT32, key);
    }
  });

  for (const checkpointing of [false, true]) {
    const how = checkpointing ? ', with activation checkpointing' : '';
    test(`${name}: the balance loss of each layer and its gradient${how}`, () => {
      float64(() => {
        const { ids } = goldenTargets(golden, name);
        const [E, k] = [configOf(name).numExperts!, configOf(name).numExpertsPerTok!];
        const { values: flags, shape } = golden.entry(`${name}/counted`);
        const [B, T] = shape as [number, number];
        const counted = Array.from({ length: B }, (_, row) => flags.subarray(row * T, row * T + T));
        for (const label of ['all', 'counted'] as const) {
          const model = load(name);
          model.model.checkpointing = checkpointing;
          const collect = new Collector({ losses: true, numbers: true });
          model.forward(ids, { collect, ...(label === 'all' ? {} : { counted }) });
          const losses = stack(collect.losses.get('balance')!);
          allClose(losses.toArray(), golden.values(`${name}/balance.${label}`), TIGHT, label);
          const choices = golden.values(`${name}/choices.${label}`);
          const tokens = label === 'all' ? B * T : B * T - 2;
          for (const [layer, load] of collect.numbers.get('load')!.entries()) {
            const expected = Array.from({ length: E }, (_, e) => choices[layer * E + e]! / (tokens * k));
            allClose(load.toArray(), expected, TIGHT, `load of layer ${layer}`);
          }
          if (label === 'all') continue;
          losses.mean().backward();
          const keys = golden.keys(`${name}/balance_grad/`);
          assert.ok(
            keys.some((key) => key.includes('mlp.gate')) && keys.some((key) => key.includes('embed')),
          );
          for (const key of keys) {
            const { grad } = model.namedParameters().get(key.slice(`${name}/balance_grad/`.length))!;
            const expected = golden.values(key);
            allClose(grad?.toArray() ?? new Float64Array(expected.length), expected, TIGHT, key);
          }
        }
        const [all, some] = ['all', 'counted'].map((label) => golden.values(`${name}/balance.${label}`));
        assert.ok(differs(all!, some!, { absolute: 1e-3 }), 'control: filler would change it');
      });
    });
  }
}

test('negative control: another number of experts per token gives other logits', () => {
  float64(() => {
    for (const numExpertsPerTok of [1, 3]) {
      const logits = load('tied', { numExpertsPerTok }).forward(goldenTargets(golden, 'tied').ids).toArray();
      assert.ok(differs(logits, golden.values('tied/logits'), { absolute: 1e-3 }), String(numExpertsPerTok));
    }
  });
});

test.run();
