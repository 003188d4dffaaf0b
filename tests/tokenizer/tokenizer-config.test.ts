/** tokenizer_config.json: what Transformers must know. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CHAT_TEMPLATE,
  makeVocabulary,
  Tokenizer,
  tokenizerConfig,
  trainBpe,
  type Vocabulary,
} from '../../src/tokenizer/index.ts';
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

test('each name is that of this tokenizer: of one without a beginning, with padding of its own, without roles', () => {
  const made = makeVocabulary(['ab'], ['a', 'b', '▁']);
  const renamed: Vocabulary = {
    ...made,
    pieces: [
      { text: '[UNK]', score: 0, kind: 'unknown' },
      ...made.pieces.slice(1, 3),
      ...['[PAD]', '[END]', '[X]'].map((text) => ({ text, score: 0, kind: 'control' as const })),
      ...made.pieces.slice(6),
    ],
    ...{ bosId: undefined, eosId: 4, padId: 3 },
  };
  const config = tokenizerConfig(new Tokenizer(renamed), { contextLength: 9 });
  const { bos_token, eos_token, pad_token, unk_token, additional_special_tokens, model_max_length } = config;
  assert.equal(
    [bos_token, eos_token, pad_token, unk_token, model_max_length],
    [null, '[END]', '[PAD]', '[UNK]', 9],
  );
  assert.equal(additional_special_tokens, []);
  const { add_bos_token, add_eos_token, clean_up_tokenization_spaces, padding_side, chat_template } = config;
  assert.equal(
    [add_bos_token, add_eos_token, clean_up_tokenization_spaces, padding_side],
    [false, false, false, 'left'],
  );
  assert.is(chat_template, CHAT_TEMPLATE);
  const other = tokenizerConfig(new Tokenizer({ ...renamed, bosId: 5 }), { contextLength: 9 });
  assert.is(other.bos_token, '[X]');
});

test.run();
