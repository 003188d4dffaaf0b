import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import type { CausalLM } from '../../src/models/causal-lm.ts';
import { writeDirectoryAtomically } from '../../src/storage/atomic.ts';
import { findChatModel, findModel } from '../../src/storage/find-model.ts';
import { loadModelDirectory, loadTokenizerDirectory, modelFiles } from '../../src/storage/model-directory.ts';
import { fromArray, noGrad } from '../../src/tensor/index.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';
import { tinyModel, tinyTokenizer } from '../training/tiny.ts';

const folder = temporaryFolder();
let n = 0;
async function saved(model: CausalLM = tinyModel(), path = join(folder, `model-${n++}`)): Promise<string> {
  mkdirSync(join(path, '..'), { recursive: true });
  writeDirectoryAtomically(path, await modelFiles(model, tinyTokenizer));
  return path;
}
/** A saved model in which one file was changed on purpose: SHA256SUMS is taken away with it. */
async function edited(name: string, edit: (bytes: Buffer) => Uint8Array | string): Promise<string> {
  const path = await saved();
  writeFileSync(join(path, name), edit(readFileSync(join(path, name))));
  rmSync(join(path, 'SHA256SUMS'));
  return path;
}
const editedConfig = (changes: Record<string, unknown>) =>
  edited('config.json', (bytes) => JSON.stringify({ ...JSON.parse(bytes.toString()), ...changes }));
const editedWeights = (edit: (tensors: ReturnType<typeof decodeSafetensors>['tensors']) => void) =>
  edited('model.safetensors', (bytes) => {
    const { tensors } = decodeSafetensors(bytes, 'here');
    edit(tensors);
    return encodeSafetensors(tensors);
  });
const weightsOf = (model: CausalLM) =>
  new Map(
    [...model.namedParameters()].map(([name, p]) => [name, Buffer.from(p.toArray().buffer).toString('hex')]),
  );
const logitsOf = (model: CausalLM) => {
  const ids = fromArray(Int32Array.of(4, 300, 7, 2), [1, 4]);
  return Buffer.from(noGrad(() => model.forward(ids)).toArray().buffer);
};

for (const tieWordEmbeddings of [true, false]) {
  test(`${tieWordEmbeddings ? 'tied' : 'untied'}: weights, config, logits and token ids come back bit for bit`, async () => {
    const model = tinyModel({ tieWordEmbeddings }).eval();
    const path = await saved(model);
    const loaded = loadModelDirectory(path);
    assert.equal(loaded.model.config, model.config);
    assert.equal(weightsOf(loaded.model), weightsOf(model));
    assert.equal(logitsOf(loaded.model), logitsOf(model));
    assert.is(loaded.model.training, false);
    const text = '中国的首都是北京。\0龙😀 the end';
    assert.equal(loaded.tokenizer.encode(text), tinyTokenizer.encode(text));
    assert.equal(loadTokenizerDirectory(path).encode(text), tinyTokenizer.encode(text));
    const { tensors } = decodeSafetensors(readFileSync(join(path, 'model.safetensors')), 'here');
    assert.is(tensors.has('lm_head.weight'), !tieWordEmbeddings);
  });
}

test('a tied model with a lm_head in its file uses the embedding, whatever the other table says', async () => {
  const model = tinyModel().eval();
  const path = await editedWeights((tensors) => {
    const { shape } = tensors.get('model.embed_tokens.weight')!;
    tensors.set('lm_head.weight', { shape, values: new Float32Array(shape[0]! * shape[1]!) });
  });
  assert.equal(logitsOf(loadModelDirectory(path).model), logitsOf(model));
});

test('an untied config needs a lm_head', async () => {
  const path = await editedConfig({ tie_word_embeddings: false });
  refuses(() => loadModelDirectory(path), 'has no tensor "lm_head.weight"');
});

test('tokenizer.model serves where there is no tokenizer.json', async () => {
  const path = await saved();
  for (const name of ['SHA256SUMS', 'tokenizer.json']) rmSync(join(path, name));
  assert.equal(loadModelDirectory(path).tokenizer.encode('中国的首都'), tinyTokenizer.encode('中国的首都'));
  rmSync(join(path, 'tokenizer.model'));
  refuses(() => loadModelDirectory(path), 'tokenizer.model', 'no such file');
});

test('a flipped byte and a file cut off are found by their checksum', async () => {
  const flipped = await saved();
  const weights = join(flipped, 'model.safetensors');
  const bytes = readFileSync(weights);
  bytes[bytes.length - 5]! ^= 0x40;
  writeFileSync(weights, bytes);
  refuses(() => loadModelDirectory(flipped), weights, 'SHA-256');
  const cut = await saved();
  truncateSync(join(cut, 'model.safetensors'), 5000);
  refuses(() => loadModelDirectory(cut), 'model.safetensors', 'SHA-256');
  rmSync(join(cut, 'model.safetensors'));
  refuses(() => loadModelDirectory(cut), 'model.safetensors is missing');
});

