/** A loss on the wasm backend, fused kernels and threads included, against the composed formulas in float64. */
import * as assert from 'uvu/assert';
import { preset } from '../../src/models/presets.ts';
import type { Module } from '../../src/nn/module.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import {
  type Backend,
  fromArray,
  fusedFor,
  reference,
  type Tensor,
  withDefaults,
} from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { randomIds } from '../models/tiny.ts';

export const config = { ...preset('pico'), vocabSize: 131, numKeyValueHeads: 2 };
export const answers = [7, 23, 12, 5, 31, 16].map((length, i) => ({
  ids: randomIds(length, 131, i),
  answerStart: 3,
}));

/** A loss and the gradients of it, on one backend. */
function gradientsOn<M extends Module>(on: Backend, make: () => M, loss: (model: M) => Tensor) {
  return withDefaults({ backend: on, dtype: on === reference ? 'float64' : 'float32' }, () => {
    const model = make();
    const y = loss(model);
    y.backward();
    const gradients = [...model.namedParameters()].map(([name, p]) => [name, p.grad!.toArray()] as const);
    return { loss: y.item(), gradients: new Map(gradients) };
  });
}

/** Loss and every gradient are the same on wasm as on the reference; one percent more would be noticed. */
export async function agreesOnWasm<M extends Module>(
  make: () => M,
  loss: (model: M) => Tensor,
): Promise<void> {
  const backend = await startWasmBackend({ threads: 2 });
  try {
    assert.ok(withDefaults({ backend }, () => fusedFor(fromArray(new Float32Array(4), [2, 2]))));
    const exact = gradientsOn(reference, make, loss);
    const fast = gradientsOn(backend, make, loss);
    allClose([fast.loss], [exact.loss], { absolute: 1e-6, relative: 1e-5 });
    for (const [name, expected] of exact.gradients) {
      const largest = Math.max(...Array.from(expected, Math.abs));
      const found = fast.gradients.get(name)!;
      const tolerance = { absolute: 5e-5 * largest + 1e-9, relative: 0 };
      allClose(found, expected, tolerance, name);
      if (largest > 0)
        assert.ok(
          differs(
            Float64Array.from(found, (g) => 1.01 * g),
            expected,
            tolerance,
          ),
          `control: ${name}`,
        );
    }
    assert.ok(exact.loss !== 0 && exact.gradients.size > 0);
  } finally {
    backend.stop();
  }
}
