/** Activations: gradients by central differences, goldens, saturation. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensor } from '../../../src/tensor/index.ts';
import { distinct, float64 } from '../fixtures.ts';
import { goldenTests, unaryGradientTests } from './families.ts';

unaryGradientTests({
  sigmoid: [(x) => x.sigmoid()],
  logSigmoid: [(x) => x.logSigmoid()],
  silu: [(x) => x.silu()],
  tanh: [(x) => x.tanh()],
  relu: [(x) => x.relu()],
  erf: [(x) => x.erf()],
  gelu: [(x) => x.gelu()],
  'gelu tanh': [(x) => x.gelu({ approximate: 'tanh' })],
});

goldenTests('activations');

test('relu lets no gradient through at zero', () =>
  float64(() => {
    const x = distinct([3]);
    const zero = x.sub(x).detach().requireGrad();
    zero.relu().sum().backward();
    assert.equal([...zero.grad!.toArray()], [0, 0, 0]);
  }));

test('gradients of saturated activations are finite', () =>
  float64(() => {
    for (const op of ['sigmoid', 'silu', 'tanh', 'gelu', 'erf', 'softmax', 'logSoftmax'] as const) {
      const x = tensor([-1000, -40, 0, 40, 1000]).requireGrad();
      x[op]().sum().backward();
      assert.ok(x.grad!.toArray().every(Number.isFinite), op);
    }
  }));

test.run();
