/**
 * llama2 and moe between this project and Transformers, both ways: tests/golden/checkpoint-* are directories written here of
 * which expected.json says what Transformers computes; hf-* are directories that Transformers wrote. And checkpoints whose
 * experts do not fit.
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../src/formats/hf/model-files.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../../src/formats/safetensors.ts';
import { generateBatch } from '../../src/generation/generate.ts';
import type { CausalLM } from '../../src/models/causal-lm.ts';
import { loadModelDirectory } from '../../src/storage/model-directory.ts';
import { fromArray, noGrad } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';
import { checkpointOf, fixtureModel, OTHERS } from './checkpoint-fixture.ts';

interface Expected {
  readonly model_class: string;
  readonly prompt_ids?: number[];
  readonly ids: number[];
  readonly logits: number[][];
  readonly generated: number[];
}

const CLASSES = { llama2: 'LlamaForCausalLM', moe: 'Qwen2MoeForCausalLM' };
const ELSEWHERE = { llama2: 'hf-llama', moe: 'hf-qwen2moe' };
const CLOSE = { absolute: 1e-4, relative: 0 };

function open(directory: URL) {
  const expected = JSON.parse(readFileSync(new URL('expected.json', directory), 'utf8')) as Expected;
  return { ...loadModelDirectory(fileURLToPath(directory)), expected };
}

function logitsOf(model: CausalLM, ids: readonly number[]): ArrayLike<number> {
  return noGrad(() => model.forward(fromArray(Int32Array.from(ids), [1, ids.length]))).toArray();
}

/** A weight whose rows change places between memory and disk, and one that every token uses. */
const telling = { llama2: 'model.layers.1.self_attn.k_proj.weight', moe: 'model.layers.1.mlp.gate.weight' };

function agrees(arch: keyof typeof telling, model: CausalLM, expected: Expected): void {
  allClose(logitsOf(model, expected.ids), expected.logits.flat(), CLOSE);
  const weight = model.namedParameters().get(telling[arch])!;
  const saved = weight.clone().detach();
  weight.assign(saved.mul(0));
  assert.ok(
    differs(logitsOf(model, expected.ids), expected.logits.flat(), CLOSE),
    'control: without one weight',
  );
  weight.assign(saved);
}

for (const arch of OTHERS) {
  const directory = checkpointOf(arch);

  test(`${arch}: the golden directory is byte for byte what is written today`, async () => {
    const fixture = fixtureModel(arch);
    for (const [name, content] of await encodeModel(fixture.model, fixture.tokenizer)) {
      const stored = readFileSync(new URL(name, directory));
      assert.ok(Buffer.from(content as string).equals(stored), `${name} has changed`);
    }
  });

  test(`${arch}: Transformers takes it for ${CLASSES[arch]}, with these logits and these 24 tokens`, async () => {
    const { model, tokenizer, expected } = open(directory);
    assert.is(expected.model_class, CLASSES[arch]);
    assert.is(model.config.arch, arch);
    agrees(arch, model, expected);
    assert.is(expected.generated.length, 24);
    assert.not(expected.generated.includes(tokenizer.eosId));
    const [answer] = await generateBatch(model, [expected.prompt_ids!], { maxNewTokens: 24, stopIds: [] });
    assert.equal(answer, expected.generated);
  });

  test(`${arch}: a directory made by Transformers gives its logits and its 24 tokens`, async () => {
    const { model, expected } = open(new URL(`../golden/${ELSEWHERE[arch]}/`, import.meta.url));
    assert.is(expected.model_class, CLASSES[arch]);
    assert.is(model.config.arch, arch);
    agrees(arch, model, expected);
    assert.is(expected.generated.length, 24);
    const [answer] = await generateBatch(model, [expected.ids], { maxNewTokens: 24, stopIds: [] });
    assert.equal(answer, expected.generated);
  });
}

test('experts that are missing, too many or of another width are refused with one sentence', () => {
  const gate = 'model.layers.0.mlp.experts.5.gate_proj.weight';
  const copy = (config: Record<string, unknown>, change = (_: Map<string, StoredTensor>) => {}) => {
    const directory = temporaryFolder();
    cpSync(fileURLToPath(checkpointOf('moe')), directory, { recursive: true });
    const [json, weights] = [join(directory, 'config.json'), join(directory, 'model.safetensors')];
    writeFileSync(json, JSON.stringify({ ...JSON.parse(readFileSync(json, 'utf8')), ...config }));
    const { tensors } = decodeSafetensors(readFileSync(weights), weights);
    change(tensors);
    writeFileSync(weights, encodeSafetensors(tensors));
    return () => loadModelDirectory(directory);
  };
  copy({})(); // unchanged, it opens
  refuses(
    copy({}, (tensors) => tensors.delete(gate)),
    `model.safetensors has no tensor "${gate}", which its config.json asks for`,
  );
  refuses(
    copy({}, (tensors) => tensors.set(gate.replace('.5.', '.6.'), tensors.get(gate)!)),
    `holds "${gate.replace('.5.', '.6.')}"`,
    'this architecture',
  );
  const shapes = (tensor: string, given: string, wanted: string) =>
    `"model.layers.0.mlp.${tensor}.weight" has shape ${given}, its config.json asks for ${wanted}`;
  refuses(copy({ num_experts: 7 }), shapes('gate', '[6, 24]', '[7, 24]'));
  refuses(copy({ num_experts: 5 }), shapes('gate', '[6, 24]', '[5, 24]'));
  refuses(copy({ moe_intermediate_size: 8 }), shapes('experts.0.gate_proj', '[12, 24]', '[8, 24]'));
  refuses(copy({ num_experts_per_tok: 7 }), 'cannot go to 7 experts (numExpertsPerTok) of 6 (numExperts)');
  refuses(copy({ model_type: 'mixtral' }), 'describes a "mixtral" model', '"qwen2_moe" (moe)');
});

test.run();
