/**
 * tinyllm: the architecture of tiny-llm-zh's main branch, exactly `Qwen2ForCausalLM` of Transformers.
 *
 * Pre-norm with RMSNorm, half-split RoPE, MHA or GQA with biases on q, k and v, SwiGLU. The sizes of tiny-llm-zh are kept to
 * the last parameter: there the two tables of 64,798 rows are 93 % of the smallest model and 18 % of the largest.
 */
import { Block } from '../../nn/block.ts';
import { SwiGLU } from '../../nn/swiglu.ts';
import { type Architecture, attentionSizes } from './architecture.ts';
import { attentionKnobs, denseKnobs } from './common-knobs.ts';
import { laptop, presetsOf, type Size } from './sizes.ts';
import { downStdOf } from './small-start.ts';

const reference: Readonly<Record<string, Size>> = {
  '16m': [120, 6, 6, 384, 512, 64798],
  '42m': [288, 6, 6, 768, 512, 64798],
  '92m': [512, 8, 8, 1408, 1024, 64798],
  '210m': [768, 16, 12, 2048, 1024, 64798],
  '440m': [1024, 24, 16, 2816, 1024, 64798],
  '1.5b': [2048, 24, 16, 5504, 1024, 64798],
};

export const tinyllm: Architecture = {
  name: 'tinyllm',
  ownFields: [],
  knobs: { ...denseKnobs, ...attentionKnobs },

  block(config, random) {
    const init = { random, std: config.initializerRange };
    return new Block({
      ...attentionSizes(config),
      ...init,
      bias: true,
      dropout: config.attentionDropout,
      ropeLayout: 'half',
      eps: config.rmsNormEps,
      mlp: () =>
        new SwiGLU(config.hiddenSize, config.intermediateSize, { ...init, downStd: downStdOf(config) }),
    });
  },

  presets: presetsOf({ ...laptop, ...reference }, (name) => ({
    arch: 'tinyllm',
    rmsNormEps: 1e-6,
    ropeTheta: 10000,
    tieWordEmbeddings: name in laptop,
    attentionDropout: 0,
    initializerRange: 0.02,
  })),

  onDisk: {
    modelType: 'qwen2',
    languageClass: 'Qwen2ForCausalLM',
    rewardClass: 'Qwen2ForSequenceClassification',
    toFields: () => ({ use_sliding_window: false }),
    fromFields(fields) {
      fields.only('use_sliding_window', false, 'sliding-window attention');
      return {};
    },
  },
};
