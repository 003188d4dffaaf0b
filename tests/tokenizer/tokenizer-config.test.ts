/** tokenizer_config.json: what Transformers must know. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Tokenizer, tokenizerConfig, trainBpe } from '../../src/tokenizer/index.ts';
import { sampleDocuments } from './sample.ts';

const vocabulary = trainBpe(sampleDocuments(), { vocabSize: 440 });

test('tokenizer_config.json: what Transformers must know', () => {
  const config = tokenizerConfig(new Tokenizer(vocabulary), { contextLength: 77 });
  assert.is(config.tokenizer_class, 'PreTrainedTokenizerFast');
  assert.is(config.model_max_length, 77);
  assert.equal(
    [config.bos_token, config.eos_token, config.pad_token, config.unk_token],
    ['<s>', '</s>', '<unk>', '<unk>'],
  );
  assert.equal(config.additional_special_tokens, ['<|system|>', '<|user|>', '<|assistant|>']);
  assert.is(config.auto_map.AutoTokenizer.length, 2); // else a model of type qwen2 gets another tokenizer
});

test.run();
