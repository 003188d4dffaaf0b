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
  fromArray,
  GradcheckError,
  gradcheck,
  type Shape,
  scatterAdd,
  type Tensor,
  where,
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
    'gradcheck: inputs must be float64, got float32',
  );
  throwsWith(() => gradcheck((x) => x, [distinct([2])]), 'nothing to check');
});

const caught = (fn: () => unknown, ...parts: string[]) => {
  assert.throws(fn, (error: unknown) => {
    return error instanceof GradcheckError && parts.every((part) => error.message.includes(part));
  });
};

test('numbers may be of any size: an adjoint that is a thousandth off is caught in all of them, the right one passes', () =>
  float64(() => {
    for (const scale of [1e-9, 1e-6, 1e-3, 1, 1e3, 1e6]) {
      const x = distinct([5]).requireGrad();
      const f = (factor: number) => (t: Tensor) =>
        byHand([t], t.sin().mul(scale), (dy) => dy.mul(t.cos()).mul(scale * factor));
      assert.ok(gradcheck(f(1), [x]) < 1e-6, `${scale}`);
      caught(() => gradcheck(f(1.001), [x]), 'element 0');
      caught(() => gradcheck(f(0), [x]), 'the adjoint gives 0');
    }
  }));

test('a small gradient beside a large one is looked at on its own', () =>
  float64(() => {
    const x = distinct([2]).requireGrad();
    const w = fromArray(Float64Array.of(1, 1e-4), [2]);
    const f = (second: number) => (t: Tensor) => {
      const wrong = fromArray(Float64Array.of(1, second), [2]);
      return byHand([t], t.mul(w), (dy) => dy.mul(w).mul(wrong));
    };
    assert.ok(gradcheck(f(1), [x]) < 1e-6);
    caught(() => gradcheck(f(0), [x]), 'element 1');
    caught(() => gradcheck(f(1.01), [x]), 'element 1');
  }));

test('NaN and infinities in either gradient fail, in whichever element', () =>
  float64(() => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      for (const at of [0, 3]) {
        const x = distinct([4]).requireGrad();
        const bad = fromArray(new Float64Array(4).fill(1).with(at, value), [4]);
        caught(
          () => gradcheck((t) => byHand([t], t.mul(2), (dy) => dy.mul(2).mul(bad)), [x]),
          `element ${at}`,
        );
        // The other way round: the function jumps away beside the point where it is differentiated.
        const y = distinct([4]).requireGrad();
        const here = y.detach().clone();
        const jumps = (t: Tensor) => byHand([t], where(t.eq(here), t, t.mul(bad)), (dy) => dy);
        caught(() => gradcheck(jumps, [y]), 'central differences');
      }
    }
  }));

test('a function without any slope passes, and one whose adjoint invents one does not', () =>
  float64(() => {
    const x = distinct([3]).requireGrad();
    gradcheck((t) => t.mul(0).add(5), [x]);
    gradcheck((t) => t.softmax().sum(), [x]); // 1, but for rounding
    caught(() => gradcheck((t) => byHand([t], t.mul(0).add(5), (dy) => dy.mul(1e-6)), [x]));
  }));

test('an adjoint of another shape is refused, also one with as many elements', () =>
  float64(() => {
    const x = distinct([2, 3]).requireGrad();
    for (const shape of [[3, 2], [6], [1, 2, 3]]) {
      throwsWith(
        () => gradcheck((t) => byHand([t], t.mul(2), (dy) => dy.mul(2).reshape(shape)), [x]),
        `[${shape.join(', ')}]`,
        '[2, 3]',
      );
    }
  }));

test('every input and every element is checked: the last one of the last one too', () =>
  float64(() => {
    for (const [position, element] of [
      [0, 0],
      [0, 5],
      [1, 0],
      [1, 2],
    ] as const) {
      const inputs = [distinct([2, 3], 1).requireGrad(), distinct([3], 2).requireGrad()];
      const factors = inputs.map(({ shape }, i) => {
        const values = new Float64Array(i === 0 ? 6 : 3).fill(1);
        return fromArray(i === position ? values.with(element, 1.01) : values, shape);
      });
      const f = (a: Tensor, b: Tensor) =>
        byHand(
          [a, b],
          a.mul(b),
          (dy) => dy.mul(b).mul(factors[0]!),
          (dy) => dy.mul(a).sum(0).mul(factors[1]!),
        );
      caught(() => gradcheck(f, inputs), `input ${position}`, `element ${element}:`);
    }
  }));

test('gradients left from before do not count, and the tolerance and the step are those asked for', () =>
  float64(() => {
    const x = distinct([3]).requireGrad();
    x.grad = distinct([3], 2);
    assert.ok(gradcheck((t) => t.square(), [x]) < 1e-6);
    const off = (t: Tensor) => byHand([t], t.square(), (dy) => dy.mul(t).mul(2.01));
    caught(() => gradcheck(off, [x]));
    const error = gradcheck(off, [x], { tolerance: 0.01 });
    assert.ok(error > 0.0049 && error < 0.0051, `${error}`);
    caught(() => gradcheck((t) => t.mul(3).sin(), [x], { step: 0.1 })); // error O(h^2)
  }));

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
