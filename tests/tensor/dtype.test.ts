/** Element types and the arrays that hold them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceArray, dtypeOf, hostArray } from '../../src/tensor/dtype.ts';

test('each type has its array, and each array its type', () => {
  for (const [dtype, Class] of [
    ['float32', Float32Array],
    ['float64', Float64Array],
    ['int32', Int32Array],
  ] as const) {
    const array = hostArray(dtype, 3);
    assert.instance(array, Class);
    assert.equal([...array], [0, 0, 0]);
    assert.is(dtypeOf(array), dtype);
  }
});

test('memory elsewhere says its type itself', () => {
  const device: DeviceArray = { dtype: 'int32', length: 2, get: () => 0, set: () => {} };
  assert.is(dtypeOf(device), 'int32');
});

test.run();
