/** Softmax and log-softmax: gradients along any axis, goldens, properties, rows of -Infinity, errors. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gradcheck, type Tensor, tensor, zeros } from '../../../src/tensor/index.ts';
import { checkGradient, distinct, float64, ids } from '../fixtures.ts';
import { alongAxis, element, matches, total } from '../naive.ts';
import { errorTests, goldenTests } from './families.ts';

const values = (t: Tensor) => [...t.toArray()];

for (const op of ['softmax', 'logSoftmax'] as const) {
  test(op, () => {
    for (const [shape, axis] of [
      [[5], -1],
      [[3, 4], -1],
      [[3, 4], 0],
      [[2, 3, 2], 1],
      [[2, 1], -1],
    ] as const) {
      checkGradient({ name: `${op} of [${shape}] along ${axis}`, inputs: [shape], fn: (x) => x[op](axis) });
    }
  });
}

test('softmax with blocked entries', () => {
  const mask = ids([
    [0, 1, 0],
    [0, 0, 1],
  ]);
  const fn = (x: Tensor) => x.maskedFill(mask, -Infinity).softmax();
  checkGradient({ name: 'masked softmax', inputs: [[2, 3]], fn });
});

test('softmax of large scores', () =>
  float64(() => {
    // Differences around 500 still decide between neighbours: the step must see them.
    const x = distinct([2, 4], 1, [500, 502]).requireGrad();
    gradcheck((t) => t.softmax(), [x]);
    gradcheck((t) => t.logSoftmax(), [x]);
  }));

goldenTests('softmax');

test('random shapes and layouts against a formula for each element', () => {
  alongAxis((x, axis, line) => {
    matches(
      x.softmax(axis),
      x.shape,
      (index) => Math.exp(element(x, index)) / total(line(index).map(Math.exp)),
      1e-12,
    );
    matches(
      x.logSoftmax(axis),
      x.shape,
      (index) => element(x, index) - Math.log(total(line(index).map(Math.exp))),
      1e-12,
    );
  });
});

test('softmax of a row of -Infinity gives zeros, and a zero gradient', () => {
  const x = tensor([
    [-Infinity, -Infinity],
    [0, -Infinity],
  ]).requireGrad();
  const y = x.softmax();
  assert.equal(values(y), [0, 0, 1, 0]);
  y.backward({
    gradient: tensor([
      [1, 2],
      [3, 4],
    ]),
  });
  assert.equal(values(x.grad!), [0, 0, 0, 0]);
});

const a = zeros([2, 3]);
errorTests([
  ['softmax, axis', () => a.softmax(2), 'softmax', 'axis 2', '[2, 3]'],
  ['softmax of a number', () => tensor(1).softmax(), 'softmax', '[]'],
  ['logSoftmax, axis', () => a.logSoftmax(-3), 'logSoftmax', '[2, 3]'],
]);

test.run();
