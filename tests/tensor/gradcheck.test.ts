/** The gradient check itself: what it reports, what it refuses, and why its upstream gradient is random. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { gradcheck } from '../../src/tensor/index.ts';
import { byHand, distinct, float64, throwsWith } from './fixtures.ts';

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

test.run();
