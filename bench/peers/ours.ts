/**
 * Our side of the comparison, as a process of its own: npx tsx bench/peers/ours.ts train|generate|gemm --threads 2
 *
 * Prints the same JSON lines as the peers.
 */
import { runCommand } from '../../src/cli/command.ts';
import type { FlagTable } from '../../src/cli/flags.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import { type Form, gemmName, productOn } from '../gemm.ts';
import { makeDecoder } from '../generate.ts';
import { alternate, median } from '../timing.ts';
import { makeTrainer, trainingSizes } from '../trainer.ts';

const flags = {
  group: {
    type: 'choice',
    choices: ['train', 'generate', 'gemm'],
    help: 'what to measure',
    default: 'train',
  },
  threads: { type: 'number', whole: true, min: 1, max: 64, help: 'threads', default: '2' },
  sizes: { type: 'text', value: 'JSON', help: 'products: [[m, k, n, "nn"], ...]', default: '[]' },
} as const satisfies FlagTable;

await runCommand({
  usage: 'npx tsx bench/peers/ours.ts [flags]    our side of a comparison',
  flags,
  async run({ group = 'train', threads = 2, sizes = '[]' }) {
    const backend = await startWasmBackend({ threads });
    const print = (name: string, value: number, unit: string) =>
      process.stdout.write(`${JSON.stringify({ group, name, backend: 'ours', threads, value, unit })}\n`);
    if (group === 'train') {
      for (const { name, rows } of trainingSizes) {
        const { step, tokens } = makeTrainer(name, rows, backend);
        const [times] = alternate({ rounds: name === 'micro' ? 5 : 15, warmup: 3, leastMs: 0 }, [step]);
        print(name, (1000 * tokens) / median(times!), 'tokens/s');
      }
    } else if (group === 'generate') {
      const run = makeDecoder('nano', backend);
      const times: number[] = [];
      for (let round = -2; round < 5; round++) {
        const ms = await run();
        if (round >= 0) times.push(ms);
      }
      print('nano', 1000 / median(times), 'tokens/s');
    } else {
      for (const [m, k, n, form] of JSON.parse(sizes) as [number, number, number, Form][]) {
        const [times] = alternate({ rounds: 9, leastMs: 3 }, [productOn(backend, [m, k, n], form)]);
        print(gemmName([m, k, n], form), (2 * m * k * n) / median(times!) / 1e6, 'GFLOP/s');
      }
    }
    backend.stop();
    return 0;
  },
});
