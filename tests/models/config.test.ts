/** Configs: what follows from the numbers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { headDim } from '../../src/models/config.ts';
import { tinyConfig } from './tiny.ts';

test('the width of a head is that of the stream divided among the query heads, however few key-value heads there are', () => {
  assert.is(headDim(tinyConfig), 4);
  assert.is(headDim({ ...tinyConfig, numKeyValueHeads: 1 }), 4);
  assert.is(headDim({ ...tinyConfig, numAttentionHeads: 2 }), 8);
});

test.run();
