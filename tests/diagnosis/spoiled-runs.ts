/**
 * npx tsx tests/diagnosis/spoiled-runs.ts --preset nano --out DIR: trains a good run and six spoiled ones, asks src/diagnose.ts
 * about each, and prints a table. Not a test: at nano it takes a quarter of an hour.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/cli/command.ts';
import { allPresetNames } from '../../src/models/presets.ts';
import { preloading, spoiledRuns } from './spoil.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function tsx(args: readonly string[], nodeOptions?: string): string {
  const env = nodeOptions === undefined ? process.env : { ...process.env, NODE_OPTIONS: nodeOptions };
  const { stdout, stderr, status } = spawnSync('npx', ['tsx', ...args], { cwd: root, encoding: 'utf8', env });
  if (status !== 0)
    process.stderr.write(`${args.join(' ')} ended with ${status}: ${stderr.trimEnd().split('\n').at(-1)}\n`);
  return stdout;
}

await runCommand({
  usage:
    'npx tsx tests/diagnosis/spoiled-runs.ts --out DIR [flags]    six faults, and whether diagnose names them',
  flags: {
    preset: { type: 'choice', choices: allPresetNames(), help: 'size of the model', default: 'nano' },
    data: { type: 'text', value: 'DIR', help: 'what they learn from', default: 'data' },
    out: { type: 'text', value: 'DIR', help: 'where the runs are kept', default: 'runs/spoiled' },
    good: { type: 'text', value: 'DIR', help: 'a good run to start from', default: 'one is trained' },
    lr: { type: 'number', above: 0, help: 'the usual learning rate of pretraining', default: '3e-3' },
    quick: { type: 'boolean', help: 'with --quick' },
  },
  async run({ preset = 'nano', data = 'data', out = 'runs/spoiled', lr, quick = false, ...values }) {
    const good = values.good ?? join(out, 'good');
    const size = ['--preset', preset, ...(quick ? ['--quick'] : [])];
    if (!existsSync(join(good, 'dpo')))
      tsx([
        'src/train.ts',
        ...size,
        '--data',
        data,
        '--out',
        good,
        '--stages',
        'tokenizer,pretrain,sft,reward,ppo,dpo',
      ]);
    const line = (run: string, stage: string) => {
      const { stages } = JSON.parse(tsx(['src/diagnose.ts', '--run', run, '--json'])) as Answer;
      const found = stages.filter(({ verdict }) => verdict === 'off');
      return { found, own: found.find(({ name }) => name === stage)?.causes.map(({ name }) => name) ?? [] };
    };
    const { found } = line(good, '');
    const rows = [['none', found.length === 0 ? 'normal' : `WRONG: ${JSON.stringify(found)}`]];
    for (const { fault, cause, stage, flags, preload } of spoiledRuns({ good, data, folder: out }, lr)) {
      const run = join(out, fault.replaceAll(' ', '-'));
      const isFrom = flags.includes('--init-from');
      if (!existsSync(join(run, 'run.json')))
        tsx(
          ['src/train.ts', ...(isFrom ? size.slice(2) : size), '--out', run, ...flags],
          preload && preloading(preload),
        );
      const { own } = line(run, stage);
      rows.push([
        fault,
        own[0] === cause ? `named: ${own.join(', ')}` : `WRONG: ${own.join(', ') || 'normal'}`,
      ]);
    }
    for (const [fault, answer] of rows) process.stdout.write(`| ${fault!.padEnd(20)} | ${answer} |\n`);
    return 0;
  },
});

interface Answer {
  readonly stages: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly causes: readonly { readonly name: string }[];
  }[];
}
