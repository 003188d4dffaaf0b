/** Counts on new tensors being what they are at the start of a program. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { zeros } from '../../src/tensor/index.ts';

test('new tensors are float32', () => assert.is(zeros([1]).dtype, 'float32'));

test.run();
