/**
 * Activation checkpointing: the same bits with less memory.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CausalLM } from '../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../src/models/config.ts';
import { preset } from '../../src/models/presets.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import {
  checkpoint,
  fromArray,
  getDefaults,
  Random,
  scope,
  tensor,
  withDefaults,
} from '../../src/tensor/index.ts';

const config = { ...preset('pico'), numHiddenLayers: 4, attentionDropout: 0.1 };
const llama = { ...preset('pico', 'llama2'), numHiddenLayers: 4, attentionDropout: 0.1, hiddenDropout: 0.1 };
const [B, T] = [4, 48];

/** Loss and gradients of one batch, twice in a row, as one array of numbers. */
function gradients(checkpointing: boolean, own: ModelConfig = config): number[] {
  const model = new CausalLM(own, new Random(3)).train();
  model.model.checkpointing = checkpointing;
  const numbers: number[] = [];
  for (let round = 0; round < 2; round++) {
    const draw = new Random(round + 5);
    const ids = Int32Array.from({ length: B * T }, () => draw.int(config.vocabSize));
    numbers.push(
      scope(() => {
        const logits = model.forward(fromArray(ids, [B, T])).reshape([B * T, config.vocabSize]);
        const loss = logits.crossEntropy(fromArray(ids.slice(), [B * T]));
        loss.backward();
        return loss;
      }).item(),
    );
  }
  for (const parameter of model.parameters()) numbers.push(...parameter.grad!.toArray());
  return numbers;
}

test('reference: loss and every gradient are the same bits, with dropout', () => {
  assert.equal(gradients(true), gradients(false));
});

test('llama2, with dropout in all its places: likewise', () => {
  assert.equal(gradients(true, llama), gradients(false, llama));
});

test('wasm: the same bits, and the peak of memory is lower', async () => {
  const wasm = await startWasmBackend({ threads: 1 });
  withDefaults({ backend: wasm }, () => {
    const { memory } = wasm.device;
    const run = (checkpointing: boolean) => {
      memory.peakBytes = memory.usedBytes;
      const start = memory.usedBytes;
      const numbers = gradients(checkpointing);
      return { numbers, peak: memory.peakBytes - start };
    };
    const [plain, saving] = [run(false), run(true)];
    assert.equal(saving.numbers, plain.numbers);
    assert.ok(saving.peak < 0.7 * plain.peak, `${saving.peak} bytes against ${plain.peak}`);
  });
  wasm.stop();
});

test('nothing to save where nothing is recorded, and a constant input runs as it is', () => {
  const x = tensor([1, 2, 3]);
  assert.is(checkpoint((t) => t.square(), x).node, null);
  assert.is(getDefaults().backend.name, 'reference');
});

test.run();
