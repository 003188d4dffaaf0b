/** A reward model on disk: written, read back, and not mistaken for a language model. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors } from '../../src/formats/safetensors.ts';
import { RewardModel } from '../../src/models/reward-model.ts';
import { writeDirectoryAtomically } from '../../src/storage/atomic.ts';
import { loadModelDirectory, loadRewardDirectory, modelFiles } from '../../src/storage/model-directory.ts';
import { fromArray, Random } from '../../src/tensor/index.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';
import { tinyConfig, tinyModel, tinyTokenizer } from '../training/tiny.ts';

const folder = temporaryFolder();
const model = new RewardModel(tinyConfig, new Random(4));

test('written and read back it gives the same rewards; the files are those of Qwen2ForSequenceClassification', async () => {
  const files = await modelFiles(model, tinyTokenizer);
  const config = JSON.parse(files.get('config.json') as string) as Record<string, unknown>;
  assert.equal(config.architectures, ['Qwen2ForSequenceClassification']);
  assert.equal([config.id2label, config.pad_token_id], [{ 0: 'reward' }, tinyTokenizer.padId]);
  assert.not.ok(files.has('generation_config.json'));
  const { tensors } = decodeSafetensors(files.get('model.safetensors') as Uint8Array, 'test');
  assert.equal(tensors.get('score.weight')!.shape, [1, tinyConfig.hiddenSize]);
  assert.not.ok(tensors.has('lm_head.weight'));

  writeDirectoryAtomically(join(folder, 'reward'), files);
  const loaded = loadRewardDirectory(join(folder, 'reward'));
  const rewardsOf = (m: RewardModel) =>
    m.forward(fromArray(Int32Array.of(5, 300, 2), [1, 3]), fromArray(Int32Array.of(2), [1])).toArray();
  assert.equal(rewardsOf(loaded.model), rewardsOf(model));
  assert.is(loaded.tokenizer.vocabSize, tinyTokenizer.vocabSize);
});

test('each kind of model is refused in the place of the other, by name', async () => {
  writeDirectoryAtomically(join(folder, 'sft'), await modelFiles(tinyModel(), tinyTokenizer));
  refuses(
    () => loadModelDirectory(join(folder, 'reward')),
    'holds a reward model',
    'a language model is needed',
  );
  refuses(
    () => loadRewardDirectory(join(folder, 'sft')),
    'holds a language model',
    'a reward model is needed',
  );
});

test.run();
