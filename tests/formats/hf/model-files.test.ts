/** A model directory without a disk: a map of bytes is written, opened, and refused where its parts do not fit. */
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../../src/errors.ts';
import { bytesOf, type FileMap, textOf } from '../../../src/formats/file-map.ts';
import {
  decodeModel,
  decodeRewardModel,
  encodeModel,
  filesToOpen,
} from '../../../src/formats/hf/model-files.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/formats/safetensors.ts';
import { CausalLM } from '../../../src/models/causal-lm.ts';
import { RewardModel } from '../../../src/models/reward-model.ts';
import { fromArray, Random } from '../../../src/tensor/index.ts';
import { refuses } from '../../data/temporary.ts';
import { tinyMoE } from '../../models/tiny.ts';
import { tinyConfig, tinyModel, tinyTokenizer } from '../../training/tiny.ts';
import { CHECKPOINT, fixtureModel } from '../checkpoint-fixture.ts';
import { logitsOf, weightsOf } from '../model-bits.ts';

const PLACE = 'somewhere/model';

/** A model as the bytes that a page would be handed. */
async function bytes(model: CausalLM | RewardModel = tinyModel()): Promise<Map<string, Uint8Array>> {
  const files = await encodeModel(model, tinyTokenizer);
  return new Map([...files.keys()].map((name) => [name, bytesOf(files, name, PLACE)]));
}

/** The same with one file changed. */
async function edited(name: string, edit: (content: Uint8Array) => Uint8Array | string): Promise<FileMap> {
  const files: FileMap = await bytes();
  return files.set(name, edit(bytesOf(files, name, PLACE)));
}
const editedConfig = (changes: Record<string, unknown>) =>
  edited('config.json', (content) =>
    JSON.stringify({ ...JSON.parse(Buffer.from(content).toString()), ...changes }),
  );
const editedWeights = (edit: (tensors: ReturnType<typeof decodeSafetensors>['tensors']) => void) =>
  edited('model.safetensors', (content) => {
    const { tensors } = decodeSafetensors(content, 'here');
    edit(tensors);
    return encodeSafetensors(tensors);
  });
const refused = (files: FileMap, ...parts: string[]) =>
  refuses(() => decodeModel(files, PLACE), PLACE, ...parts);

for (const tieWordEmbeddings of [true, false]) {
  test(`${tieWordEmbeddings ? 'tied' : 'untied'}: a map of bytes gives weights, config, logits and token ids back`, async () => {
    const model = tinyModel({ tieWordEmbeddings }).eval();
    const files = await bytes(model);
    const opened = decodeModel(files, PLACE);
    assert.equal(opened.model.config, model.config);
    assert.equal(weightsOf(opened.model), weightsOf(model));
    assert.equal(logitsOf(opened.model), logitsOf(model));
    assert.is(opened.model.training, false);
    const text = '中国的首都是北京。\0龙😀 the end';
    assert.equal(opened.tokenizer.encode(text), tinyTokenizer.encode(text));
    const { tensors } = decodeSafetensors(files.get('model.safetensors')!, 'here');
    assert.is(tensors.has('lm_head.weight'), !tieWordEmbeddings);
    // Control: the comparison sees one bit of one weight.
    const weights = files.get('model.safetensors')!;
    weights[weights.length - 5]! ^= 1;
    assert.not.equal(weightsOf(decodeModel(files, PLACE).model), weightsOf(model));
  });
}

test('what encodeModel returns opens as it is, texts among the bytes', async () => {
  const model = tinyModel();
  const files = await encodeModel(model, tinyTokenizer);
  assert.type(files.get('config.json'), 'string');
  assert.equal(weightsOf(decodeModel(files, PLACE).model), weightsOf(model));
});

test('a directory that was made elsewhere opens from its bytes', () => {
  const names = readdirSync(CHECKPOINT);
  const files = new Map(names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, CHECKPOINT)))]));
  const { model, tokenizer } = decodeModel(files, 'golden/');
  const fixture = fixtureModel();
  assert.equal(weightsOf(model), weightsOf(fixture.model));
  assert.is(tokenizer.vocabSize, fixture.tokenizer.vocabSize);
  files.delete('config.json');
  refuses(() => decodeModel(files, 'golden/'), 'Cannot read golden/config.json: there is no such file');
});

