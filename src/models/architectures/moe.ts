/**
 * moe: tinyllm with a mixture of experts (nn/moe.ts) in place of each feed-forward part, exactly `Qwen2MoeForCausalLM` of
 * Transformers with `norm_topk_prob: false`; its reward model is `Qwen2MoeForSequenceClassification`.
 *
 * A preset has 8 experts, of which each token uses 2, and a shared one, in widths that add up to the F of the dense preset of its
 * name: 2 F_e + F_s = F. So a token costs what it costs there, but for the router (E D per layer) and the shared expert's gate
 * (D). F_e is the multiple of 8 next to F / 3 (three experts of about equal width at work; the multiples keep the vectors of the
 * kernels full).
 *
 *              F  = 2 F_e + F_s          active          total   total / active
 *   pico     176      56    64         134,976        264,000   1.96
 *   nano     344     112   120       1,059,968      2,092,160   1.97
 *   micro    688     232   224       5,813,504     12,227,840   2.10
 *   16m      384     128   128      16,736,760     18,395,640   1.10
 *   42m      768     256   256      43,320,096     51,282,720   1.18
 *   92m     1408     472   464      92,101,120    126,900,736   1.38
 *   210m    2048     680   688     212,948,736    363,353,856   1.71
 *   440m    2816     936   944     441,332,736    855,389,184   1.94
 *   1.5b    5504    1832  1840   1,480,353,792  3,101,190,144   2.09
 *
 * Weight of the balance loss: 0.01 as in Switch. Pico on the shipped text (2,048 tokens in its vocabulary, 400 updates, one
 * seed): the least used expert then has 0.49 of its uniform share, with 0.001 (the default of Transformers) 0.13, and 0.88 where
 * a bias balances; nano with 0.01, 300 updates: 0.33. F itself is written to disk as `intermediate_size`, which Transformers
 * reads for layers without experts only.
 */
import { UserError } from '../../errors.ts';
import { Block } from '../../nn/block.ts';
import { MoE } from '../../nn/moe.ts';
import { anything, choice, list, where } from '../../schema.ts';
import type { ModelConfig } from '../config.ts';
import { type Architecture, attentionSizes } from './architecture.ts';
import { attentionKnobs, whole } from './common-knobs.ts';
import { downStdOf } from './small-start.ts';
import { tinyllm } from './tinyllm.ts';

const EXPERTS = 8;
const EXPERTS_PER_TOKEN = 2;

/** The fields of ModelConfig that this architecture has, all of them given. */
type MoEFields = Required<
  Pick<
    ModelConfig,
    | 'numExperts'
    | 'numExpertsPerTok'
    | 'moeIntermediateSize'
    | 'sharedExpertIntermediateSize'
    | 'routerAuxLossCoef'
    | 'balancing'
  >
>;

