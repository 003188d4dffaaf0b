/** Bugs in models and in what is read of their config: fields ignored, ranges of the first weights, caches. */
import type { Area } from '../bug.ts';

export const models: Area = {
  name: 'models',
  tests:
    'models/settings models/equivalences models/decoder models/causal-lm models/reward-model models/architectures/ ' +
    'formats/hf/ formats/architectures',
  bugs: {
    'config-initializer-range': {
      file: 'formats/hf/config.ts',
      find: "initializerRange: fields.number('initializer_range', 0.02),",
      replace: 'initializerRange: 0.02,',
      breaks: 'initializer_range of a config.json is ignored',
    },
    'config-eps': {
      file: 'formats/hf/config.ts',
      find: "rmsNormEps: fields.number('rms_norm_eps', 1e-6),",
      replace: 'rmsNormEps: 1e-6,',
      breaks: 'rms_norm_eps of a config.json is ignored',
    },
    'config-dropout-written': {
      file: 'formats/hf/config.ts',
      find: 'attention_dropout: config.attentionDropout,',
      replace: 'attention_dropout: 0,',
      breaks: 'a saved model forgets its dropout',
    },
    'config-rope-parameters': {
      file: 'formats/hf/config.ts',
      find: "rope.get('rope_theta') === undefined",
      replace: "rope.get('rope_type') !== undefined",
      breaks: 'the theta that Transformers 5 writes is not read',
    },
    'decoder-theta': {
      file: 'models/decoder.ts',
      find: 'new RopeTable(headDim(config), config.maxPositionEmbeddings, config.ropeTheta)',
      replace: 'new RopeTable(headDim(config), config.maxPositionEmbeddings)',
      breaks: 'ropeTheta does not reach the table',
    },
    'decoder-final-eps': {
      file: 'models/decoder.ts',
      find: 'new RMSNorm(config.hiddenSize, config.rmsNormEps)',
      replace: 'new RMSNorm(config.hiddenSize)',
      breaks: 'the last norm has the default eps',
    },
    'decoder-embedding-std': {
      file: 'models/decoder.ts',
      find: 'const init = { random, std: config.initializerRange };',
      replace: 'const init = { random };',
      breaks: 'the embedding table ignores initializerRange',
    },
    'decoder-embedding-dropout': {
      file: 'models/decoder.ts',
      find: 'this.embedDropout.forward(this.embedTokens.forward(ids))',
      replace: 'this.embedTokens.forward(ids)',
      breaks: 'hidden dropout leaves out the embeddings',
    },
    'decoder-cache-heads': {
      file: 'models/decoder.ts',
      find: 'kvHeads: this.config.numKeyValueHeads,',
      replace: 'kvHeads: this.config.numAttentionHeads,',
      breaks: 'the cache of a model with shared key-value heads has the wrong shape',
    },
    'head-std': {
      file: 'models/causal-lm.ts',
      find: '{ random, std: config.initializerRange }',
      replace: '{ random }',
      breaks: 'an untied output layer ignores initializerRange',
    },
    'llama2-small-std': {
      file: 'models/architectures/llama2.ts',
      find: 'std / Math.sqrt(2 * config.numHiddenLayers)',
      replace: 'std / Math.sqrt(config.numHiddenLayers)',
      breaks: 'the projections into the stream start too wide',
    },
    'llama2-eps': {
      file: 'models/architectures/llama2.ts',
      find: 'eps: config.rmsNormEps,',
      replace: 'eps: 1e-5,',
      breaks: 'the norms of llama2 ignore rmsNormEps',
    },
    'llama2-attention-dropout': {
      file: 'models/architectures/llama2.ts',
      find: 'dropout: config.attentionDropout,',
      replace: 'dropout: 0,',
      breaks: 'llama2 has no dropout on the shares of attention',
    },
    'moe-balance-weight': {
      file: 'models/architectures/moe.ts',
      find: "routerAuxLossCoef: fields.number('router_aux_loss_coef', 0.001),",
      replace: 'routerAuxLossCoef: 0.01,',
      breaks: 'router_aux_loss_coef of a config.json is ignored',
    },
    'check-shared-heads': {
      file: 'models/check-config.ts',
      find: 'if (heads % kvHeads !== 0) {',
      replace: 'if (kvHeads > heads) {',
      breaks: 'key-value heads that do not divide the heads are found late, by a shape error',
    },
    'reward-head-std': {
      file: 'models/reward-model.ts',
      find: 'std: config.initializerRange }',
      replace: 'std: 0 }',
      breaks: 'the head of a reward model starts at zero',
    },
  },
};
