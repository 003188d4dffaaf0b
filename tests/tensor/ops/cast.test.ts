/** Conversions between element types: values, gradients. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { arange, fromArray, type Tensor, tensor } from '../../../src/tensor/index.ts';
import { ids } from '../fixtures.ts';
import { unaryGradientTests } from './families.ts';

const values = (t: Tensor) => [...t.toArray()];

unaryGradientTests({
  'to float64': [(x) => x.to('float64')],
});

test('conversions: towards zero for integers, to the nearest for float32, the same tensor for the same type', () => {
  const x = tensor([1.9, -1.9, 0.1, Number.NaN], { dtype: 'float64' });
  assert.equal(values(x.to('int32')), [1, -1, 0, 0]);
  assert.equal(values(x.to('float32')).slice(0, 3), [1.9, -1.9, 0.1].map(Math.fround));
  assert.is(x.to('float64'), x);
  assert.equal(values(ids([1, -2]).to('float64')), [1, -2]);
  assert.equal(values(arange(6).reshape([2, 3]).transpose().to('int32')), [0, 3, 1, 4, 2, 5]);
  assert.is(x.to('int32').dtype, 'int32');
  assert.equal(values(fromArray(Float64Array.of(1.5), [1], { dtype: 'int32' })), [1]);
});

test('gradients flow through a change of type, in the type of the leaf', () => {
  const x = tensor([1.5, 2.5]).requireGrad();
  const y = x.to('float64').square();
  assert.is(y.dtype, 'float64');
  y.sum().backward();
  assert.equal([x.grad!.dtype, ...values(x.grad!)], ['float32', 3, 5]);
});

test.run();
