/**
 * llama2: the architecture of tiny-llm-zh's llama2_torch branch (after llama2.c), exactly `LlamaForCausalLM` of Transformers.
 *
 * Against tinyllm: no bias anywhere; RoPE turns neighbouring coordinates (interleaved) instead of halves; one table for input
 * and output; dropout on the embeddings, on the shares of attention, and on what attention and SwiGLU add to the stream; and a
 * smaller start for the projections W_o and W_up: N(0, 0.02 / sqrt(2 L)), so that the stream, to which 2 L parts add, does not
 * grow with depth (GPT-2).
 *
 * Files hold the half-split form: in memory coordinates 2i and 2i + 1 of a head are a pair, on disk i and i + d/2. The rows of
 * q and k change places on the way; the scores, sums over all coordinates of a head, are the same.
 */
import { Block } from '../../nn/block.ts';
import { SwiGLU } from '../../nn/swiglu.ts';
import { headDim } from '../config.ts';
import { type Architecture, attentionSizes } from './architecture.ts';
import { attentionKnobs, denseKnobs } from './common-knobs.ts';
import { laptop, presetsOf, type Size } from './sizes.ts';
import { downStdOf } from './small-start.ts';

/**
 * Width of SwiGLU: two thirds of the 4 D of a plain feed-forward part (it has three matrices, not two), rounded up to a
 * multiple.
 */
export function feedForwardWidth(dim: number, multipleOf: number): number {
  return multipleOf * Math.ceil(Math.trunc((2 * 4 * dim) / 3) / multipleOf);
}

const size = (dim: number, layers: number, heads: number, context: number): Size => [
  dim,
  layers,
  heads,
  feedForwardWidth(dim, 32),
  context,
  64793,
];

const reference: Readonly<Record<string, Size>> = {
  '9m': size(120, 6, 6, 512),
  '24m': size(288, 6, 6, 512),
  '58m': size(512, 8, 8, 512),
  '134m': size(768, 12, 12, 1024),
  '268m': size(1024, 16, 16, 1024),
};

const withDropout = new Set(['24m', '58m', '134m', '268m']);

export const llama2: Architecture = {
  name: 'llama2',
  ownFields: ['hiddenDropout'],
  knobs: {
    ...denseKnobs,
    ...attentionKnobs,
    hiddenDropout: {
      ...{ type: 'number', min: 0, max: 0.99, default: null, absent: "the preset's" },
      help: 'dropout on the embeddings and on what each layer adds',
    },
  },

  block(config, random) {
    const std = config.initializerRange;
    const smaller = std / Math.sqrt(2 * config.numHiddenLayers);
    return new Block({
      ...attentionSizes(config),
      random,
      std,
      outputStd: smaller,
      bias: false,
      dropout: config.attentionDropout,
      hiddenDropout: config.hiddenDropout ?? 0,
      ropeLayout: 'interleaved',
      eps: config.rmsNormEps,
      mlp: () =>
        new SwiGLU(config.hiddenSize, config.intermediateSize, {
          ...{ random, std, upStd: smaller },
          downStd: downStdOf(config),
        }),
    });
  },

  presets: presetsOf({ ...laptop, ...reference }, (name) => {
    const dropout = withDropout.has(name) ? 0.1 : 0;
    return {
      arch: 'llama2',
      rmsNormEps: 1e-5,
      ropeTheta: 10000,
      tieWordEmbeddings: true,
      attentionDropout: dropout,
      hiddenDropout: dropout,
      initializerRange: 0.02,
    };
  }),

  onDisk: {
    modelType: 'llama',
    languageClass: 'LlamaForCausalLM',
    rewardClass: 'LlamaForSequenceClassification',
    // Transformers' Llama has no dropout on the stream; the field (named as in GPT-NeoX) is for reading it back here.
    toFields: ({ hiddenDropout = 0 }) => ({
      attention_bias: false,
      mlp_bias: false,
      hidden_dropout: hiddenDropout,
    }),
    fromFields(fields) {
      fields.only('attention_bias', false, 'bias in attention');
      fields.only('mlp_bias', false, 'bias in the feed-forward part');
      fields.only('sliding_window', undefined, 'sliding-window attention');
      return { hiddenDropout: fields.number('hidden_dropout', 0) };
    },
    rowsOnDisk(name, config) {
      if (!/\.self_attn\.[qk]_proj\.weight$/.test(name)) return null;
      const heads = name.includes('.q_proj.') ? config.numAttentionHeads : config.numKeyValueHeads;
      return pairsApart(heads, headDim(config));
    },
  },
};

/** Row j d/2 + i of each head on disk is its row 2i + j in memory (j = 0, 1: the first and the second of pair i). */
function pairsApart(heads: number, d: number): Int32Array {
  return Int32Array.from({ length: heads * d }, (_, row) => {
    const place = row % d;
    const [j, i] = [Math.floor(place / (d / 2)), place % (d / 2)];
    return row - place + 2 * i + j;
  });
}
