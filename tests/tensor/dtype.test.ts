/** Element types and the arrays that hold them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultError } from '../../src/errors.ts';
import { type DeviceArray, dtypeOf, hostArray } from '../../src/tensor/dtype.ts';
import { refuses } from '../data/temporary.ts';

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

test('no room for an array is a sentence that says how much was needed; a length that is none is a bug', () => {
  for (const [dtype, size, needed] of [
    ['float32', 2 ** 44, '17592186044416 more numbers (70.4 TB)'],
    ['float64', 1e11, '100000000000 more numbers (800.0 GB)'],
    ['int32', 2 ** 53 - 1, 'numbers'],
  ] as const)
    refuses(() => hostArray(dtype, size), 'There is no memory for ', needed, '--batch-size', '--context');
  for (const size of [-1, Number.NaN]) {
    try {
      assert.is(hostArray('float32', size).length, 0); // NaN counts as 0
    } catch (error) {
      assert.not.instance(error, FaultError);
    }
  }
});

test('memory elsewhere says its type itself', () => {
  const device: DeviceArray = { dtype: 'int32', length: 2, get: () => 0, set: () => {} };
  assert.is(dtypeOf(device), 'int32');
});

test.run();
