import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../../src/errors.ts';
import {
  fromHfConfig,
  headKindOf,
  toHfConfig,
  toHfGenerationConfig,
} from '../../../src/formats/hf/config.ts';
import type { ModelConfig } from '../../../src/models/config.ts';
import { Random } from '../../../src/tensor/index.ts';
import { refuses } from '../../data/temporary.ts';
import { architectures, randomConfig } from '../../models/random-config.ts';
import { tinyConfig } from '../../training/tiny.ts';

const ids = { bosId: 1, eosId: 2, padId: 0 };
const written = toHfConfig(tinyConfig, ids);
const read = (changes: Record<string, unknown>) => {
  const json = JSON.parse(JSON.stringify({ ...written, ...changes })) as unknown;
  return fromHfConfig(json, 'config.json');
};

test('what is written is read back, field by field', () => {
  assert.equal(read({}), tinyConfig);
  for (const changes of [
    { tieWordEmbeddings: false },
    { ropeTheta: 1e6, rmsNormEps: 1e-5 },
    { attentionDropout: 0.1, initializerRange: 0.01 },
    { numKeyValueHeads: 1 },
  ]) {
    const config = { ...tinyConfig, ...changes };
    assert.equal(fromHfConfig(JSON.parse(JSON.stringify(toHfConfig(config, ids))), 'config.json'), config);
  }
});

test('the fields that Transformers 4 and 5 look for', () => {
  const { architectures, model_type, rope_theta, rope_parameters, torch_dtype, dtype, head_dim } = written;
  assert.equal(
    { architectures, model_type, rope_theta, rope_parameters, torch_dtype, dtype, head_dim },
    {
      architectures: ['Qwen2ForCausalLM'],
      model_type: 'qwen2',
      rope_theta: 10000,
      rope_parameters: { rope_type: 'default', rope_theta: 10000 },
      torch_dtype: 'float32',
      dtype: 'float32',
      head_dim: 4,
    },
  );
  assert.equal([written.bos_token_id, written.eos_token_id, written.pad_token_id], [1, 2, 0]);
  assert.equal(toHfGenerationConfig(ids), {
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 0,
    do_sample: false,
  });
});

test('configs of either version: theta from where it stands, defaults where Transformers has them', () => {
  assert.is(
    read({ rope_theta: undefined, rope_parameters: { rope_type: 'default', rope_theta: 5e5 } }).ropeTheta,
    5e5,
  );
  assert.is(read({ rope_theta: 3e5, rope_parameters: undefined }).ropeTheta, 3e5);
  assert.is(read({ rope_theta: undefined, rope_parameters: undefined }).ropeTheta, 10000);
  assert.is(read({ num_key_value_heads: undefined, head_dim: undefined }).numKeyValueHeads, 4);
  assert.is(read({ tie_word_embeddings: undefined }).tieWordEmbeddings, false);
  assert.is(read({ attention_dropout: undefined, initializer_range: undefined }).attentionDropout, 0);
  assert.equal(read({ head_dim: null, sliding_window: 4096, use_sliding_window: false }), tinyConfig);
});

test('what this project does not have is refused by name', () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ model_type: 'gpt2' }, '"gpt2" model; this program reads "qwen2" (tinyllm), "llama" (llama2)'],
    [{ model_type: undefined }, 'a model without "model_type"'],
    [{ hidden_act: 'gelu' }, 'activation "gelu"'],
    [{ use_sliding_window: true }, 'sliding-window'],
    [{ rope_parameters: { rope_type: 'yarn', factor: 4 } }, 'RoPE scaling "yarn"'],
    [{ rope_parameters: undefined, rope_scaling: { type: 'linear', factor: 2 } }, 'RoPE scaling "linear"'],
    [{ head_dim: 8 }, 'head_dim 8'],
    [{ vocab_size: '420' }, '"vocab_size" must be a whole number of at least 1, but it is "420"'],
    [{ hidden_size: undefined }, '"hidden_size" must be a whole number of at least 1, but it is missing'],
    [{ num_hidden_layers: 0 }, '"num_hidden_layers" must be a whole number of at least 1, but it is 0'],
    [{ num_hidden_layers: 1.5 }, '"num_hidden_layers"'],
    [{ tie_word_embeddings: 'no' }, '"tie_word_embeddings" must be true or false, but it is "no"'],
    [{ rope_parameters: 5 }, '"rope_parameters" must be an object, but it is 5'],
    [{ rope_parameters: { rope_theta: '1e4' } }, '"rope_parameters": "rope_theta" must be a number'],
    [{ num_key_value_heads: 3 }, 'multiple of numKeyValueHeads 3'],
    [{ num_attention_heads: 5, num_key_value_heads: 5, head_dim: undefined }, 'numAttentionHeads 5'],
    [{ rms_norm_eps: 0 }, 'rmsNormEps must be positive'],
    [{ attention_dropout: 1 }, 'attentionDropout'],
  ];
  for (const [changes, part] of cases) {
    refuses(() => read(changes), 'config.json', part);
  }
  for (const json of [null, 'qwen2', 3])
    refuses(() => fromHfConfig(json, 'config.json'), 'config.json must be an object, but it is');
});

