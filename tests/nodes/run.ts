/**
 * npx tsx tests/nodes/run.ts --nodes PATH,PATH    the same bits on every Node, and not a word of V8's
 *
 *   tests      of tensor, nn, losses and optim on the Nodes that are named, with V8's 256-bit pass on for every kernel, and off
 *   training   50 steps of nano on this Node and on the named ones, narrow and wide, on one thread and on two: one hash for all
 *   commands   a quick run of all stages, then chat, evaluate and report: one hash, and nothing on standard error but their own
 *
 * Not a part of npm test: it takes a minute for each Node. The last line counts tests and comparisons.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/cli/command.ts';
import type { FlagTable } from '../../src/cli/flags.ts';
import { UserError } from '../../src/errors.ts';
import { temporaryFolder } from '../data/temporary.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = temporaryFolder();
/** Words that only V8 and Node write. */
const FOREIGN = /unrecognized flag|Try --help|Check failed|Fatal|Warning|^\s+at /m;

const parts = ['tests', 'training', 'commands'] as const;

const flags = {
  nodes: { type: 'list', value: 'PATH,PATH', help: 'programs of other Nodes', default: 'none' },
  only: { type: 'list', value: 'A,B', choices: parts, help: `of ${parts.join(', ')}`, default: 'all' },
} as const satisfies FlagTable;

interface Node {
  readonly path: string;
  readonly version: string;
  /** Its V8 has the 256-bit pass. */
  readonly hasPass: boolean;
}

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const total = { passed: 0, failed: 0 };
const rows: string[][] = [['Node', 'width', 'what', 'seconds', 'result']];

await runCommand({
  usage: 'npx tsx tests/nodes/run.ts --nodes PATH,PATH    the same bits on every Node',
  flags,
  async run({ nodes: named = [], only = [...parts] }) {
    const missing = named.find((path) => !existsSync(path));
    if (missing !== undefined) throw new UserError(`--nodes: there is no ${missing}`);
    const nodes: Node[] = [];
    for (const path of new Set([process.execPath, ...named])) nodes.push(await inspect(path));
    const others = nodes.slice(1);
    if (only.includes('tests')) for (const node of others) await tests(node);
    if (only.includes('training')) await training(nodes);
    if (only.includes('commands')) await commands(nodes);
    process.stdout.write(`\n${tableOf(rows)}\n${total.passed} passed, ${total.failed} failed\n`);
    return total.failed === 0 ? 0 : 1;
  },
});

async function inspect(path: string): Promise<Node> {
  const program =
    'const { v8_enable_wasm_simd256_revec: built } = process.config.variables;' +
    "const { versions } = process; console.log(versions.node + ' ' + (parseFloat(versions.v8) >= 13.6 && built === 1))";
  const { code, stdout, stderr } = await run(path, ['-e', program]);
  if (code !== 0) throw new UserError(`--nodes: ${path} does not start: ${stderr.trim()}`);
  const [version = '', hasPass] = stdout.trim().split(' ');
  return { path, version, hasPass: hasPass === 'true' };
}

/** Every kernel compiled at once by the optimizing compiler, with the pass and without. */
async function tests(node: Node): Promise<void> {
  for (const isOn of node.hasPass ? [true, false] : [false]) {
    const compilers = [
      '--no-liftoff',
      '--no-wasm-lazy-compilation',
      ...(isOn ? ['--experimental-wasm-revectorize'] : []),
    ];
    const hold = ['--import', 'tsx', '--import', './tests/nodes/hold-pass.ts'];
    const words = ['tensor/', 'nn/', 'losses/', 'optim/'].flatMap(filesIn);
    const began = performance.now();
    const { code, stdout, stderr } = await run(node.path, [...compilers, ...hold, 'tests/run.ts', ...words]);
    const [, passed, failed] = /^(\d+) passed, (\d+) failed$/m.exec(stdout) ?? [];
    total.passed += Number(passed ?? 0);
    const isFine = code === 0 && Number(passed) > 0;
    if (!isFine) total.failed += Math.max(1, Number(failed ?? 1));
    if (!isFine) process.stdout.write(`${stdout}${stderr}\n`);
    const result = passed === undefined ? 'did not end' : `${passed} passed, ${failed} failed`;
    note([node.version, isOn ? '256 bit, all kernels' : '128 bit', 'tests', seconds(began), result]);
    quiet(node, 'tests', stderr);
  }
}