test('only the files named need to be there, and each of them does', async () => {
  const all = await bytes();
  const named = filesToOpen((name) => all.has(name));
  assert.equal(named, ['config.json', 'model.safetensors', 'tokenizer.json']);
  const files: FileMap = new Map(named.map((name) => [name, all.get(name)!]));
  assert.is(decodeModel(files, PLACE).tokenizer.vocabSize, tinyTokenizer.vocabSize);
  for (const name of named) {
    const rest = new Map(files);
    rest.delete(name);
    const asked = name === 'tokenizer.json' ? 'tokenizer.model' : name;
    refused(rest, `Cannot read ${PLACE}/${asked}: there is no such file`);
  }
  assert.equal(filesToOpen((name) => name !== 'tokenizer.json').at(-1), 'tokenizer.model');
});

test('dropout draws from the generator given', async () => {
  const files = await bytes(tinyModel({ attentionDropout: 0.5 }));
  const lossy = (seed: number) => logitsOf(decodeModel(files, PLACE, new Random(seed)).model.train());
  assert.equal(lossy(1), lossy(1));
  assert.not.equal(lossy(1), lossy(2));
});

test('a tied model with a lm_head in its file uses the embedding, whatever the other table says', async () => {
  const model = tinyModel().eval();
  const files = await editedWeights((tensors) => {
    const { shape } = tensors.get('model.embed_tokens.weight')!;
    tensors.set('lm_head.weight', { shape, values: new Float32Array(shape[0]! * shape[1]!) });
  });
  assert.equal(logitsOf(decodeModel(files, PLACE).model), logitsOf(model));
});

test('an untied config needs a lm_head', async () => {
  refused(await editedConfig({ tie_word_embeddings: false }), 'has no tensor "lm_head.weight"');
});

test('a file cut off is found by its format', async () => {
  for (const keep of [0, 7, 100, 5000]) {
    const files = await edited('model.safetensors', (content) => content.subarray(0, keep));
    refused(files, 'model.safetensors is damaged');
  }
  refused(await edited('config.json', (content) => content.subarray(0, 50)), 'config.json is not valid JSON');
  refused(
    await edited('tokenizer.json', (content) => content.subarray(0, 50)),
    'tokenizer.json',
    'not valid JSON',
  );
});

test('weights of another shape or kind are refused by the name of the tensor', async () => {
  const cases: [Promise<FileMap>, string][] = [
    [editedConfig({ model_type: 'gpt2' }), 'describes a "gpt2" model'],
    [editedConfig({ model_type: 'llama' }), 'q_proj.bias", which is not part of this architecture'],
    [editedConfig({ intermediate_size: 32 }), 'has shape [24, 16], its config.json asks for [32, 16]'],
    [editedConfig({ num_hidden_layers: 3 }), 'has no tensor "model.layers.2'],
    [editedConfig({ num_hidden_layers: 1 }), 'which is not part of this architecture'],
    [editedConfig({ vocab_size: 400 }), 'the tokenizer has 420 tokens, the model only 400'],
    [editedWeights((tensors) => tensors.delete('model.norm.weight')), 'has no tensor "model.norm.weight"'],
    [
      editedWeights((tensors) => tensors.set('extra', { shape: [1], values: new Float32Array(1) })),
      'holds "extra"',
    ],
  ];
  for (const [files, part] of cases) refused(await files, part);
});

test('a config that asks for more memory than there is is refused before any is taken', async () => {
  const files = await editedConfig({ vocab_size: 2 ** 45 });
  refused(files, 'model.embed_tokens.weight', 'its config.json asks for');
});

test('one weight that is not a number is refused by file, tensor and place', async () => {
  for (const bad of [Number.NaN, Infinity]) {
    const files = await editedWeights((tensors) => {
      tensors.get('model.layers.1.mlp.up_proj.weight')!.values[16 * 3 + 5] = bad;
    });
    refused(files, `model.safetensors: "model.layers.1.mlp.up_proj.weight" has ${bad} at [3, 5]`);
  }
});

