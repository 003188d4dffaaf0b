/**
 * Learning from examples: accumulation = one large batch, a batch can be learned by heart, held-out numbers, rows without
 * targets.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Row, RowStream } from '../../src/data/rows/rows.ts';
import type { AdamW } from '../../src/optim/adamw.ts';
import type { Tensor } from '../../src/tensor/index.ts';
import { heldOutLoss, supervised, update } from '../../src/training/supervised.ts';
import { allClose } from '../close.ts';
import { refusesLater } from '../data/temporary.ts';
import { go, rows, session, T } from './session.ts';
import { tinyModel } from './tiny.ts';

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

test('update: the norm of all gradients, clipped to the limit, at the rate given; then no gradients are left', async () => {
  for (const gradClip of [0, 0.05, 1e6]) {
    const { model } = session();
    for (const parameter of model.parameters()) parameter.mul(2).sum().backward();
    const norm = Math.sqrt(model.parameters().reduce((sum, { size }) => sum + 4 * size, 0));
    const applied: number[] = [];
    const told: string[] = [];
    const optimizer = { update: (...numbers: number[]) => applied.push(...numbers) } as unknown as AdamW;
    const afterUpdate = () =>
      told.push(`gradients left: ${model.parameters().some(({ grad }) => grad !== null)}`);
    Object.assign(model, { afterUpdate });
    const found = await update('sft', 3, model, optimizer, { loss: 1, lr: 0.125, gradClip });
    allClose([found], [norm], { relative: 1e-5 });
    allClose(applied, [0.125, gradClip === 0 || gradClip > norm ? 1 : gradClip / norm], { relative: 1e-4 });
    assert.equal(told, ['gradients left: false']);
  }
});

test('update: neither a loss nor a gradient that is not a number reaches the weights', async () => {
  const { model } = session();
  const optimizer = { update: () => assert.unreachable('it was applied') } as unknown as AdamW;
  for (const loss of [Number.NaN, Infinity])
    await refusesLater(
      () => update('sft', 3, model, optimizer, { loss, lr: 1, gradClip: 1 }),
      'sft: the loss is',
      'step 4',
    );
  model.parameters()[0]!.mul(Number.NaN).sum().backward();
  await refusesLater(
    () => update('sft', 3, model, optimizer, { loss: 1, lr: 1, gradClip: 1 }),
    'gradient norm is NaN',
  );
});

test('a step takes its own rows, all of them once; mode and checkpointing are those asked for', async () => {
  const s = session({
    batchSize: 2,
    gradAccum: 3,
    learningRate: 0,
    gradClip: 0.02,
    activationCheckpointing: true,
  });
  const asked: number[] = [];
  const stream = { row: (n: number) => rows[asked.push(n) && n % 10]! };
  const objective = { ...s.objective, rows: stream };
  const steps = supervised(objective, s.optimizer, s.settings);
  s.model.eval();
  steps.begin!();
  assert.equal([s.model.training, s.model.model.checkpointing], [true, true]);
  const clipped: number[] = [];
  Object.assign(s.optimizer, { update: (_: number, factor: number) => clipped.push(factor) });
  const result = await steps.step(2, 0.5);
  assert.equal(asked, [12, 13, 14, 15, 16, 17]);
  assert.is(result.tokens, 6 * T);
  allClose(clipped, [0.02 / result.gradNorm], { relative: 1e-3 });
  const total = await heldOutLoss({ ...objective, heldOut: asked.map((n) => rows[n % 10]!) }, 10);
  allClose([result.numbers.loss], [total], { relative: 1e-5 });
  supervised({ ...objective, dropout: false }, s.optimizer, { ...s.settings, activationCheckpointing: false })
    .begin!();
  assert.equal([s.model.training, s.model.model.checkpointing], [false, false]);
});

test('held-out numbers leave the mode of the model as it was, and are the same in either', async () => {
  const { objective, model } = session({}, { attentionDropout: 0.5 });
  const losses: number[] = [];
  for (const isTraining of [true, false]) {
    if (isTraining) model.train();
    else model.eval();
    losses.push(await heldOutLoss({ ...objective, heldOut: rows }, 3));
    assert.is(model.training, isTraining);
  }
  assert.is(losses[0], losses[1]);
  assert.ok(model.parameters().every(({ grad }) => grad === null));
});

test('micro-batches of unequal weight: loss, parts and gradients are means over the weight of the step', async () => {
  const weights = [1, 5, 2, 0, 4];
  const model = tinyModel();
  const parameter = model.parameters()[0]!;
  const items = weights.map((weight, i) => ({ weight, value: i + 1 }));
  const objective = {
    ...{ stage: 'toy', model, heldOut: items, dropout: false },
    rows: { row: (n: number) => items[n]! },
    weight: ({ weight }: (typeof items)[0]) => weight,
    tokens: () => 1,
    batch: (micro: readonly (typeof items)[0][]) => micro,
    loss: (micro: readonly (typeof items)[0][], total: number) => {
      const sum = micro.reduce((all, { weight, value }) => all + weight * value, 0);
      const scaled = (x: Tensor) => x.mul(sum / total);
      const one = parameter.slice(0, 0, 1).sum().mul(0).add(1);
      return {
        loss: scaled(one),
        added: scaled(parameter.sum()),
        parts: { half: scaled(one).mul(0.5).detach() },
      };
    },
  };
  const mean = items.reduce((all, { weight, value }) => all + weight * value, 0) / 12;
  for (const [batchSize, gradAccum] of [
    [5, 1],
    [1, 5],
  ] as const) {
    const norms: number[] = [];
    const optimizer = { update: () => {} } as unknown as AdamW;
    const steps = supervised(objective, optimizer, session({ batchSize, gradAccum }).settings);
    const { numbers, gradNorm } = await steps.step(0, 1);
    allClose([numbers.loss, numbers.half!], [mean, mean / 2], { relative: 1e-5 });
    norms.push(gradNorm);
    allClose(
      [gradNorm],
      [mean * Math.sqrt(parameter.size)],
      { relative: 1e-4 },
      'what is learned beside the loss',
    );
    assert.equal(await steps.heldOut!(), numbers);
  }
});

test.run();
