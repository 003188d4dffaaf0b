/** Bugs in the layers. */
import type { Area } from '../bug.ts';

export const nn: Area = {
  name: 'nn',
  tests: 'nn/ models/decoder models/checkpointing models/equivalences models/wasm generation/generate',
  bugs: {
    'rope-theta': {
      file: 'nn/rope.ts',
      find: '    this.theta = theta;',
      replace: '    this.theta = 10000 + 0 * theta;',
      breaks: 'ropeTheta of the config is ignored',
    },
    'rope-sine-start': {
      file: 'nn/rope.ts',
      find: 'sin: sin.slice(0, start, end)',
      replace: 'sin: sin.slice(0, 0, length)',
      breaks: 'after a cache the sines are those of position 0',
    },
    'rope-table-rows': {
      file: 'nn/rope.ts',
      find: 'if (this.table !== null && end <= this.rows) return this.table;',
      replace: 'if (this.table !== null) return this.table;',
      breaks: 'the tables of RoPE never grow: a longer text than the first one is refused',
    },
    'attention-dropout-fused': {
      file: 'nn/attention.ts',
      find: 'this.dropout.isActive() || isCaptured ? null : fusedFor(q)',
      replace: 'isCaptured ? null : fusedFor(q)',
      breaks: 'dropout on the shares of attention does nothing on the default backend',
    },
    'attention-output-std': {
      file: 'nn/attention.ts',
      find: '{ random, std: outputStd }',
      replace: '{ random, std }',
      breaks: 'the output projection starts as wide as the others',
    },
    'kv-cache-exact-fit': {
      file: 'nn/kv-cache.ts',
      find: 'if (end > this.capacity) {',
      replace: 'if (end >= this.capacity) {',
      breaks: 'a text that fills the context exactly is refused',
    },
    'rmsnorm-eps': {
      file: 'nn/rmsnorm.ts',
      find: '    this.eps = eps;',
      replace: '    this.eps = 1e-6 + 0 * eps;',
      breaks: 'rms_norm_eps is ignored',
    },
    'moe-filler-counts': {
      file: 'nn/moe.ts',
      find: 'counted?.reshape([N, 1]).to(probabilities.dtype) ?? ones(',
      replace: 'ones(',
      breaks: 'filler counts in the balance loss of a router',
    },
    'moe-choices-kept': {
      file: 'nn/moe.ts',
      find: '      choices.assign(choices.mul(0));\n',
      replace: '',
      breaks: 'the bias of a router is moved by the choices of all updates, not of the last',
    },
    'moe-bias-in-weights': {
      file: 'nn/moe.ts',
      find: 'const chosen = this.choose(probabilities);',
      replace:
        'if (this.bias !== null) probabilities.assign(probabilities.add(this.bias.values).detach());\n' +
        '    const chosen = this.choose(probabilities);',
      breaks: 'the balancing bias weighs the experts too, not only their choice',
    },
    'moe-shared-gate': {
      file: 'nn/moe.ts',
      find: 'this.sharedExpertGate.forward(tokens).sigmoid().mul(',
      replace: 'this.sharedExpertGate.forward(tokens).silu().mul(',
      breaks: 'the shared expert is weighted by silu',
    },
    'routing-ties': {
      file: 'nn/routing.ts',
      find: '!(scores[at + expert]! > scores[at + best]!)',
      replace: '!(scores[at + expert]! >= scores[at + best]!)',
      breaks: 'of equal scores the last expert is taken, on one backend only',
    },
    'mask-documents-past': {
      file: 'nn/mask.ts',
      find: 'ids[k] !== ids[past + q]',
      replace: 'ids[k] !== ids[q]',
      breaks: 'with a cache a query is taken for one of the first document',
    },
    'mask-padding-off-by-one': {
      file: 'nn/mask.ts',
      find: 'k < filler',
      replace: 'k <= filler',
      breaks: 'the first token of a padded row is hidden',
    },
    'mask-one-query': {
      file: 'nn/mask.ts',
      find: 'if (queries === 1 && !padded && documents === undefined',
      replace: 'if (queries === 1 && documents === undefined',
      breaks: 'decoding one token looks at the filler of padded rows',
    },
    'counted-past': {
      file: 'nn/mask.ts',
      find: 'past + t < (leftPadding?.[row] ?? 0)',
      replace: 't < (leftPadding?.[row] ?? 0)',
      breaks: 'with a cache the new token of a padded row counts as filler',
    },
    'eval-stops-at-root': {
      file: 'nn/module.ts',
      find: '    for (const [, child] of this.children()) child.setTraining(on);\n',
      replace: '',
      breaks: 'eval() leaves the dropout of inner layers on',
    },
    'block-dropout-feed-forward': {
      file: 'nn/block.ts',
      find: 'h.add(this.dropout.forward(this.mlp.forward(this.postAttentionLayernorm.forward(h), pass)))',
      replace: 'h.add(this.mlp.forward(this.postAttentionLayernorm.forward(h), pass))',
      breaks: 'hidden dropout leaves out the feed-forward part',
    },
    'dropout-in-evaluation': {
      file: 'nn/dropout.ts',
      find: 'return this.training && this.probability > 0;',
      replace: 'return this.probability > 0;',
      breaks: 'dropout acts in evaluation',
    },
    'checkpointed-losses': {
      file: 'nn/checkpointed.ts',
      find: "value: kind === 'losses' ? part : part.detach()",
      replace: 'value: part.detach()',
      breaks: 'under activation checkpointing the balance loss has no gradient',
    },
  },
};
