/**
 * npm run bench [-- flags]: how fast this machine computes, in medians, with ratios of what ran alternately.
 *
 *   gemm       matrix products against the SIMD ceiling, the reference backend and the textbook loop
 *   ops        each fused kernel and the main plain ones, at the sizes of a nano step
 *   train      tokens per second of a whole training step (forward, backward, clipping, AdamW), and where the time goes
 *   moe        a step of a mixture of experts against the dense step of equal active parameters
 *   generate   tokens per second of greedy decoding with a KV cache
 *   memory     most bytes of nano training against the formula, and whether it stays flat
 *   gpu        each mode of the gpu backend that starts here: products, training, cost of a launch, share of transfers
 *
 * Other programs on the same machine disturb: close them. Comparisons with other projects are in bench/peers/.
 */
import { availableParallelism } from 'node:os';
import { runCommand } from '../src/cli/command.ts';
import type { FlagTable } from '../src/cli/flags.ts';
import { UserError } from '../src/errors.ts';
import { type Bench, startContenders } from './backends.ts';
import { gemm } from './gemm.ts';
import { decode } from './generate.ts';
import { gpu } from './gpu.ts';
import { formatMeasurement, type Measurement } from './measurement.ts';
import { memory } from './memory.ts';
import { moe } from './moe.ts';
import { ops } from './ops.ts';
import { train } from './train.ts';

type Group = (bench: Bench) => Iterable<Measurement> | AsyncIterable<Measurement>;

const groups: Readonly<Record<string, Group>> = { gemm, ops, train, moe, generate: decode, memory, gpu };

const flags = {
  json: { type: 'boolean', help: 'one JSON object per line' },
  only: {
    type: 'list',
    value: 'A,B',
    choices: Object.keys(groups),
    help: `groups: ${Object.keys(groups).join(', ')}`,
    default: 'all',
  },
  backend: { type: 'choice', choices: ['reference', 'wasm'], help: 'what computes', default: 'wasm' },
  threads: {
    type: 'number',
    whole: true,
    min: 1,
    max: 64,
    help: 'measure one thread and this many',
    default: '2',
  },
  steps: {
    type: 'number',
    whole: true,
    min: 1,
    help: 'training steps of the memory group',
    default: '300',
  },
} as const satisfies FlagTable;

await runCommand({
  usage: 'npm run bench -- [flags]    measure the speed of this machine',
  flags,
  async run({ json, only, backend = 'wasm', threads, steps = 300 }) {
    if (backend === 'reference' && threads !== undefined && threads > 1) {
      throw new UserError('--threads belongs to --backend wasm; the reference backend has one thread');
    }
    const count = threads ?? Math.min(2, availableParallelism());
    const contenders = await startContenders(backend as 'reference' | 'wasm', count);
    try {
      for (const [name, measure] of Object.entries(groups)) {
        if (only !== undefined && !only.includes(name)) continue;
        process.stderr.write(`${name} ...\n`);
        for await (const result of measure({ contenders, steps })) {
          process.stdout.write(json ? `${JSON.stringify(result)}\n` : formatMeasurement(result));
        }
      }
    } finally {
      for (const { wasm } of contenders) wasm?.stop();
    }
    return 0;
  },
});
