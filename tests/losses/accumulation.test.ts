/** Accumulated micro-batches = one full batch, through the training loop, with unequal numbers of targets. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countTargets, type Row, RowStream } from '../../src/data/rows/rows.ts';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { IGNORE_INDEX, setDefaults, type Tensor } from '../../src/tensor/index.ts';
import type { Batch } from '../../src/training/batch.ts';
import { type StepMetrics, trainingLoop } from '../../src/training/loop.ts';
import { stageSettings } from '../../src/training/settings.ts';
import { heldOutLoss, ofRows, supervised } from '../../src/training/supervised.ts';
import { allClose, differs } from '../close.ts';
import { randomIds, TIGHT, tinyModel } from '../models/tiny.ts';

test.before(() => setDefaults({ dtype: 'float64' }));
test.after(() => setDefaults({ dtype: 'float32' }));

/** Eight tokens of which the last `counted` are targets. */
function row(seed: number, counted: number): Row {
  const ids = randomIds(9, 13, seed);
  const targets = ids.slice(1).map((id, t) => (t >= 8 - counted ? id : IGNORE_INDEX));
  return { inputs: Int32Array.from(ids.slice(0, 8)), targets: Int32Array.from(targets) };
}

type Loss = (model: ReturnType<typeof tinyModel>, batch: Batch, total: number) => Tensor;

async function train(rows: readonly Row[], batchSize: number, loss: Loss = maskedCrossEntropy) {
  const model = tinyModel();
  const gradAccum = 4 / batchSize;
  const settings = stageSettings({
    batchSize,
    gradAccum,
    warmup: 0,
    learningRate: 1e-2,
    logEvery: 1,
  });
  const source = { rowsInEpoch: () => rows.length, row: (_: number, index: number) => rows[index]! };
  const metrics: StepMetrics[] = [];
  const objective = {
    ...ofRows,
    stage: 'sft',
    model,
    rows: new RowStream(source),
    heldOut: [],
    loss: (batch: Batch, total: number) => loss(model, batch, total),
  };
  const optimizer = new AdamW(model, settings);
  const steps = rows.length / 4;
  const done = await trainingLoop(
    supervised(objective, optimizer, settings),
    settings,
    { stage: 'sft', startStep: 0, steps },
    {
      onStep: (line) => void metrics.push(line),
      save: async () => {},
      shouldStop: () => false,
    },
  );
  assert.is(done, steps);
  const weights = model.parameters().map((parameter) => Float64Array.from(parameter.toArray()));
  return { losses: metrics.map(({ loss }) => loss), norms: metrics.map(({ gradNorm }) => gradNorm), weights };
}

const uneven = [8, 1, 3, 5, 2, 2, 7, 1].map((counted, n) => row(40 + n, counted));

test('4 rows = 2 x 2 = 4 x 1: losses, gradient norms and weights', async () => {
  const full = await train(uneven, 4);
  for (const batchSize of [2, 1]) {
    const parts = await train(uneven, batchSize);
    allClose(parts.losses, full.losses, TIGHT, 'loss');
    allClose(parts.norms, full.norms, TIGHT, 'gradient norm');
    // AdamW divides by the size of the gradient: where that is near zero, rounding is amplified.
    for (const [i, weights] of parts.weights.entries())
      allClose(weights, full.weights[i]!, { absolute: 1e-7 });
  }
});

test('negative control: the mean of the means of the micro-batches is something else', async () => {
  const full = await train(uneven, 4);
  const parts = await train(uneven, 1, (model, batch) => maskedCrossEntropy(model, batch).div(4));
  assert.ok(differs(parts.losses, full.losses, { absolute: 1e-3 }));
  assert.ok(differs(parts.norms, full.norms, { absolute: 1e-3 }));
});

test('a micro-batch without targets adds nothing', async () => {
  const gaps = [5, 0, 0, 3].map((counted, n) => row(60 + n, counted));
  const [full, parts] = [await train(gaps, 4), await train(gaps, 1)];
  allClose(parts.losses, full.losses, TIGHT);
  allClose(parts.norms, full.norms, TIGHT);
  assert.ok(full.losses[0]! > 0 && full.norms[0]! > 0);
});

test('a step without any target leaves the weights alone', async () => {
  const { losses, norms, weights } = await train(
    [0, 0, 0, 0].map((counted, n) => row(70 + n, counted)),
    2,
  );
  assert.equal([losses, norms], [[0], [0]]);
  const fresh = tinyModel().parameters();
  for (const [i, parameter] of fresh.entries()) assert.equal(weights[i], parameter.toArray());
});

test('held-out loss: the mean over targets, in any batches, in evaluation mode, without gradients', async () => {
  const model = tinyModel().train();
  const loss = (batch: Batch, total: number) => {
    assert.is(model.training, false);
    return maskedCrossEntropy(model, batch, total);
  };
  const heldOut = [...uneven, row(80, 0)];
  const values: number[] = [];
  for (const size of [1, 3, 9]) values.push(await heldOutLoss({ ...ofRows, model, heldOut, loss }, size));
  allClose(
    values,
    values.map(() => values[0]!),
    TIGHT,
  );
  let sum = 0;
  for (const own of uneven) {
    sum += countTargets(own) * (await heldOutLoss({ ...ofRows, model, heldOut: [own], loss }, 1));
  }
  allClose([values[0]!], [sum / uneven.reduce((n, own) => n + countTargets(own), 0)], TIGHT);
  assert.is(model.training, true);
  assert.ok(model.parameters().every(({ grad }) => grad === null));
});

test.run();
