/**
 * The fused kernels of the wasm backend against the compositions they stand for, on every build, and the most keys that attention
 * takes.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maxKeys } from '../../../../src/tensor/backends/wasm/fused.ts';
import type { FusedKernels } from '../../../../src/tensor/fused.ts';
import { viewOf } from '../../../../src/tensor/view.ts';
import { throwsWith } from '../../fixtures.ts';
import { decodingTable } from '../decoding-cases.ts';
import { attentionRows, fusedTable } from '../fused-cases.ts';
import { startPlain } from './builds.ts';
import { rowTests } from './kernel-tests.ts';

// What is kept of a head fills the scratch memory of a thread to its end, where that of the next one begins.
const longest = [
  ...attentionRows([[1, 2, 2, 24, maxKeys.forward(1), 1]]).filter(({ kernel }) => kernel === 'attention'),
  ...attentionRows([[1, 2, 2, 24, maxKeys.adjoint(1), 1]]),
].filter(({ name }) => !name.includes('mask'));

await rowTests([...fusedTable, ...decodingTable, ...longest]);

test('one key more is refused', async () => {
  const backend = await startPlain();
  const { fused } = backend as { fused: FusedKernels };
  const row = viewOf(backend.allocate('float32', 1), [1, 1, 1, 1]);
  const views = (keys: number) => {
    const k = viewOf(backend.allocate('float32', keys), [1, 1, keys, 1]);
    return { q: row, k, v: k, mask: null, scale: 1 };
  };
  const { forward, adjoint } = { forward: maxKeys.forward(1), adjoint: maxKeys.adjoint(1) };
  throwsWith(
    () => fused.attention(views(forward + 1)),
    `attention: ${forward + 1} keys are more than the ${forward}`,
  );
  throwsWith(
    () => fused.attentionAdjoint(views(adjoint + 1), row, row, row),
    `attention: ${adjoint + 1} keys are more than the ${adjoint}`,
  );
  assert.ok(maxKeys.forward(64) > 8192);
  assert.ok(maxKeys.adjoint(64) > 3072);
});

test.run();
