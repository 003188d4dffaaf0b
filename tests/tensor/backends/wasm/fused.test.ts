/**
 * The fused kernels of the wasm backend against the compositions they stand for, on every build, and the most keys that attention
 * takes.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MAX_KEYS } from '../../../../src/tensor/backends/wasm/fused.ts';
import { viewOf } from '../../../../src/tensor/view.ts';
import { throwsWith } from '../../fixtures.ts';
import { attentionRows, fusedTable } from '../fused-cases.ts';
import { startPlain } from './builds.ts';
import { rowTests } from './kernel-tests.ts';

// The scores of a whole block of queries fill the scratch memory of a thread to its end, where that of the next one begins.
const longest = attentionRows([[1, 2, 2, 24, MAX_KEYS, 1]]).filter(({ name }) => !name.includes('mask'));

await rowTests([...fusedTable, ...longest]);

test('one key more is refused', async () => {
  const backend = await startPlain();
  const q = viewOf(backend.allocate('float32', 1), [1, 1, 1, 1]);
  const k = viewOf(backend.allocate('float32', MAX_KEYS + 1), [1, 1, MAX_KEYS + 1, 1]);
  throwsWith(
    () => backend.fused!.attention({ q, k, v: k, mask: null, scale: 1 }), // wasm has them
    `attention: ${MAX_KEYS + 1} keys are more than the ${MAX_KEYS}`,
  );
  assert.ok(MAX_KEYS > 8192);
});

test.run();
