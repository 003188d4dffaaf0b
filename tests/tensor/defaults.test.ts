/** Where new tensors are made. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fromArray, getDefaults, reference, tensor, withDefaults, zeros } from '../../src/tensor/index.ts';

test('withDefaults holds for the call and ends with it, also when it throws', () => {
  const other = { ...reference, name: 'other' };
  withDefaults({ dtype: 'float64' }, () => {
    withDefaults({ backend: other }, () => {
      assert.equal([zeros([1]).dtype, zeros([1]).backend.name], ['float64', 'other']);
      assert.is(fromArray(new Float32Array(1), [1], { backend: reference }).backend, reference);
    });
    assert.is(zeros([1]).backend, reference);
    assert.is(tensor([1]).dtype, 'float64');
  });
  assert.throws(() => withDefaults({ dtype: 'float64' }, () => zeros([-1])));
  assert.equal([getDefaults().dtype, getDefaults().backend], ['float32', reference]);
});

test.run();
