/** Model directories on the disk. What is wrong inside the files is tested in tests/formats/hf/model-files.test.ts. */
import { mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RewardModel } from '../../src/models/reward-model.ts';
import {
  kindOfDirectory,
  loadModelDirectory,
  loadRewardDirectory,
  loadTokenizerDirectory,
} from '../../src/storage/model-directory.ts';
import { Random } from '../../src/tensor/index.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';
import { logitsOf, weightsOf } from '../formats/model-bits.ts';
import { tinyConfig, tinyModel, tinyTokenizer } from '../training/tiny.ts';
import { saved } from './saved.ts';

const folder = temporaryFolder();
let n = 0;
const fresh = () => join(folder, `model-${n++}`);
/** A saved model in which one file was changed on purpose: SHA256SUMS is taken away with it. */
async function edited(name: string, edit: (bytes: Buffer) => Uint8Array | string): Promise<string> {
  const path = await saved(fresh());
  writeFileSync(join(path, name), edit(readFileSync(join(path, name))));
  rmSync(join(path, 'SHA256SUMS'));
  return path;
}

for (const tieWordEmbeddings of [true, false]) {
  test(`${tieWordEmbeddings ? 'tied' : 'untied'}: weights, config, logits and token ids come back bit for bit`, async () => {
    const model = tinyModel({ tieWordEmbeddings }).eval();
    const path = await saved(fresh(), model);
    const loaded = loadModelDirectory(path);
    assert.is(loaded.directory, path);
    assert.equal(loaded.model.config, model.config);
    assert.equal(weightsOf(loaded.model), weightsOf(model));
    assert.equal(logitsOf(loaded.model), logitsOf(model));
    assert.is(loaded.model.training, false);
    const text = '中国的首都是北京。\0龙😀 the end';
    assert.equal(loaded.tokenizer.encode(text), tinyTokenizer.encode(text));
    assert.equal(loadTokenizerDirectory(path).encode(text), tinyTokenizer.encode(text));
  });
}

test('a reward model on the disk; each kind is refused in the place of the other', async () => {
  const model = new RewardModel(tinyConfig, new Random(4));
  const [reward, language] = [await saved(fresh(), model), await saved(fresh())];
  assert.equal([kindOfDirectory(reward), kindOfDirectory(language)], ['reward', 'language']);
  const score = (m: RewardModel) => m.score.weight.toArray();
  assert.equal(score(loadRewardDirectory(reward).model), score(model));
  refuses(() => loadModelDirectory(reward), `${reward} holds a reward model`, 'a language model is needed');
  refuses(
    () => loadRewardDirectory(language),
    `${language} holds a language model`,
    'a reward model is needed',
  );
});

test('tokenizer.model serves where there is no tokenizer.json', async () => {
  const path = await saved(fresh());
  for (const name of ['SHA256SUMS', 'tokenizer.json']) rmSync(join(path, name));
  assert.equal(loadModelDirectory(path).tokenizer.encode('中国的首都'), tinyTokenizer.encode('中国的首都'));
  rmSync(join(path, 'tokenizer.model'));
  refuses(() => loadModelDirectory(path), 'tokenizer.model', 'no such file');
});

test('only the files that are needed are read', async () => {
  const path = await saved(fresh());
  for (const name of ['SHA256SUMS', 'generation_config.json', 'tokenizer.model']) rmSync(join(path, name));
  for (const name of ['generation_config.json', 'tokenizer.model']) mkdirSync(join(path, name)); // not readable
  assert.equal(loadModelDirectory(path).tokenizer.encode('中国的首都'), tinyTokenizer.encode('中国的首都'));
  // Control: a needed one that cannot be read is noticed. The tokenizer alone goes without it.
  rmSync(join(path, 'model.safetensors'));
  mkdirSync(join(path, 'model.safetensors'));
  refuses(() => loadModelDirectory(path), 'Cannot read', 'model.safetensors: it is a directory');
  assert.is(loadTokenizerDirectory(path).vocabSize, tinyTokenizer.vocabSize);
});

test('in the middle of a swap the complete successor is opened', async () => {
  const path = await saved(fresh());
  renameSync(path, `${path}.next`);
  assert.is(loadModelDirectory(path).directory, `${path}.next`);
  assert.is(kindOfDirectory(path), 'language');
});

test('a flipped byte and a file cut off are found by their checksum', async () => {
  const flipped = await saved(fresh());
  const weights = join(flipped, 'model.safetensors');
  const bytes = readFileSync(weights);
  bytes[bytes.length - 5]! ^= 0x40;
  writeFileSync(weights, bytes);
  refuses(() => loadModelDirectory(flipped), weights, 'SHA-256');
  const cut = await saved(fresh());
  truncateSync(join(cut, 'model.safetensors'), 5000);
  refuses(() => loadModelDirectory(cut), 'model.safetensors', 'SHA-256');
  rmSync(join(cut, 'model.safetensors'));
  refuses(() => loadModelDirectory(cut), 'model.safetensors is missing');
});

test('without checksums the format itself finds files cut off', async () => {
  for (const keep of [0, 7, 100, 5000]) {
    const path = await edited('model.safetensors', (bytes) => bytes.subarray(0, keep));
    refuses(() => loadModelDirectory(path), `${path}/model.safetensors is damaged`);
  }
  const config = await edited('config.json', (bytes) => bytes.subarray(0, 50));
  refuses(() => loadModelDirectory(config), `${config}/config.json is not valid JSON`);
  refuses(() => kindOfDirectory(config), `${config}/config.json is not valid JSON`);
  const tokenizer = await edited('tokenizer.json', (bytes) => bytes.subarray(0, 50));
  refuses(() => loadModelDirectory(tokenizer), `${tokenizer}/tokenizer.json`, 'not valid JSON');
});

test('no directory: one sentence', () => {
  refuses(() => loadModelDirectory(join(folder, 'none')), 'is not a directory');
  const file = join(folder, 'file');
  writeFileSync(file, '');
  refuses(() => loadModelDirectory(file), 'is not a directory');
});

test('weights that SHA256SUMS does not list are not opened in its shelter', async () => {
  const path = await saved(fresh());
  const list = join(path, 'SHA256SUMS');
  const lines = readFileSync(list, 'utf8').split('\n');
  writeFileSync(list, lines.filter((line) => !line.endsWith('model.safetensors')).join('\n'));
  refuses(() => loadModelDirectory(path), `${list} does not list model.safetensors`);
  assert.is(loadTokenizerDirectory(path).vocabSize, tinyTokenizer.vocabSize); // which does not read them
});

test.run();
