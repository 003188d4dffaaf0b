/**
 * Checkpoints written here, read by Transformers: tests/golden/checkpoint is such a directory, expected.json what PyTorch
 * computed from it. The directory must still be what we write today, and our own reading of it must give the same ids and logits.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../src/formats/hf/model-files.ts';
import { generateBatch } from '../../src/generation/generate.ts';
import { loadModelDirectory } from '../../src/storage/model-directory.ts';
import { fromArray, noGrad } from '../../src/tensor/index.ts';
import { encodeDialogue } from '../../src/tokenizer/index.ts';
import { allClose, differs } from '../close.ts';
import { CHECKPOINT, fixtureModel } from './checkpoint-fixture.ts';

interface Expected {
  readonly model_class: string;
  readonly fast_tokenizer: boolean;
  readonly texts: string[];
  readonly text_ids: number[][];
  readonly decoded: string[];
  readonly prompt_ids: number[];
  readonly ids: number[];
  readonly logits: number[][];
  readonly generated: number[];
}

const expected = JSON.parse(readFileSync(new URL('expected.json', CHECKPOINT), 'utf8')) as Expected;
const { model, tokenizer } = loadModelDirectory(fileURLToPath(CHECKPOINT));

test('the golden directory is byte for byte what is written today', async () => {
  const fixture = fixtureModel();
  for (const [name, content] of await encodeModel(fixture.model, fixture.tokenizer)) {
    assert.ok(
      Buffer.from(content as string).equals(readFileSync(new URL(name, CHECKPOINT))),
      `${name} has changed`,
    );
  }
});

test('Transformers took it for Qwen2ForCausalLM with a fast tokenizer', () => {
  assert.is(expected.model_class, 'Qwen2ForCausalLM');
  assert.is(expected.fast_tokenizer, true);
});

test('token ids and decoded texts are the same', () => {
  for (const [i, text] of expected.texts.entries()) {
    assert.equal(tokenizer.encode(text), expected.text_ids[i]);
    assert.is(tokenizer.decode(expected.text_ids[i]!), expected.decoded[i]);
  }
});

test('the chat template gives the ids of encodeDialogue', () => {
  const { ids } = encodeDialogue(tokenizer, [{ role: 'user', content: '日本的首都在哪里？' }], {
    addGenerationPrompt: true,
  });
  assert.equal(ids, expected.prompt_ids);
});

function logitsOf(ids: readonly number[]): ArrayLike<number> {
  return noGrad(() => model.forward(fromArray(Int32Array.from(ids), [1, ids.length]))).toArray();
}

test('logits agree within 1e-4', () => {
  allClose(logitsOf(expected.ids), expected.logits.flat(), { absolute: 1e-4, relative: 0 });
  // Control: without the bias of one key projection they do not.
  const bias = model.model.layers[1]!.selfAttn.kProj.bias!;
  const saved = bias.clone().detach();
  bias.assign(saved.mul(0));
  assert.ok(differs(logitsOf(expected.ids), expected.logits.flat(), { absolute: 1e-4, relative: 0 }));
  bias.assign(saved);
});

test('greedy generation chooses the same tokens', async () => {
  const [answer] = await generateBatch(model, [expected.prompt_ids], {
    maxNewTokens: 12,
    stopIds: [tokenizer.eosId],
  });
  const end = expected.generated.indexOf(tokenizer.eosId);
  assert.equal(answer, end === -1 ? expected.generated : expected.generated.slice(0, end));
});

test.run();
