/**
 * npx tsx bench/peers/compare.ts [--json] [--only train,generate,gemm] [--python PATH] [--compile] [--rounds N] [--threads N]
 *
 * Runs this project and each peer in turn, as processes, `rounds` times. Values are medians over the rounds; a ratio is the
 * median of the rounds' own ratios, so that a slow minute hits both sides. README.md says what each peer needs.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/cli/command.ts';
import type { FlagTable } from '../../src/cli/flags.ts';
import { trainingProducts } from '../gemm.ts';
import { median } from '../timing.ts';

interface Process {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface Line {
  readonly name: string;
  readonly threads: number;
  readonly value: number;
  readonly unit: string;
}

const here = fileURLToPath(new URL('.', import.meta.url));
const groupNames = ['train', 'generate', 'gemm'] as const;
type Group = (typeof groupNames)[number];

const flags = {
  json: { type: 'boolean', help: 'one JSON object per line' },
  only: { type: 'list', value: 'A,B', choices: groupNames, help: 'groups to compare', default: 'all' },
  python: { type: 'text', value: 'PATH', help: 'interpreter with torch', default: '$PYTHON or python3' },
  compile: { type: 'boolean', help: 'also torch.compile (slow to start)' },
  rounds: { type: 'number', whole: true, min: 1, help: 'turns of each process', default: '3' },
  threads: { type: 'number', whole: true, min: 1, max: 64, help: 'threads (products: 1)', default: '2' },
} as const satisfies FlagTable;

await runCommand({
  usage: 'npx tsx bench/peers/compare.ts [flags]    this project against others, alternately',
  flags,
  async run({ json, only, python, compile = false, rounds = 3, threads = 2 }) {
    const interpreter = python ?? process.env.PYTHON ?? 'python3';
    for (const group of groupNames) {
      if (only !== undefined && !only.includes(group)) continue;
      const contenders = contendersOf(group, { interpreter, compile, threads });
      const results = takeTurns(contenders, rounds);
      for (const row of tableOf(group, results)) {
        process.stdout.write(json ? `${JSON.stringify(row)}\n` : formatRow(row));
      }
    }
    return 0;
  },
});

/** Ours first, then the peers of a group. */
function contendersOf(
  group: Group,
  { interpreter, compile, threads }: { interpreter: string; compile: boolean; threads: number },
): Process[] {
  const products = [[256, 256, 256, 'nn'], ...uniqueProducts()];
  const sizes = ['--sizes', JSON.stringify(products)];
  const count = ['--threads', group === 'gemm' ? '1' : String(threads)];
  const script = (name: string, file: string, extra: readonly string[] = []) =>
    file.endsWith('.py')
      ? { name, command: interpreter, args: [`${here}${file}`, ...count, ...extra] }
      : { name, command: process.execPath, args: [`${here}${file}`, ...extra] };
  const ours = {
    name: 'ours',
    command: process.execPath,
    args: [
      '--import',
      'tsx',
      `${here}ours.ts`,
      '--group',
      group,
      ...count,
      ...(group === 'gemm' ? sizes : []),
    ],
  };
  switch (group) {
    case 'train':
      return [
        ours,
        script('pytorch', 'pytorch_train.py'),
        ...(compile ? [script('pytorch-compile', 'pytorch_train.py', ['--compile'])] : []),
      ];
    case 'generate':
      return [ours, script('transformers', 'pytorch_generate.py')];
    case 'gemm':
      return [
        ours,
        script('jax-js', 'jax_gemm.mjs', sizes),
        script('tfjs-wasm', 'tfjs_gemm.mjs', sizes),
        script('pytorch', 'pytorch_gemm.py', sizes),
      ];
  }
}

function uniqueProducts() {
  return trainingProducts('nano', 16 * 128).map(({ size, form }) => [...size, form]);
}

/** lines[process][round]: what each printed; a process that fails is left out with its last sentence. */
function takeTurns(processes: readonly Process[], rounds: number): Map<string, Line[][]> {
  const results = new Map<string, Line[][]>();
  const absent = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, command, args } of processes) {
      if (absent.has(name)) continue;
      process.stderr.write(`round ${round + 1} of ${rounds}: ${name}\n`);
      const { status, stdout, stderr, error } = spawnSync(command, args, {
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      });
      if (error !== undefined || status !== 0) {
        const reason = error?.message ?? stderr.trim().split('\n').at(-1);
        process.stderr.write(`${name}: ${reason}\n`);
        absent.add(name);
        results.delete(name);
        continue;
      }
      const lines = stdout
        .split('\n')
        .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
      results.set(name, [...(results.get(name) ?? []), lines]);
    }
  }
  return results;
}

interface Row {
  readonly group: Group;
  readonly name: string;
  readonly threads: number;
  readonly unit: string;
  readonly values: Readonly<Record<string, number>>;
  /** Ours over the peer's. */
  readonly ratios: Readonly<Record<string, number>>;
}

function tableOf(group: Group, results: ReadonlyMap<string, Line[][]>): Row[] {
  const ours = results.get('ours');
  if (ours === undefined) return [];
  return ours[0]!.map(({ name, threads, unit }) => {
    const series = new Map(
      [...results].map(([process, rounds]) => [
        process,
        rounds.flatMap((lines) => lines.filter((line) => line.name === name).map(({ value }) => value)),
      ]),
    );
    const own = series.get('ours')!;
    const values = Object.fromEntries([...series].map(([process, list]) => [process, median(list)]));
    const peers = [...series].filter(([process, list]) => process !== 'ours' && list.length === own.length);
    const ratios = Object.fromEntries(
      peers.map(([process, list]) => [process, median(own.map((value, round) => value / list[round]!))]),
    );
    return { group, name, threads, unit, values, ratios };
  });
}

function formatRow({ group, name, threads, unit, values, ratios }: Row): string {
  const number = (value: number) => value.toFixed(value < 100 ? 1 : 0);
  const parts = Object.entries(values).map(([process, value]) => {
    const ratio = ratios[process] === undefined ? '' : ` (${ratios[process].toFixed(2)}x)`;
    return `${process} ${number(value)}${ratio}`;
  });
  return `${group.padEnd(9)} ${name.padEnd(18)} ${threads}t  ${parts.join('   ')}  ${unit}\n`;
}
