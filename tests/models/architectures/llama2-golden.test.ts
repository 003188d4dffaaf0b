/**
 * llama2 as a whole model against Transformers' Llama: logits, loss, every gradient. In memory RoPE is interleaved, in the
 * golden half-split.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toDiskOrder, toMemoryOrder } from '../../../src/formats/hf/row-order.ts';
import { maskedCrossEntropy } from '../../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../../src/models/config.ts';
import { preset } from '../../../src/models/presets.ts';
import { fromArray, Random } from '../../../src/tensor/index.ts';
import { allClose, differs, Golden } from '../../close.ts';
import { float64, goldenTargets, TIGHT } from '../tiny.ts';

const golden = new Golden('llama');
const FLOAT32 = { absolute: 1e-4, relative: 1e-4 };

function configOf(name: string): ModelConfig {
  return {
    ...preset('pico', 'llama2'),
    vocabSize: 37,
    hiddenSize: 16,
    intermediateSize: 24,
    numAttentionHeads: 4,
    numKeyValueHeads: golden.number(`${name}/num_key_value_heads`),
  };
}

function load(name: string, changes: Partial<ModelConfig> = {}, reorder = toMemoryOrder): CausalLM {
  const config = { ...configOf(name), ...changes };
  const stored = golden
    .keys(`${name}/weights/`)
    .map((key) => [key.slice(`${name}/weights/`.length), golden.entry(key)] as const);
  const model = new CausalLM(config, new Random(1));
  const inMemory = [...reorder(config, new Map(stored))];
  model.loadState(
    new Map(inMemory.map(([key, { values, shape }]) => [key, fromArray(values.slice(), shape)])),
  );
  return model;
}

/** Gradients by name, their rows as on disk. */
function gradientsOnDisk(model: CausalLM) {
  const own = [...model.namedParameters()].map(
    ([key, { grad, shape }]) => [key, { shape, values: grad!.toArray() }] as const,
  );
  return toDiskOrder(model.config, new Map(own));
}

for (const name of ['mha', 'gqa']) {
  for (const type of ['float64', 'float32'] as const) {
    test(`${name} in ${type}: logits, loss and the gradient of every parameter`, () => {
      const tolerance = type === 'float64' ? TIGHT : FLOAT32;
      const run = () => {
        const model = load(name);
        const batch = goldenTargets(golden, name);
        const expected = golden.values(`${name}/${type === 'float64' ? 'logits' : 'logits_float32'}`);
        allClose(model.forward(batch.ids).toArray(), expected, tolerance, 'logits');
        const loss = maskedCrossEntropy(model, batch);
        allClose(loss.toArray(), golden.values(`${name}/loss`), tolerance, 'loss');
        loss.backward();
        const gradients = gradientsOnDisk(model);
        assert.is(gradients.size, golden.keys(`${name}/grad/`).length);
        for (const [key, { values }] of gradients) {
          allClose(values, golden.values(`${name}/grad/${key}`), tolerance, key);
        }
      };
      if (type === 'float64') float64(run);
      else run();
    });
  }
}

test('negative control: rows left as on disk, another eps or theta give other logits', () => {
  float64(() => {
    const { ids } = goldenTargets(golden, 'gqa');
    const unturned = load('gqa', {}, (_, tensors) => new Map(tensors));
    const others = [unturned, load('gqa', { rmsNormEps: 1e-3 }), load('gqa', { ropeTheta: 500 })];
    for (const [i, model] of others.entries()) {
      const logits = model.forward(ids).toArray();
      assert.ok(differs(logits, golden.values('gqa/logits'), { absolute: 1e-4 }), `control ${i}`);
    }
  });
});

test.run();