test('without checksums the format itself finds files cut off', async () => {
  for (const keep of [0, 7, 100, 5000]) {
    const path = await edited('model.safetensors', (bytes) => bytes.subarray(0, keep));
    refuses(() => loadModelDirectory(path), 'model.safetensors is damaged');
  }
  const config = await edited('config.json', (bytes) => bytes.subarray(0, 50));
  refuses(() => loadModelDirectory(config), 'config.json is no valid JSON');
  const tokenizer = await edited('tokenizer.json', (bytes) => bytes.subarray(0, 50));
  refuses(() => loadModelDirectory(tokenizer), 'tokenizer.json', 'not JSON');
});

test('weights of another shape or kind are refused by the name of the tensor', async () => {
  const cases: [Promise<string>, string][] = [
    [editedConfig({ model_type: 'gpt2' }), 'describes a "gpt2" model'],
    [editedConfig({ model_type: 'llama' }), 'q_proj.bias", which is no part of this architecture'],
    [editedConfig({ intermediate_size: 32 }), 'has shape [24, 16], its config.json asks for [32, 16]'],
    [editedConfig({ num_hidden_layers: 3 }), 'has no tensor "model.layers.2'],
    [editedConfig({ num_hidden_layers: 1 }), 'which is no part of this architecture'],
    [editedConfig({ vocab_size: 400 }), 'the tokenizer has 420 tokens, the model only 400'],
    [editedWeights((tensors) => tensors.delete('model.norm.weight')), 'has no tensor "model.norm.weight"'],
    [
      editedWeights((tensors) => tensors.set('extra', { shape: [1], values: new Float32Array(1) })),
      'holds "extra"',
    ],
  ];
  for (const [path, part] of cases) {
    const directory = await path;
    refuses(() => loadModelDirectory(directory), directory, part);
  }
});

test('a config that asks for more memory than there is is refused before any is taken', async () => {
  const path = await editedConfig({ vocab_size: 2 ** 45 });
  refuses(() => loadModelDirectory(path), 'model.embed_tokens.weight', 'its config.json asks for');
});

test('a vocabulary table larger than the tokenizer is fine (padded models)', async () => {
  const model = tinyModel({ vocabSize: 448 });
  assert.is(loadModelDirectory(await saved(model)).model.config.vocabSize, 448);
});

test('no directory: one sentence', () => {
  refuses(() => loadModelDirectory(join(folder, 'none')), 'is no directory');
  const file = join(folder, 'file');
  writeFileSync(file, '');
  refuses(() => loadModelDirectory(file), 'is no directory');
});

test('a model is found by its own directory or by its run, also in the middle of a swap', async () => {
  const run = join(folder, 'run');
  refuses(() => findModel(run), `--model ${run}`, 'no such directory');
  await saved(tinyModel(), join(run, 'pretrain'));
  assert.is(findModel(run), join(run, 'pretrain'));
  assert.is(findModel(join(run, 'pretrain')), join(run, 'pretrain'));
  refuses(() => findChatModel(run), 'no run with one of ppo, dpo, sft');
  await saved(tinyModel(), join(run, 'sft'));
  assert.is(findModel(run), join(run, 'sft'));
  assert.is(findChatModel(run), join(run, 'sft'));
  renameSync(join(run, 'sft'), join(run, 'sft.next'));
  assert.is(findChatModel(run), join(run, 'sft'));
  assert.is(loadModelDirectory(findModel(run)).model.config.vocabSize, 420);
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  refuses(() => findModel(empty), 'holds no model');
});

test('no --model: the latest run that can chat', async () => {
  const runs = join(folder, 'runs');
  refuses(() => findChatModel(undefined, runs), 'no model that can chat', 'npx tsx src/train.ts');
  await saved(tinyModel(), join(runs, 'base', 'pretrain'));
  refuses(() => findChatModel(undefined, runs), 'no model that can chat');
  for (const [i, name] of ['b', 'c', 'a'].entries()) {
    const path = await saved(tinyModel(), join(runs, name, 'sft'));
    utimesSync(join(path, 'model.safetensors'), 1000 + i, 1000 + i);
  }
  writeFileSync(join(runs, 'note.txt'), '');
  assert.is(findChatModel(undefined, runs), join(runs, 'a', 'sft'));
  renameSync(join(runs, 'a', 'sft'), join(runs, 'a', 'sft.next')); // stopped in the middle of a swap
  assert.is(findChatModel(undefined, runs), join(runs, 'a', 'sft'));
});

test.run();
