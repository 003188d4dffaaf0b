/**
 * npx tsx bench/peers/compare.ts [flags]: this project against others, as processes that take turns within seconds.
 *
 * Every peer is a process that stays alive and waits to be asked (../turns/). In each round everybody runs once; values are
 * medians over the rounds, with the best beside them, and a ratio is the median of the rounds' own ratios: ours over the peer's
 * with the same number of threads. README.md says what each peer needs.
 */
import { runCommand } from '../../src/cli/command.ts';
import type { FlagTable } from '../../src/cli/flags.ts';
import { UserError } from '../../src/errors.ts';
import { printer, processor } from '../children.ts';
import { batches } from '../generate.ts';
import type { Measurement } from '../measurement.ts';
import { type Product, productName, trainingProducts } from '../products.ts';
import { TURN_MS } from '../train.ts';
import { trainingSizes } from '../trainer.ts';
import { startSpinning } from '../turns/busy.ts';
import { Child, ChildError, ourProgram, type Program } from '../turns/child-process.ts';
import type { Task } from '../turns/protocol.ts';
import { disturbance, faster, measurementOf, type Series, takeTurns } from '../turns/rounds.ts';
import { type Group, groupNames, peerNames, peersOf } from './programs.ts';

const flags = {
  json: { type: 'boolean', help: 'one JSON object per line' },
  only: { type: 'list', value: 'A,B', choices: groupNames, help: 'groups to compare', default: 'all' },
  sizes: { type: 'list', value: 'A,B', help: 'only these: nano, 256x256x256', default: 'all' },
  peers: {
    type: 'list',
    value: 'A,B',
    choices: peerNames,
    help: `of ${peerNames.join(', ')}`,
    default: 'all but pytorch-compile, which takes a minute to start',
  },
  python: { type: 'text', value: 'PATH', help: 'interpreter with torch', default: '$PYTHON or python3' },
  node: { type: 'text', value: 'PATH', help: 'the Node that runs our side', default: 'the one that trains' },
  wide: { type: 'choice', choices: ['auto', 'on', 'off'], help: '256-bit arithmetic', default: 'auto' },
  rounds: { type: 'number', whole: true, min: 1, help: 'turns of each process', default: '7' },
  threads: { type: 'list', value: 'N,M', help: 'numbers of threads', default: '1,2; products: 1' },
  busy: { type: 'boolean', help: 'beside a program that keeps one core busy for two minutes' },
} as const satisfies FlagTable;

await runCommand({
  usage: 'npx tsx bench/peers/compare.ts [flags]    this project against others, in turns',
  flags,
  async run({ json = false, only, sizes, peers, python, node, wide, rounds = 7, threads, busy = false }) {
    const print = printer(json);
    const interpreter = python ?? process.env.PYTHON ?? 'python3';
    const chosen = peers ?? peerNames.filter((name) => name !== 'pytorch-compile');
    process.stderr.write(`${processor()}\n`);
    const company = busy ? startSpinning() : null;
    process.once('exit', () => company?.kill());
    for (const group of groupNames) {
      if (only !== undefined && !only.includes(group)) continue;
      const counts = threads?.map(threadsFrom) ?? (group === 'gemm' ? [1] : [1, 2]);
      const ours = counts.map((count) => ourProgram({ threads: count, wide, node }));
      const others = chosen.flatMap((name) => peersOf(group, name, counts, interpreter));
      const children = await startPresent(ours, others);
      try {
        for (const [name, task] of tasksOf(group)) {
          if (sizes === undefined || sizes.some((size) => size === name || name.startsWith(`${size} `))) {
            process.stderr.write(`${group} ${name} ...\n`);
            for await (const row of compare(children, group, name, task, rounds)) print(row);
          }
        }
      } finally {
        for (const child of children) child.stop();
      }
    }
    company?.kill();
    return 0;
  },
});

/** Ours must be there; a peer that does not start is left out with a sentence. */
async function startPresent(ours: readonly Program[], others: readonly Program[]): Promise<Child[]> {
  const children: Child[] = [];
  for (const program of ours) children.push(await Child.start({ ...program, name: 'ours' }));
  for (const program of others) {
    try {
      children.push(await Child.start(program));
    } catch (error) {
      if (!(error instanceof ChildError)) throw error;
      process.stderr.write(`${program.name}: ${error.message}\n`);
    }
  }
  return children;
}

/** What is compared in a group, by name. */
function tasksOf(group: Group): [string, Task][] {
  switch (group) {
    case 'train':
      return trainingSizes.map(({ name, rows }) => [name, { group, name, rows }]);
    case 'generate':
      return ['pico', 'nano', 'micro'].flatMap((name) =>
        batches.map((batch): [string, Task] => [
          batch === 1 ? name : `${name} x ${batch}`,
          { group, name, batch },
        ]),
      );
    case 'gemm': {
      const cube: Product = { size: [256, 256, 256], form: 'nn' };
      const products = [cube, ...trainingProducts('nano', 16 * 128)];
      return products.map((product) => [productName(product), { group, ...product }]);
    }
  }
}

async function* compare(
  children: readonly Child[],
  group: Group,
  name: string,
  task: Task,
  rounds: number,
): AsyncGenerator<Measurement> {
  const leaveOut = (child: Child, why: string) => {
    if (child.name === 'ours') throw new ChildError(why);
    process.stderr.write(`${child.name}: ${why}\n`);
  };
  const result = await takeTurns(
    children.map((child) => ({ child, task })),
    { rounds, leastMs: TURN_MS, ceilings: children.filter((child) => child.name === 'ours'), leaveOut },
  );
  const warning = disturbance(result.ceilings);
  for (const series of result.series) {
    yield {
      ...measurementOf(series, group, name),
      ratios: { ...overFewerThreads(series, result.series), ...overPeers(series, result.series) },
      ...(warning === null ? {} : { warning }),
    };
  }
  await result.close();
}

/** Ratio to the same program on fewer threads. */
function overFewerThreads(own: Series, all: readonly Series[]): Record<string, number> {
  const fewer = all.find((other) => other.child.name === own.child.name && threadsOf(other) < threadsOf(own));
  return fewer === undefined ? {} : { [`${threadsOf(fewer)}t`]: faster(own, fewer) };
}

/** Ours over each peer with as many threads. */
function overPeers(own: Series, all: readonly Series[]): Record<string, number> {
  if (own.child.name !== 'ours') return {};
  const peers = all.filter(({ child }) => child.name !== 'ours');
  const alike = peers.filter((peer) => threadsOf(peer) === threadsOf(own));
  return Object.fromEntries(alike.map((peer) => [peer.child.name, faster(own, peer)]));
}

function threadsOf({ child }: Series): number {
  return child.greeting.threads;
}

function threadsFrom(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new UserError(`--threads must be whole numbers from 1 to 64, separated by commas; got ${text}`);
}