/** The tests of a folder, but for those of gpu.js, which has no part in this. */
function filesIn(part: string): string[] {
  const files = readdirSync(join(root, 'tests', part), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.test.ts') && !file.includes('gpu'))
    .map((file) => `tests/${part}${file}`);
}

async function training(nodes: readonly Node[]): Promise<void> {
  const hashes = new Set<string>();
  for (const node of nodes)
    for (const wide of node.hasPass ? ['on', 'off'] : ['off'])
      for (const threads of ['1', '2']) {
        const out = join(folder, `nano-${node.version}-${wide}-${threads}`);
        const steps = ['--stages', 'tokenizer,pretrain', '--preset', 'nano', '--max-steps', '50'];
        const began = performance.now();
        const args = [...steps, '--wide', wide, '--threads', threads, '--out', out];
        const { stderr } = await command(node, 'train', args);
        const bits = isThere(out, 'pretrain') ? hashOf(join(out, 'pretrain')) : 'nothing was trained';
        const width = wide === 'on' ? '256 bit' : '128 bit';
        const says = new RegExp(
          `^backend: wasm \\(\\w+${wide === 'on' ? ', 256 bit' : ''}\\), ${threads} thread`,
          'm',
        );
        check(
          says.test(stderr),
          `Node ${node.version} does not say that it computes with ${width}:\n${stderr}`,
        );
        compare(hashes, bits, [node.version, width, `50 steps, ${threads} thread(s)`, seconds(began)]);
        rmSync(out, { recursive: true, force: true });
      }
}

async function commands(nodes: readonly Node[]): Promise<void> {
  const hashes = new Set<string>();
  const answers = new Set<string>();
  for (const node of nodes) {
    const out = join(folder, `quick-${node.version}`);
    const began = performance.now();
    await command(node, 'train', ['--quick', '--out', out]);
    const stages = isThere(out, '.') ? readdirSync(out).filter((name) => isThere(out, name)) : [];
    const bits = stages.map((stage) => hashOf(join(out, stage))).join(' ');
    compare(hashes, digest(bits), [
      node.version,
      'by trial',
      `--quick, ${stages.length} models`,
      seconds(began),
    ]);
    const start = performance.now();
    const { stdout } = await command(node, 'chat', ['--model', out, '--prompt', '世界上最大的动物是什么？']);
    const said = await command(node, 'evaluate', [
      '--model',
      join(out, 'sft'),
      '--tasks',
      'choice-ppl',
      '--json',
    ]);
    await command(node, 'report', ['--run', out]);
    const heard = digest(stdout + said.stdout);
    compare(answers, heard, [node.version, 'by trial', 'chat, evaluate, report', seconds(start)]);
  }
}

function isThere(out: string, stage: string): boolean {
  return existsSync(join(out, stage, stage === '.' ? 'run.json' : 'model.safetensors'));
}

/** One of src/, which has to end well and to say nothing but its own. */
async function command(node: Node, name: string, args: readonly string[]): Promise<Finished> {
  const finished = await run(node.path, ['--import', 'tsx', `src/${name}.ts`, ...args]);
  check(
    finished.code === 0,
    `${name} on Node ${node.version} ended with ${finished.code}:\n${finished.stderr}`,
  );
  quiet(node, name, finished.stderr);
  return finished;
}

function quiet({ version }: Node, name: string, stderr: string): void {
  const line = stderr.split('\n').find((text) => FOREIGN.test(text));
  check(line === undefined, `${name} on Node ${version} has on standard error: ${line}`);
}

/** The first one says what the others have to be. */
function compare(known: Set<string>, bits: string, row: string[]): void {
  known.add(bits);
  const [first] = known;
  check(bits === first, `${row.join(', ')}: other bits than the first`);
  note([...row, bits]);
}

function check(isFine: boolean, complaint: string): void {
  total[isFine ? 'passed' : 'failed']++;
  if (!isFine) process.stdout.write(`FAIL ${complaint}\n`);
}

function note(row: string[]): void {
  rows.push(row);
  process.stderr.write(`${row.join('  ')}\n`);
}

/** Weights, and what the optimizer remembers. */
function hashOf(directory: string): string {
  const hash = createHash('sha256');
  for (const name of ['model.safetensors', 'optimizer.safetensors'])
    if (existsSync(join(directory, name))) hash.update(readFileSync(join(directory, name)));
  return hash.digest('hex').slice(0, 16);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(0);
}

function tableOf(lines: readonly string[][]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length))); // all are of one length
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function run(program: string, args: readonly string[]): Promise<Finished> {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      out[stream] += text;
    });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...out }));
  });
}
