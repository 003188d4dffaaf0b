/** Bugs in the optimizer, on either backend, and in the schedule. */
import type { Area } from '../bug.ts';

export const optim: Area = {
  name: 'optim',
  tests:
    'optim/ models/trajectory training/supervised training/loop training/checkpoint tensor/backends/wasm/optimizer',
  bugs: {
    'clip-not-applied': {
      file: 'training/supervised.ts',
      find: 'optimizer.update(lr, clipFactor(gradNorm, gradClip))',
      replace: 'optimizer.update(lr)',
      breaks: 'gradients are measured but not clipped',
    },
    'clip-off': {
      file: 'optim/clip.ts',
      find: 'return limit > 0 && norm > limit ?',
      replace: 'return norm > limit ?',
      breaks: '--grad-clip 0 makes every update zero instead of leaving it alone',
    },
    'decay-biases': {
      file: 'optim/adamw.ts',
      find: 'return parameter.rank >= 2;',
      replace: 'return parameter.rank >= 1;',
      breaks: 'norm gains and biases decay',
    },
    'decay-embeddings': {
      file: 'optim/adamw.ts',
      find: "if (name.endsWith('embed_tokens.weight')) return decayEmbeddings;",
      replace: "if (name === 'embed_tokens.weight') return decayEmbeddings;",
      breaks: 'the embedding table of a whole model decays',
    },
    'resumed-step': {
      file: 'optim/adamw.ts',
      find: '    this.step = step;\n',
      replace: '',
      breaks: 'bias correction starts anew after a resume',
    },
    'wasm-bias-correction': {
      file: 'tensor/backends/wasm/optimizer.ts',
      find: '1 / (1 - power(u.beta2, u.step))',
      replace: '1 / (1 - u.beta2)',
      breaks: 'the second moment is corrected as in the first step for ever, on wasm',
    },
    'reference-eps': {
      file: 'tensor/backends/reference/optimizer.ts',
      find: '(Math.sqrt(second / correction2) + eps)',
      replace: 'Math.sqrt(second / correction2 + eps)',
      breaks: 'eps stands inside the root',
      tests: 'optim/adamw',
    },
    'wasm-table-chunks': {
      file: 'tensor/backends/wasm/optimizer.ts',
      find: 'this.chunks += Math.ceil(size / CHUNK);',
      replace: 'this.chunks += Math.floor(size / CHUNK) + 1;',
      breaks: 'a parameter of exactly 4096 elements shifts those after it',
    },
    'warmup-from-zero': {
      file: 'optim/schedule.ts',
      find: '(learningRate * (step + 1)) / warmup',
      replace: '(learningRate * step) / warmup',
      breaks: 'the first update is made at rate 0',
    },
    'schedule-final-share': {
      file: 'optim/schedule.ts',
      find: '(1 - finalShare) * 0.5',
      replace: '0.5',
      breaks: 'the rate after warm-up is above the highest',
    },
  },
};
