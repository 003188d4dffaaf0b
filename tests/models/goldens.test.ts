/** The whole model in float64 against Transformers' Qwen2: logits, loss, every gradient. Tied and untied. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { Random } from '../../src/tensor/index.ts';
import { allClose, differs, Golden } from '../close.ts';
import { float64, goldenConfig, goldenTargets, goldenWeights, TIGHT } from './tiny.ts';

const golden = new Golden('model');

function load(name: string, changes = {}): CausalLM {
  return float64(() => {
    const model = new CausalLM({ ...goldenConfig(name === 'tied'), ...changes }, new Random(1));
    model.loadState(goldenWeights(golden, name));
    return model;
  });
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

  test(`${name}: in float32 to seven digits`, () => {
    const model = new CausalLM(goldenConfig(name === 'tied'), new Random(1));
    model.loadState(goldenWeights(golden, name));
    const loss = maskedCrossEntropy(model, goldenTargets(golden, name));
    const float32 = { absolute: 1e-4, relative: 1e-4 };
    allClose(loss.toArray(), golden.values(`${name}/loss`), float32, 'loss');
    loss.backward();
    for (const [key, { grad }] of model.namedParameters()) {
      allClose(grad!.toArray(), golden.values(`${name}/grad/${key}`), float32, key);
    }
  });
}

test('negative control: another theta or eps gives other logits', () => {
  float64(() => {
    for (const changes of [{ ropeTheta: 500 }, { rmsNormEps: 1e-3 }]) {
      const logits = load('tied', changes).forward(goldenTargets(golden, 'tied').ids).toArray();
      assert.ok(differs(logits, golden.values('tied/logits'), { absolute: 1e-4 }), JSON.stringify(changes));
    }
  });
});

test.run();
