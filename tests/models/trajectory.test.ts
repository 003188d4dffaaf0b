/**
 * Twenty steps of training the preset pico in float32, against PyTorch from the same weights on the same batches: model, loss,
 * clipping, AdamW and schedule at work together. Loss and gradient norm agree to 1e-5 and 1e-4, the table at the end to 1e-5.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { preset } from '../../src/models/presets.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { clipFactor, gradientNorm } from '../../src/optim/clip.ts';
import { learningRateAt } from '../../src/optim/schedule.ts';
import { Random, scope } from '../../src/tensor/index.ts';
import { toBatch } from '../../src/training/batch.ts';
import { allClose, differs, Golden } from '../close.ts';

const golden = new Golden('trajectory');
const [STEPS, ROWS, LENGTH] = golden.entry('ids').shape as [number, number, number];
const schedule = {
  kind: 'cosine',
  learningRate: 3e-3,
  warmup: 5,
  steps: STEPS,
  finalShare: 0.1,
  cooldown: 0,
} as const;

function train(steps: number, decayEmbeddings: boolean) {
  const model = new CausalLM(preset('pico'), new Random(1));
  const names = [...model.namedParameters().keys()];
  model.loadState(new Map(names.map((name) => [name, golden.tensor(`init/${name}`)])));
  const optimizer = new AdamW(model, {
    beta1: 0.9,
    beta2: 0.95,
    eps: 1e-8,
    weightDecay: 0.1,
    decayEmbeddings,
  });
  const ids = Int32Array.from(golden.values('ids'));
  const [losses, norms, rates]: number[][] = [[], [], []];
  for (let step = 0; step < steps; step++) {
    const rows = Array.from({ length: ROWS }, (_, b) => {
      const row = ids.subarray((step * ROWS + b) * LENGTH, (step * ROWS + b + 1) * LENGTH);
      return { inputs: row.slice(0, -1), targets: row.slice(1) };
    });
    scope(() => {
      const loss = maskedCrossEntropy(model, toBatch(rows));
      loss.backward();
      const norm = gradientNorm(model).item();
      const rate = learningRateAt(step, schedule);
      optimizer.update(rate, clipFactor(norm, 1));
      losses!.push(loss.item());
      norms!.push(norm);
      rates!.push(rate);
    });
    model.zeroGrad();
  }
  const table = model.model.embedTokens.weight.slice(0, 0, 8).toArray();
  return { losses: losses!, norms: norms!, rates: rates!, table };
}

const TABLE = 'final/model.embed_tokens.weight';

test('losses, gradient norms, learning rates and the final table', () => {
  const { losses, norms, rates, table } = train(STEPS, false);
  allClose(rates, golden.values('lr'), { absolute: 1e-15, relative: 1e-12 }, 'learning rate');
  allClose(losses, golden.values('loss'), { absolute: 0, relative: 1e-5 }, 'loss');
  allClose(norms, golden.values('grad_norm'), { absolute: 0, relative: 1e-4 }, 'gradient norm');
  allClose(table, golden.values(TABLE), { absolute: 1e-5, relative: 1e-5 }, 'final table');
  assert.ok(losses.at(-1)! < losses[0]! - 1.5, 'the loss falls');
});

test('negative control: decaying the embedding shows within four steps', () => {
  const right = Array.from(golden.values('loss')).slice(0, 4);
  allClose(train(4, false).losses, right, { absolute: 0, relative: 1e-5 });
  assert.ok(differs(train(4, true).losses, right, { absolute: 0, relative: 1e-5 }));
});

test.run();
