/**
 * Batches for a backend that compiles kernels for every shape: the number of targets is rounded up, and nothing else changes.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Row } from '../../src/data/rows/rows.ts';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { preset } from '../../src/models/presets.ts';
import { createGpuBackend } from '../../src/tensor/backends/gpu/index.ts';
import {
  type Backend,
  IGNORE_INDEX,
  Random,
  reference,
  scope,
  withDefaults,
} from '../../src/tensor/index.ts';
import { toBatch } from '../../src/training/batch.ts';
import { allClose } from '../close.ts';

const webasm = await createGpuBackend({ mode: 'webasm' });
test.after(() => webasm.stop());

/** Two rows of 40 tokens, of which the last ones are targets: an answer of another length in every batch. */
function rowsWith(answers: readonly number[]): Row[] {
  const random = new Random(7);
  return answers.map((answer) => ({
    inputs: Int32Array.from({ length: 40 }, () => random.int(512)),
    targets: Int32Array.from({ length: 40 }, (_, t) => (t < 40 - answer ? IGNORE_INDEX : random.int(512))),
  }));
}

/** The loss and some gradients of a fresh model. */
async function step(backend: Backend, rows: readonly Row[]): Promise<number[]> {
  const model = withDefaults({ backend }, () => new CausalLM(preset('pico'), new Random(3)));
  const loss = withDefaults({ backend }, () =>
    scope(() => {
      const result = maskedCrossEntropy(model, toBatch(rows));
      result.backward();
      return result.detach();
    }),
  );
  const values = [...(await loss.read())];
  for (const parameter of model.namedParameters().values()) {
    values.push(...(await parameter.grad!.read()).slice(0, 50));
  }
  return values;
}

test('the loss and its gradients are those of the targets that count', async () => {
  for (const answers of [
    [5, 12],
    [30, 34],
  ]) {
    const rows = rowsWith(answers);
    allClose(await step(webasm, rows), await step(reference, rows), { absolute: 1e-5, relative: 1e-4 });
  }
});

test('targets are padded to a multiple of 64 where reading has to be waited for, and nowhere else', async () => {
  const batch = withDefaults({ backend: webasm }, () => toBatch(rowsWith([5, 12])));
  assert.equal([batch.count, batch.targets.shape, batch.targetRows.shape], [17, [64], [64]]);
  assert.equal([...(await batch.targets.read()).slice(17)], new Array(47).fill(IGNORE_INDEX));
  assert.equal([...(await batch.targetRows.read()).slice(17)], new Array(47).fill(0));
  const full = withDefaults({ backend: webasm }, () => toBatch(rowsWith([30, 34])));
  assert.equal([full.count, full.targets.shape], [64, [64]]);
  const none = withDefaults({ backend: webasm }, () => toBatch(rowsWith([0, 0])));
  assert.equal([none.count, none.targets.shape], [0, [0]]);
  const elsewhere = withDefaults({ backend: reference }, () => toBatch(rowsWith([5, 12])));
  assert.equal([elsewhere.count, elsewhere.targets.shape], [17, [17]]);
});

test('steps with other numbers of targets compile nothing', async () => {
  await step(webasm, rowsWith([5, 12]));
  const { compiled } = webasm.device;
  await step(webasm, rowsWith([11, 3]));
  await step(webasm, rowsWith([30, 34]));
  assert.is(webasm.device.compiled, compiled);
  await step(webasm, rowsWith([31, 34])); // control: the next multiple of 64 does
  assert.ok(webasm.device.compiled > compiled);
});

test.run();