export const moe: Architecture = {
  name: 'moe',
  ownFields: [
    'numExperts',
    'numExpertsPerTok',
    'moeIntermediateSize',
    'sharedExpertIntermediateSize',
    'routerAuxLossCoef',
    'balancing',
  ],

  knobs: {
    ...attentionKnobs,
    numExperts: { ...whole, flag: 'experts', help: 'experts in each layer' },
    numExpertsPerTok: { ...whole, flag: 'experts-per-token', help: 'how many of them a token uses' },
    moeIntermediateSize: { ...whole, flag: 'expert-width', help: 'width inside an expert' },
    sharedExpertIntermediateSize: {
      ...{ ...whole, flag: 'shared-expert-width' },
      help: 'width inside the expert that all tokens use',
    },
    routerAuxLossCoef: {
      ...{ type: 'number', min: 0, max: 100, default: null, absent: "the preset's", flag: 'balance-weight' },
      help: 'weight of the balance loss',
    },
    balancing: {
      ...{ type: 'choice', default: null, absent: "the preset's" },
      choices: ['loss', 'bias'],
      help: 'what keeps all experts at work: a loss, or a bias on their choice',
    },
  },

  block(config, random) {
    const init = { random, std: config.initializerRange };
    const fields = fieldsOf(config, 'model config');
    return new Block({
      ...attentionSizes(config),
      ...init,
      bias: true,
      dropout: config.attentionDropout,
      ropeLayout: 'half',
      eps: config.rmsNormEps,
      mlp: () =>
        new MoE({
          ...init,
          dim: config.hiddenSize,
          experts: fields.numExperts,
          expertsPerToken: fields.numExpertsPerTok,
          hiddenDim: fields.moeIntermediateSize,
          sharedHiddenDim: fields.sharedExpertIntermediateSize,
          balancing: fields.balancing,
          downStd: downStdOf(config),
        }),
    });
  },

  check(config, source) {
    const fields = fieldsOf(config, source);
    const { numExperts: experts, numExpertsPerTok: k, routerAuxLossCoef: coefficient, balancing } = fields;
    for (const name of [
      'numExperts',
      'numExpertsPerTok',
      'moeIntermediateSize',
      'sharedExpertIntermediateSize',
    ] as const) {
      if (!Number.isSafeInteger(fields[name]) || fields[name] < 1) {
        throw new UserError(`${source}: ${name} must be a whole number of at least 1, got ${fields[name]}`);
      }
    }
    if (k > experts) {
      throw new UserError(
        `${source}: a token cannot go to ${k} experts (numExpertsPerTok) of ${experts} (numExperts)`,
      );
    }
    if (!(coefficient >= 0 && Number.isFinite(coefficient))) {
      throw new UserError(`${source}: routerAuxLossCoef must be a number of at least 0, got ${coefficient}`);
    }
    if (balancing !== 'loss' && balancing !== 'bias') {
      throw new UserError(`${source}: balancing must be "loss" or "bias", got "${String(balancing)}"`);
    }
  },

  checkKnobs({ balancing, routerAuxLossCoef }) {
    if (balancing === 'bias' && typeof routerAuxLossCoef === 'number')
      throw new UserError(
        '--balance-weight is for --balancing loss: a bias on the choice has no loss; leave one out',
      );
  },

  /** The experts that a token does not use. */
  idleParameters(config) {
    const { numExperts, numExpertsPerTok, moeIntermediateSize } = fieldsOf(config, 'model config');
    return (
      config.numHiddenLayers * (numExperts - numExpertsPerTok) * 3 * config.hiddenSize * moeIntermediateSize
    );
  },

  presets: Object.fromEntries(
    Object.entries(tinyllm.presets).map(([name, dense]) => [name, { ...dense, ...mixtureOf(dense) }]),
  ),

  onDisk: {
    modelType: 'qwen2_moe',
    languageClass: 'Qwen2MoeForCausalLM',
    rewardClass: 'Qwen2MoeForSequenceClassification',
    toFields(config) {
      const fields = fieldsOf(config, 'model config');
      return {
        num_experts: fields.numExperts,
        num_experts_per_tok: fields.numExpertsPerTok,
        moe_intermediate_size: fields.moeIntermediateSize,
        shared_expert_intermediate_size: fields.sharedExpertIntermediateSize,
        norm_topk_prob: false,
        decoder_sparse_step: 1,
        mlp_only_layers: [],
        output_router_logits: false,
        router_aux_loss_coef: fields.routerAuxLossCoef,
        router_balancing: fields.balancing, // unknown to Transformers, for reading it back here
        qkv_bias: true,
        use_sliding_window: false,
      };
    },
    fromFields(fields) {
      fields.only('norm_topk_prob', false, 'renormalising the weights of the chosen experts');
      fields.only('decoder_sparse_step', 1, 'layers without experts');
      fields.only('qkv_bias', true, 'attention without bias');
      fields.only('use_sliding_window', false, 'sliding-window attention');
      const noLayers = where(
        list(anything()),
        ({ length }) => length === 0,
        'an empty list (no layers without experts)',
      );
      fields.read('mlp_only_layers', noLayers, []);
      return {
        numExperts: fields.count('num_experts'),
        numExpertsPerTok: fields.count('num_experts_per_tok'),
        moeIntermediateSize: fields.count('moe_intermediate_size'),
        sharedExpertIntermediateSize: fields.count('shared_expert_intermediate_size'),
        routerAuxLossCoef: fields.number('router_aux_loss_coef', 0.001),
        balancing: fields.read('router_balancing', choice(['loss', 'bias']), 'loss'),
      };
    },
  },
};

/** The mixtures of a model, layer by layer; none in a dense one. */
export function mixturesOf({
  model,
}: {
  readonly model: { readonly layers: readonly { readonly mlp: unknown }[] };
}): MoE[] {
  return model.layers.flatMap(({ mlp }) => (mlp instanceof MoE ? [mlp] : []));
}

/** The mixture that costs a token as much as a dense part of width F. */
function mixtureOf({
  intermediateSize: F,
}: ModelConfig): Partial<ModelConfig> & MoEFields & { arch: string } {
  const expert = 8 * Math.round(F / (EXPERTS_PER_TOKEN + 1) / 8);
  return {
    arch: 'moe',
    numExperts: EXPERTS,
    numExpertsPerTok: EXPERTS_PER_TOKEN,
    moeIntermediateSize: expert,
    sharedExpertIntermediateSize: F - EXPERTS_PER_TOKEN * expert,
    routerAuxLossCoef: 0.01,
    balancing: 'loss',
  };
}

/** The own fields of a config; one that is missing is named. */
function fieldsOf(config: ModelConfig, source: string): MoEFields {
  for (const field of moe.ownFields) {
    if (config[field] === undefined)
      throw new UserError(`${source}: a model of architecture moe needs ${field}`);
  }
  return config as ModelConfig & MoEFields; // just checked
}
