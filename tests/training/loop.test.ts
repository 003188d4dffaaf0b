/**
 * The loop: accumulation = one large batch, a batch can be learned by heart, Ctrl-C saves, signals get their turn.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Row, RowStream } from '../../src/data/rows/rows.ts';
import { heldOutLoss } from '../../src/training/loop.ts';
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

test('what is logged, evaluated and saved when; the rate follows the schedule; the loss is a mean since the last line', async () => {
  const s = session({ logEvery: 3, saveEvery: 2, evaluateEvery: 4, warmup: 2 });
  const objective = { ...s.objective, heldOut: rows.slice(0, 3) };
  const { lines, logged, saved } = await go({ ...s, objective }, { steps: 8 });
  assert.equal(saved, [2, 4, 6, 8]);
  assert.equal(logged, [3, 4, 6, 8]);
  assert.equal(
    lines.filter(({ heldOutLoss: loss }) => loss !== undefined).map(({ step }) => step),
    [4, 8],
  );
  allClose(
    lines.slice(0, 3).map(({ lr }) => lr),
    [0.005, 0.01, 0.01],
  );
  assert.ok(lines.at(-1)!.lr < 0.003 && lines.at(-1)!.lr > 0.001);
  const each = await go(session({ logEvery: 1 }), { steps: 8 });
  const mean = (each.lines[3]!.loss + each.lines[4]!.loss + each.lines[5]!.loss) / 3;
  // Same data and model; only the held-out rows and the spacing of the lines differ.
  allClose([lines[5]!.loss], [mean], { relative: 1e-6 });
});

test('a stop is noticed after the step, and saved; at the end there is nothing left to do', async () => {
  const { done, saved } = await go(session(), { stopAfter: 2 });
  assert.equal([done, saved], [2, [2]]);
  const late = await go(session(), { from: 6, steps: 6 });
  assert.equal([late.done, late.lines.length, late.saved], [6, 0, []]);
});

test('signals and timers get their turn while training runs', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await go(session(), { steps: 20 });
  clearInterval(timer);
  assert.ok(turns >= 3, `${turns} turns of the event loop in 20 steps`);
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
