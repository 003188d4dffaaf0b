/** Configs of which every number is drawn, for each architecture. */
import type { ModelConfig } from '../../src/models/config.ts';
import type { Random } from '../../src/tensor/index.ts';
import { tinyConfig, tinyMoE } from './tiny.ts';

export const architectures: Readonly<Record<string, ModelConfig>> = {
  tinyllm: tinyConfig,
  llama2: { ...tinyConfig, arch: 'llama2', hiddenDropout: 0 },
  moe: tinyMoE,
};

/** A config of which every number is drawn. */
export function randomConfig(base: ModelConfig, random: Random): ModelConfig {
  const kvHeads = 1 + random.int(3);
  const heads = kvHeads * (1 + random.int(2));
  const experts = 2 + random.int(4);
  return {
    ...base,
    vocabSize: 7 + random.int(20),
    hiddenSize: heads * 2 * (1 + random.int(4)),
    intermediateSize: 3 + random.int(20),
    numHiddenLayers: 1 + random.int(3),
    numAttentionHeads: heads,
    numKeyValueHeads: kvHeads,
    maxPositionEmbeddings: 8 + random.int(8),
    rmsNormEps: 10 ** -(1 + random.int(5)),
    ropeTheta: 10 ** (1 + 4 * random.float()),
    tieWordEmbeddings: random.int(2) === 0,
    initializerRange: 0.01 + random.float(),
    attentionDropout: random.float() / 2,
    ...(base.arch === 'llama2' ? { hiddenDropout: random.float() / 2 } : {}),
    ...(base.arch === 'moe'
      ? {
          numExperts: experts,
          numExpertsPerTok: 1 + random.int(experts),
          moeIntermediateSize: 2 + random.int(6),
          sharedExpertIntermediateSize: 2 + random.int(6),
          routerAuxLossCoef: random.float(),
          balancing: random.int(2) === 0 ? ('loss' as const) : ('bias' as const),
        }
      : {}),
  };
}
