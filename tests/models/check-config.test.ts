/** What a config must fulfil. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { checkConfig } from '../../src/models/check-config.ts';
import type { ModelConfig } from '../../src/models/config.ts';
import { Random } from '../../src/tensor/index.ts';
import { tinyConfig } from './tiny.ts';

test('a config that describes no model is refused by the field', () => {
  const refuse = (changes: Partial<ModelConfig>, message: RegExp) => {
    assert.throws(
      () => checkConfig({ ...tinyConfig, ...changes }, 'config.json'),
      (error: Error) =>
        error instanceof UserError &&
        error.message.startsWith('config.json: ') &&
        message.test(error.message),
      JSON.stringify(changes),
    );
  };
  refuse({ vocabSize: 0 }, /vocabSize must be a whole number of at least 1, got 0/);
  refuse({ numHiddenLayers: 1.5 }, /numHiddenLayers .* got 1\.5/);
  refuse({ hiddenSize: Number.NaN }, /hiddenSize .* got NaN/);
  refuse({ maxPositionEmbeddings: -4 }, /maxPositionEmbeddings .* got -4/);
  refuse({ intermediateSize: undefined as unknown as number }, /intermediateSize .* got undefined/);
  refuse({ hiddenSize: 18 }, /hiddenSize 18 must be an even multiple of numAttentionHeads 4/);
  refuse({ hiddenSize: 12 }, /hiddenSize 12 must be an even multiple/); // heads 3 wide: no pairs for RoPE
  refuse({ numKeyValueHeads: 3 }, /numAttentionHeads 4 must be a multiple of numKeyValueHeads 3/);
  refuse({ rmsNormEps: 0 }, /rmsNormEps must be positive, got 0/);
  refuse({ ropeTheta: Number.NaN }, /ropeTheta must be positive, got NaN/);
  refuse({ initializerRange: -1 }, /initializerRange must be positive/);
  refuse({ attentionDropout: 1 }, /attentionDropout must be in \[0, 1\), got 1/);
  assert.is(checkConfig(tinyConfig, 'config.json'), tinyConfig);
  assert.throws(
    () => new CausalLM({ ...tinyConfig, vocabSize: 0 }, new Random(1)),
    /model config: vocabSize/,
  );
});

test('an architecture that does not exist, or a field that it does not have, is refused by name', () => {
  const refuse = (changes: Partial<ModelConfig>, message: RegExp) =>
    assert.throws(
      () => checkConfig({ ...tinyConfig, ...changes }, 'config.json'),
      (error: Error) => error instanceof UserError && message.test(error.message),
    );
  refuse({ arch: 'gpt2' }, /no architecture "gpt2"; choose one of tinyllm, llama2/);
  refuse({ arch: 'toString' }, /no architecture "toString"/);
  refuse({ hiddenDropout: 0.1 }, /^config\.json: a model of architecture tinyllm has no hiddenDropout$/);
  refuse({ arch: 'llama2', hiddenDropout: 1 }, /hiddenDropout must be in \[0, 1\), got 1/);
  const llama: ModelConfig = { ...tinyConfig, arch: 'llama2', hiddenDropout: 0.1 };
  assert.is(checkConfig(llama, 'config.json'), llama);
});

test.run();
