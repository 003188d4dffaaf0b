/**
 * npm run bench [-- flags]: how fast this machine computes: medians and bests, with ratios of what took turns.
 *
 *   gemm       matrix products against the SIMD ceiling, the reference backend and the textbook loop
 *   ops        each fused kernel and the main plain ones, at the sizes of a nano step
 *   train      tokens per second of a whole training step (forward, backward, clipping, AdamW), and where the time goes
 *   moe        a step of a mixture of experts against the dense step of equal active parameters
 *   generate   tokens per second of greedy decoding with a KV cache, 1, 8 and 64 texts at once
 *   scale      cost per token against the number of parameters, pico to 92m
 *   beside     more threads against one while another program keeps a core busy
 *   memory     most bytes of nano training against the formula, and whether it stays flat
 *   gpu        each mode of the gpu backend that starts here: products, training, cost of a launch, share of transfers
 *   stages     seconds of each stage of a run that has been made (--run)
 *
 * Every backend lives in a process of its own; the processes take turns within fractions of a second (turns/). Other programs
 * on the same machine disturb all the same: close them. Comparisons with other projects are in bench/peers/.
 */
import { availableParallelism } from 'node:os';
import { runCommand } from '../src/cli/command.ts';
import type { FlagTable } from '../src/cli/flags.ts';
import { UserError } from '../src/errors.ts';
import { beside } from './beside.ts';
import { type Bench, printer, processor, startAll } from './children.ts';
import { gemm } from './gemm.ts';
import { decode } from './generate.ts';
import { gpu } from './gpu.ts';
import type { Measurement } from './measurement.ts';
import { memory } from './memory.ts';
import { moe } from './moe.ts';
import { ops } from './ops.ts';
import { scale } from './scale.ts';
import { stages } from './stages.ts';
import { train } from './train.ts';
import { ourProgram, usualNode } from './turns/child-process.ts';

type Group = (bench: Bench) => AsyncIterable<Measurement>;

const groups: Readonly<Record<string, Group>> = {
  gemm,
  ops,
  train,
  moe,
  generate: decode,
  scale,
  beside,
  memory,
  gpu,
};
const names = [...Object.keys(groups), 'stages'];

const flags = {
  json: { type: 'boolean', help: 'one JSON object per line' },
  only: {
    type: 'list',
    value: 'A,B',
    choices: names,
    help: `groups: ${names.join(', ')}`,
    default: 'all but stages',
  },
  sizes: {
    type: 'list',
    value: 'A,B',
    help: 'only these names within a group: nano, 256x256x256, softmax',
    default: 'all',
  },
  rounds: { type: 'number', whole: true, min: 1, help: 'turns of each candidate', default: '3 to 15' },
  backend: { type: 'choice', choices: ['reference', 'wasm'], help: 'what computes', default: 'wasm' },
  threads: { type: 'list', value: 'N,M', help: 'numbers of threads to measure', default: '1,2' },
  wide: {
    type: 'choice',
    choices: ['auto', 'on', 'off', 'both'],
    help: '256-bit arithmetic; both: off and on take turns',
    default: 'auto',
  },
  node: {
    type: 'list',
    value: 'PATHS',
    help: 'Node binaries that take turns',
    default: 'the one that trains',
  },
  steps: {
    type: 'number',
    whole: true,
    min: 1,
    help: 'training steps of the memory group',
    default: '300',
  },
  run: { type: 'text', value: 'DIR', help: 'the run whose stages are shown' },
} as const satisfies FlagTable;

await runCommand({
  usage: 'npm run bench -- [flags]    measure the speed of this machine',
  flags,
  async run({ json = false, only, sizes, rounds, backend = 'wasm', threads, wide, node, steps = 300, run }) {
    const wanted = only ?? Object.keys(groups).concat(run === undefined ? [] : ['stages']);
    if (run === undefined && wanted.includes('stages')) {
      throw new UserError('The stages group shows a run that has been made: say which with --run DIR');
    }
    const print = printer(json);
    if (run !== undefined && wanted.includes('stages')) for (const each of stages(run)) print(each);
    const chosen = Object.entries(groups).filter(([name]) => wanted.includes(name));
    if (chosen.length === 0) return 0;
    const programs = programsOf({ backend: backend as 'reference' | 'wasm', threads, wide, node });
    const children = await startAll(programs);
    process.stderr.write(`${processor()}\n`);
    const bench: Bench = {
      children,
      steps,
      rounds: (usual) => rounds ?? usual,
      wants: (name) => sizes === undefined || sizes.includes(name),
    };
    try {
      for (const [name, measure] of chosen) {
        process.stderr.write(`${name} ...\n`);
        for await (const result of measure(bench)) print(result);
      }
    } finally {
      for (const child of children) child.stop();
    }
    return 0;
  },
});

interface Choice {
  readonly backend: 'reference' | 'wasm';
  readonly threads: readonly string[] | undefined;
  readonly wide: string | undefined;
  readonly node: readonly string[] | undefined;
}

/** Every Node with every width with every number of threads; what the others are compared with comes first. */
function programsOf({ backend, threads, wide, node = [usualNode()] }: Choice) {
  if (backend === 'reference') {
    if (threads !== undefined && threads.join() !== '1') {
      throw new UserError('--threads belongs to --backend wasm; the reference backend has one thread');
    }
    return node.map((each) => ourProgram({ threads: 1, backend, node: each }));
  }
  const counts = threads === undefined ? usualThreads() : threads.map(threadsFrom);
  const widths = wide === 'both' ? ['off', 'on'] : [wide];
  return node.flatMap((each) =>
    widths.flatMap((width) => counts.map((count) => ourProgram({ threads: count, wide: width, node: each }))),
  );
}

function usualThreads(): number[] {
  return [...new Set([1, Math.min(2, availableParallelism())])];
}

function threadsFrom(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new UserError(`--threads must be whole numbers from 1 to 64, separated by commas; got ${text}`);
}