test('any config comes back as it was, and each field that is written makes a difference or is refused', () => {
  const random = new Random(41);
  const throughText = (json: unknown) => fromHfConfig(JSON.parse(JSON.stringify(json)), 'config.json');
  for (const base of Object.values(architectures)) {
    for (let trial = 0; trial < 40; trial++) {
      const config = randomConfig(base, random);
      assert.equal(throughText(toHfConfig(config, ids)), config);
      assert.equal(throughText(toHfConfig(config, ids, 'reward')), config);
    }
    const config = randomConfig(base, random);
    const json = toHfConfig(config, ids);
    // For Transformers alone; what kind of head the weights have is asked elsewhere.
    const notRead = /^(architectures|use_cache|.*_token_id|torch_dtype|dtype|output_router_logits)$/;
    // Read in the place of the others, or where they are not there.
    const second = {
      rope_theta: { rope_parameters: undefined },
      rope_scaling: { rope_parameters: undefined },
    };
    for (const [field, value] of Object.entries(json)) {
      if (notRead.test(field)) continue;
      const other =
        typeof value === 'number'
          ? 2 * value + 0.5 * Number(!Number.isInteger(value))
          : typeof value === 'boolean'
            ? !value
            : { rope_theta: 77 };
      const without = field in second ? second[field as keyof typeof second] : {};
      try {
        assert.not.equal(
          throughText({ ...json, ...without, [field]: other }),
          config,
          `${base.arch}: ${field}`,
        );
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
      }
    }
  }
});

test('the head is that of the class named first', () => {
  const kind = (architectures: unknown) => headKindOf({ architectures }, 'config.json');
  assert.is(kind(['Qwen2ForSequenceClassification', 'Qwen2ForCausalLM']), 'reward');
  assert.is(kind(['Qwen2ForCausalLM', 'Qwen2ForSequenceClassification']), 'language');
  for (const none of [undefined, null, []]) assert.is(kind(none), 'language');
  refuses(() => kind('Qwen2ForCausalLM'), 'config.json: "architectures" must be a list');
  refuses(() => kind([5]), 'config.json: "architectures[0]" must be a text, but it is 5');
});

const llamaConfig: ModelConfig = {
  ...tinyConfig,
  arch: 'llama2',
  rmsNormEps: 1e-5,
  attentionDropout: 0.1,
  hiddenDropout: 0.2,
};
const llama = (changes: Record<string, unknown>) => {
  const json = JSON.parse(JSON.stringify({ ...toHfConfig(llamaConfig, ids), ...changes })) as unknown;
  return fromHfConfig(json, 'config.json');
};

test('llama: written and read back, its dropout included; a config of others has none', () => {
  assert.equal(llama({}), llamaConfig);
  assert.equal(llama({ hidden_dropout: undefined }), { ...llamaConfig, hiddenDropout: 0 });
  assert.is(llama({ tie_word_embeddings: undefined }).tieWordEmbeddings, false);
  assert.is(llama({ rms_norm_eps: undefined }).rmsNormEps, 1e-6);
  assert.equal(llama({ rope_scaling: null, attention_bias: undefined, mlp_bias: undefined }), llamaConfig);
  assert.equal(toHfConfig(llamaConfig, ids, 'reward').architectures, ['LlamaForSequenceClassification']);
  assert.not.ok('use_sliding_window' in toHfConfig(llamaConfig, ids));
  assert.not.ok('attention_bias' in written);
});

test('llama: features that this architecture does not have are refused by name', () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ attention_bias: true }, 'bias in attention (attention_bias true)'],
    [{ mlp_bias: true }, 'bias in the feed-forward part (mlp_bias true)'],
    [{ sliding_window: 4096 }, 'sliding-window attention (sliding_window 4096)'],
    [
      { rope_parameters: undefined, rope_scaling: { rope_type: 'llama3', factor: 8 } },
      'RoPE scaling "llama3"',
    ],
    [{ head_dim: 8 }, 'head_dim 8'],
    [{ hidden_act: 'gelu' }, 'activation "gelu"'],
    [{ hidden_dropout: 1 }, 'hiddenDropout must be in [0, 1), got 1'],
  ];
  for (const [changes, part] of cases) refuses(() => llama(changes), 'config.json', part);
});

test.run();
