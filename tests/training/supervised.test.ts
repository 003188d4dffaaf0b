/**
 * Learning from examples: accumulation = one large batch, a batch can be learned by heart, held-out numbers, rows without
 * targets.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Row, RowStream } from '../../src/data/rows/rows.ts';
import { heldOutLoss } from '../../src/training/supervised.ts';
import { allClose } from '../close.ts';
import { go, rows, session, T } from './session.ts';

test('accumulation over micro-batches = one large batch', async () => {
  const large = session({ batchSize: 6 });
  const small = session({ batchSize: 2, gradAccum: 3 });
  const a = await go(large, { steps: 3 });
  const b = await go(small, { steps: 3 });
  allClose(
    b.lines.map(({ loss }) => loss),
    a.lines.map(({ loss }) => loss),
    { relative: 1e-5 },
  );
  allClose(
    b.lines.map(({ gradNorm }) => gradNorm),
    a.lines.map(({ gradNorm }) => gradNorm),
    { relative: 1e-4 },
  );
});

test('overfit: one batch is learned by heart', async () => {
  const s = session({ batchSize: 2, learningRate: 0.02, schedule: 'constant', weightDecay: 0 });
  const objective = {
    ...s.objective,
    rows: new RowStream({ rowsInEpoch: () => 2, row: (_, i) => rows[i]! }),
  };
  const { lines } = await go({ ...s, objective }, { steps: 60 });
  allClose([lines[0]!.loss], [Math.log(420)], { absolute: 0.1 });
  assert.ok(lines.at(-1)!.loss < 0.1, `the loss is still ${lines.at(-1)!.loss}`);
});

test('heldOutLoss: mean over targets, whatever the batch size; dropout is off and comes back on', async () => {
  const { objective, model } = session({}, { attentionDropout: 0.5 });
  model.train();
  const of = (batchSize: number) => heldOutLoss({ ...objective, heldOut: rows }, batchSize);
  const [one, three, ten] = [await of(1), await of(3), await of(10)];
  allClose([one, three], [ten, ten], { relative: 1e-6 });
  assert.ok(model.training && Math.abs(ten - Math.log(420)) < 0.2);
});

test('a row without targets is no division by zero', async () => {
  const silent: Row = { inputs: rows[0]!.inputs, targets: new Int32Array(T).fill(-100) };
  const s = session({ batchSize: 1 });
  const objective = { ...s.objective, rows: new RowStream({ rowsInEpoch: () => 1, row: () => silent }) };
  const { lines } = await go({ ...s, objective }, { steps: 2 });
  assert.equal(
    lines.map(({ loss, gradNorm }) => [loss, gradNorm]),
    [
      [0, 0],
      [0, 0],
    ],
  );
});

test.run();
