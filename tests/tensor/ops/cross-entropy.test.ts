/** Softmax cross-entropy: gradients, goldens, ignored rows, its definition by log-softmax, errors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, tensor, zeros } from '../../../src/tensor/index.ts';
import { allClose } from '../../close.ts';
import { checkGradient, distinct, float64, type GradientCase, ids, throwsWith } from '../fixtures.ts';
import { errorTests, goldenTests } from './families.ts';

const values = (t: Tensor) => [...t.toArray()];

const targets = ids([3, -100, 0, 2, -100]);
const losses: GradientCase[] = (['mean', 'sum', 'none'] as const).map((reduction) => ({
  name: `crossEntropy, ${reduction}`,
  inputs: [[5, 4]],
  fn: (x: Tensor) => x.crossEntropy(targets, { reduction }),
}));
losses.push(
  { name: 'crossEntropy, no row ignored', inputs: [[2, 3]], fn: (x) => x.crossEntropy(ids([2, 0])) },
  {
    name: 'crossEntropy, ignoring class 0',
    inputs: [[3, 3]],
    fn: (x) => x.crossEntropy(ids([0, 1, 2]), { ignoreIndex: 0 }),
  },
  {
    name: 'crossEntropy by strided targets',
    inputs: [[2, 3]],
    fn: (x) =>
      x.crossEntropy(
        ids([
          [2, 1],
          [0, 1],
        ])
          .slice(1, 0, 1)
          .squeeze(1),
      ),
  },
  { name: 'crossEntropy of one class', inputs: [[3, 1]], fn: (x) => x.crossEntropy(ids([0, 0, 0])) },
);

for (const one of losses) test(one.name, () => assert.is(checkGradient(one), 4));

test('crossEntropy equals the log-probability of the target', () =>
  float64(() => {
    const x = distinct([3, 4]).requireGrad();
    const classes = ids([2, 0, 3]);
    const fused = x.crossEntropy(classes);
    const composed = x.logSoftmax().gather(1, classes.unsqueeze(1)).mean().neg();
    assert.ok(Math.abs(fused.item() - composed.item()) < 1e-14);
    fused.backward();
    const first = x.grad!.toArray();
    x.grad = null;
    composed.backward();
    x.grad!.toArray().forEach((value, i) => {
      assert.ok(Math.abs(value - first[i]!) < 1e-14);
    });
  }));

test('ignored rows cost nothing, count nothing and get no gradient', () => {
  const logits = tensor([
    [1, 2, 3],
    [Number.NaN, 5, 6],
    [3, 1, 2],
  ]).requireGrad();
  const targets = ids([2, -100, 0]);
  const rows = logits.crossEntropy(targets, { reduction: 'none' });
  assert.is(values(rows)[1], 0);
  const loss = logits.crossEntropy(targets);
  allClose([loss.item()], [(values(rows)[0]! + values(rows)[2]!) / 2], { relative: 1e-6 });
  loss.backward();
  assert.equal(values(logits.grad!).slice(3, 6), [0, 0, 0]);
  assert.ok(values(logits.grad!)[0]! > 0);
  const renamed = logits.crossEntropy(ids([2, 1, 0]), { ignoreIndex: 1 });
  assert.is(renamed.item(), loss.item());
});

goldenTests('cross-entropy');

const a = zeros([2, 3]);
errorTests([
  ['crossEntropy', () => a.crossEntropy(ids([0, 1, 2])), 'crossEntropy', '[2, 3]', '[3]'],
  ['crossEntropy, rank', () => zeros([2, 2, 3]).crossEntropy(ids([0, 1])), '[2, 2, 3]', '[2]'],
]);

test('targets out of range and nothing but ignored rows are sentences', () => {
  for (const id of [-1, 3]) {
    throwsWith(() => a.crossEntropy(ids([0, id])), 'crossEntropy', `target ${id}`, 'row 1', '3 classes');
  }
  throwsWith(() => a.crossEntropy(ids([-100, -100])), 'crossEntropy', 'ignored');
});

test.run();
