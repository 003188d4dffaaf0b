/** Anomaly mode: the error names the op, the shapes and the line of this file that called it, forward and backward. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AnomalyError, tensor, withAnomalyMode } from '../../src/tensor/index.ts';
import { deviceLike, throwsWith } from './fixtures.ts';

/** The number of the line this is called on. */
function line(): number {
  const frame = new Error().stack!.split('\n')[2]!;
  return Number(/:(\d+):\d+\)?$/.exec(frame)![1]);
}

const FILE = 'anomaly.test.ts';

test('forward: the op, its shapes, the element and the line', () => {
  const x = tensor([[1, 2, -1]]);
  let from = 0;
  const call = () => {
    from = line();
    x.log();
  };
  withAnomalyMode(() => {
    throwsWith(call, 'the result of log is NaN', 'element 2 of [1, 3]', 'inputs of shape [1, 3]', FILE);
    assert.throws(call, new RegExp(`anomaly\\.test\\.ts:${from + 1}:`));
    throwsWith(
      () => x.div(tensor([[1], [0]])),
      'div is Infinity',
      'element 3 of [2, 3]',
      '[1, 3], [2, 1]',
      FILE,
    );
  });
});

test('it is an AnomalyError', () => {
  assert.throws(
    () => withAnomalyMode(() => tensor([0]).reciprocal()),
    (error: unknown) => error instanceof AnomalyError && error.name === 'AnomalyError',
  );
});

test('a composed op points at the user, not into src/tensor', () => {
  withAnomalyMode(() => {
    throwsWith(() => tensor([1e30, 2]).gelu({ approximate: 'tanh' }), 'is Infinity', FILE);
    throwsWith(() => tensor([Infinity, Infinity]).logSoftmax(), 'logSoftmax is NaN', FILE);
  });
});

test('backward: the op whose adjoint made it and the line of its forward call', () => {
  // Each of these has a finite value and an infinite or undefined gradient.
  const culprits = {
    sqrt: () => tensor([4, 0]).requireGrad().sqrt(),
    pow: () => tensor([4, 0]).requireGrad().pow(0.5),
  };
  for (const [op, forward] of Object.entries(culprits)) {
    withAnomalyMode(() => {
      const from = line() + 1;
      const y = forward();
      const loss = y.sum();
      let message = '';
      try {
        loss.backward();
      } catch (error) {
        assert.ok(error instanceof AnomalyError);
        message = error.message;
      }
      assert.ok(message.includes(`the gradient of input 0 of ${op} is`), message);
      assert.ok(message.includes('element 1 of [2]'), message);
      assert.ok(message.includes(FILE), message);
      const reported = Number(/anomaly\.test\.ts:(\d+)/.exec(message)![1]);
      assert.ok(reported < from, `${message}: should be the line of the forward call, before ${from}`);
    });
  }
});

test('backward of a graph recorded before the mode was on still names the op', () => {
  const y = tensor([0]).requireGrad().sqrt();
  withAnomalyMode(() => {
    throwsWith(() => y.backward(), 'the gradient of input 0 of sqrt is Infinity', FILE);
  });
});

test('the first non-finite value is reported, not a later one', () => {
  withAnomalyMode(() => {
    throwsWith(() => tensor([-1]).log().exp().add(1).sqrt(), 'the result of log');
  });
});

test('integers and finite numbers pass, the result is the same', () => {
  const x = tensor([1, 2]).requireGrad();
  const y = withAnomalyMode(() => {
    const loss = x
      .gather(0, tensor([1, 0], { dtype: 'int32' }))
      .mul(x)
      .exp()
      .mean();
    loss.backward();
    return loss.item();
  });
  assert.is(
    y,
    Math.fround(
      x
        .mul(tensor([2, 1]))
        .exp()
        .mean()
        .item(),
    ),
  );
  assert.ok(x.grad!.toArray().every(Number.isFinite));
});

test('off: no error, also after the mode ended or threw', () => {
  assert.throws(() => withAnomalyMode(() => tensor([-1]).log()));
  withAnomalyMode(() => withAnomalyMode(() => {}));
  const x = tensor([0]).requireGrad();
  x.log().sum().backward();
  assert.equal([...x.grad!.toArray()], [Infinity]);
  withAnomalyMode(() => {
    withAnomalyMode(() => {});
    assert.throws(() => tensor([-1]).log()); // leaving the inner one does not switch the outer one off
  });
});

test('a backend that cannot be read at once refuses with a sentence', () => {
  const { backend } = deviceLike();
  throwsWith(() => withAnomalyMode(() => tensor([1], { backend }).exp()), 'await tensor.read()', 'device');
});

test.run();