test('any value in any field of a config: a model that computes, or one sentence', async () => {
  const odd = [0, -1, 1.5, 5, 1e9, 1e12, 2 ** 53, 1e308, 5e-324, 'NaN', true, null, [1], { rope_theta: -1 }];
  let models = 0;
  for (const config of [tinyConfig, { ...tinyConfig, arch: 'llama2', hiddenDropout: 0 }, tinyMoE]) {
    const files: FileMap = await bytes(new CausalLM({ ...config, vocabSize: 420 }, new Random(1)));
    const written = JSON.parse(textOf(files, 'config.json', PLACE)) as Record<string, unknown>;
    for (const field of Object.keys(written)) {
      for (const value of [undefined, ...odd]) {
        files.set('config.json', JSON.stringify({ ...written, [field]: value }));
        let model: CausalLM;
        try {
          ({ model } = decodeModel(files, PLACE));
        } catch (error) {
          assert.ok(error instanceof UserError, `${field} ${value}: ${(error as Error).stack}`);
          assert.match(error.message, new RegExp(`^${PLACE}[^\\n]+$`), `${field} ${value}`);
          continue;
        }
        assert.ok(logitsOf(model).length > 0);
        models++;
      }
    }
  }
  assert.ok(models > 300, `${models} models`);
});

test('counts in a config are compared with the tensors before one layer or expert is made', async () => {
  refused(await editedConfig({ num_hidden_layers: 1e9 }), 'config.json: 1000000000 layers are more');
  refused(await editedConfig({ num_hidden_layers: 16000 }), 'has 26 tensors', 'asks for 16000 layers');
  const moe: FileMap = await bytes(new CausalLM({ ...tinyMoE, vocabSize: 420 }, new Random(1)));
  const written = JSON.parse(textOf(moe, 'config.json', PLACE)) as object;
  moe.set('config.json', JSON.stringify({ ...written, num_experts: 5000 }));
  refused(moe, 'asks for 2 layers with 5000 experts each');
});

test('a vocabulary table larger than the tokenizer is fine (padded models)', async () => {
  const files = await bytes(tinyModel({ vocabSize: 448 }));
  assert.is(decodeModel(files, PLACE).model.config.vocabSize, 448);
});

test('a reward model gives the same rewards; the files are those of Qwen2ForSequenceClassification', async () => {
  const model = new RewardModel(tinyConfig, new Random(4));
  const files = await encodeModel(model, tinyTokenizer);
  const config = JSON.parse(textOf(files, 'config.json', PLACE)) as Record<string, unknown>;
  assert.equal(config.architectures, ['Qwen2ForSequenceClassification']);
  assert.equal([config.id2label, config.pad_token_id], [{ 0: 'reward' }, tinyTokenizer.padId]);
  assert.not.ok(files.has('generation_config.json'));
  const { tensors } = decodeSafetensors(bytesOf(files, 'model.safetensors', PLACE), 'test');
  assert.equal(tensors.get('score.weight')!.shape, [1, tinyConfig.hiddenSize]);
  assert.not.ok(tensors.has('lm_head.weight'));
  const opened = decodeRewardModel(files, PLACE);
  const rewardsOf = (m: RewardModel) =>
    m.forward(fromArray(Int32Array.of(5, 300, 2), [1, 3]), fromArray(Int32Array.of(2), [1])).toArray();
  assert.equal(rewardsOf(opened.model), rewardsOf(model));
  assert.is(opened.tokenizer.vocabSize, tinyTokenizer.vocabSize);
});

test('each kind of model is refused in the place of the other, by name', async () => {
  const reward = await bytes(new RewardModel(tinyConfig, new Random(4)));
  refused(reward, 'holds a reward model', 'a language model is needed');
  const language = await bytes();
  refuses(
    () => decodeRewardModel(language, PLACE),
    `${PLACE} holds a language model`,
    'a reward model is needed',
  );
});

test.run();
