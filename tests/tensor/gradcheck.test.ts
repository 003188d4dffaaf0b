/**
 * The gradient check itself: what it reports, what it refuses, and why its upstream gradient is random.
 *
 * Negative controls: one deliberately wrong adjoint for each class of op. A check that lets one of these through would let the
 * same mistake in ops/ through, so each must be caught, and its right form must pass.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  concat,
  GradcheckError,
  gradcheck,
  type Shape,
  scatterAdd,
  type Tensor,
} from '../../src/tensor/index.ts';
import { byHand, distinct, float64, ids, throwsWith } from './fixtures.ts';

test('an upstream gradient of ones would not see a forgotten dot product: gradcheck uses a random one', () =>
  float64(() => {
    const x = distinct([4]).requireGrad();
    const y = x.softmax();
    y.sum().backward();
    assert.ok(x.grad!.toArray().every((value) => Math.abs(value) < 1e-15));
  }));

test('gradcheck names the input and the element, and leaves the inputs as they were', () =>
  float64(() => {
    const [a, b] = [distinct([2, 2], 1), distinct([2, 2], 2).requireGrad()];
    const before = [...b.toArray()];
    throwsWith(
      () =>
        gradcheck(
          (s, t) =>
            byHand(
              [s, t],
              s.mul(t),
              (dy) => dy.mul(t),
              (dy) => dy.mul(s).mul(1.001),
            ),
          [a, b],
        ),
      'input 1',
      '[2, 2]',
      'element 0',
    );
    gradcheck((s, t) => s.mul(t), [a, b]);
    assert.equal([...b.toArray()], before);
  }));

test('a gradient that is missing altogether is caught', () =>
  float64(() => {
    const [a, b] = [distinct([2]).requireGrad(), distinct([2], 2).requireGrad()];
    throwsWith(() => gradcheck((s, t) => s.mul(t.detach()), [a, b]), 'input 1', 'the adjoint gives 0');
  }));

test('gradcheck refuses float32 and nothing to check', () => {
  throwsWith(
    () => gradcheck((x) => x, [distinct([2]).to('float32').detach().requireGrad()]),
    'float64',
    'float32',
  );
  throwsWith(() => gradcheck((x) => x, [distinct([2])]), 'nothing to check');
});

interface Control {
  readonly name: string;
  readonly inputs: readonly Shape[];
  readonly right: (...inputs: Tensor[]) => Tensor;
  readonly wrong: (...inputs: Tensor[]) => Tensor;
}

const index = ids([
  [0, 2, 2],
  [1, 1, 1],
]);
const sumTo = (dy: Tensor, like: Tensor) => dy.sum(0).reshape(like.shape);

const controls: Control[] = [
  {
    name: 'elementwise: the sign',
    inputs: [[3]],
    right: (x) => byHand([x], x.cos(), (dy) => dy.mul(x.sin()).neg()),
    wrong: (x) => byHand([x], x.cos(), (dy) => dy.mul(x.sin())),
  },
  {
    name: 'elementwise: the exponent forgotten in pow',
    inputs: [[3]],
    right: (x) => byHand([x], x.pow(3), (dy) => dy.mul(3).mul(x.pow(2))),
    wrong: (x) => byHand([x], x.pow(3), (dy) => dy.mul(x.pow(2))),
  },
  {
    name: 'binary: the operands swapped',
    inputs: [[3], [3]],
    right: (a, b) =>
      byHand(
        [a, b],
        a.mul(b),
        (dy) => dy.mul(b),
        (dy) => dy.mul(a),
      ),
    wrong: (a, b) =>
      byHand(
        [a, b],
        a.mul(b),
        (dy) => dy.mul(a),
        (dy) => dy.mul(b),
      ),
  },
  {
    name: 'broadcasting: one copy instead of the sum of all',
    inputs: [[4, 3], [3]],
    right: (a, b) =>
      byHand(
        [a, b],
        a.add(b),
        (dy) => dy,
        (dy) => sumTo(dy, b),
      ),
    wrong: (a, b) =>
      byHand(
        [a, b],
        a.add(b),
        (dy) => dy,
        (dy) => dy.slice(0, 0, 1).reshape(b.shape),
      ),
  },
  {
    name: 'broadcasting: the mean instead of the sum',
    inputs: [[4, 3], [3]],
    right: (a, b) =>
      byHand(
        [a, b],
        a.add(b),
        (dy) => dy,
        (dy) => sumTo(dy, b),
      ),
    wrong: (a, b) =>
      byHand(
        [a, b],
        a.add(b),
        (dy) => dy,
        (dy) => dy.mean(0),
      ),
  },
  {
    name: 'reduction: spread along the wrong axis of a square',
    inputs: [[3, 3]],
    right: (x) => byHand([x], x.sum(0), (dy) => dy.unsqueeze(0).expand([3, 3])),
    wrong: (x) => byHand([x], x.sum(0), (dy) => dy.unsqueeze(1).expand([3, 3])),
  },
  {
    name: 'reduction: the mean not divided',
    inputs: [[4]],
    right: (x) => byHand([x], x.mean(), (dy) => dy.div(4).expand([4])),
    wrong: (x) => byHand([x], x.mean(), (dy) => dy.expand([4])),
  },
  {
    name: 'extremum: everyone wins',
    inputs: [[4]],
    right: (x) => byHand([x], x.max(), (dy) => x.eq(x.max()).mul(dy)),
    wrong: (x) => byHand([x], x.max(), (dy) => dy.expand([4])),
  },
  {
    name: 'movement: a square gradient not turned back',
    inputs: [[3, 3]],
    right: (x) => byHand([x], x.transpose(), (dy) => dy.transpose()),
    wrong: (x) => byHand([x], x.transpose(), (dy) => dy),
  },
  {
    name: 'movement: a slice put back one place off',
    inputs: [[5]],
    right: (x) => byHand([x], x.slice(0, 1, 4), (dy) => dy.pad(0, 1, 1)),
    wrong: (x) => byHand([x], x.slice(0, 1, 4), (dy) => dy.pad(0, 2, 0)),
  },
  {
    name: 'joining: the parts in the wrong order',
    inputs: [[2], [2]],
    right: (a, b) =>
      byHand(
        [a, b],
        concat([a, b]),
        (dy) => dy.slice(0, 0, 2),
        (dy) => dy.slice(0, 2),
      ),
    wrong: (a, b) =>
      byHand(
        [a, b],
        concat([a, b]),
        (dy) => dy.slice(0, 2),
        (dy) => dy.slice(0, 0, 2),
      ),
  },
  {
    name: 'indexing: a place read twice gets only one gradient',
    inputs: [[2, 3]],
    right: (x) => byHand([x], x.gather(1, index), (dy) => scatterAdd([2, 3], 1, index, dy)),
    wrong: (x) =>
      byHand([x], x.gather(1, index), (dy) => {
        const times = scatterAdd([2, 3], 1, index, dy.mul(0).add(1));
        return scatterAdd([2, 3], 1, index, dy).div(times.maximum(1));
      }),
  },
  {
    name: 'scan: summed from the same end',
    inputs: [[4]],
    right: (x) => byHand([x], x.cumsum(), (dy) => dy.cumsum(0, { reverse: true })),
    wrong: (x) => byHand([x], x.cumsum(), (dy) => dy.cumsum()),
  },
  {
    name: 'matmul: no transpose of a square factor',
    inputs: [
      [3, 3],
      [3, 3],
    ],
    right: (a, b) =>
      byHand(
        [a, b],
        a.matmul(b),
        (dy) => dy.matmul(b.transpose()),
        (dy) => a.transpose().matmul(dy),
      ),
    wrong: (a, b) =>
      byHand(
        [a, b],
        a.matmul(b),
        (dy) => dy.matmul(b),
        (dy) => a.transpose().matmul(dy),
      ),
  },
  {
    name: 'softmax: without the dot product',
    inputs: [[2, 4]],
    right: (x) => {
      const y = x.detach().softmax();
      return byHand([x], y, (dy) => y.mul(dy.sub(y.mul(dy).sum(-1, { keepDim: true }))));
    },
    wrong: (x) => {
      const y = x.detach().softmax();
      return byHand([x], y, (dy) => y.mul(dy));
    },
  },
  {
    name: 'cross-entropy: the target not subtracted',
    inputs: [[2, 3]],
    right: (x) => byHand([x], x.crossEntropy(ids([2, 0])), (dy) => x.softmax().sub(oneHot()).mul(dy).div(2)),
    wrong: (x) => byHand([x], x.crossEntropy(ids([2, 0])), (dy) => x.softmax().mul(dy).div(2)),
  },
  {
    name: 'choice: the branches swapped',
    inputs: [[2, 3]],
    right: (x) => byHand([x], x.relu(), (dy) => dy.mul(x.gt(0))),
    wrong: (x) => byHand([x], x.relu(), (dy) => dy.mul(x.lt(0))),
  },
];

function oneHot(): Tensor {
  return ids([
    [0, 0, 1],
    [1, 0, 0],
  ]).to('float64');
}

for (const { name, inputs, right, wrong } of controls) {
  test(name, () =>
    float64(() => {
      const leaves = inputs.map((shape, i) => distinct(shape, i + 1).requireGrad());
      assert.ok(gradcheck(right, leaves) < 1e-6);
      assert.throws(
        () => gradcheck(wrong, leaves),
        (error: unknown) => error instanceof GradcheckError,
      );
    }),
  );
}

test.run();
