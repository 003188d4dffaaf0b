/**
 * npx tsx tests/diagnosis/spoiled-runs.ts --preset nano --out DIR: trains a good run and six spoiled ones, asks src/diagnose.ts
 * about each, and prints a table. Not a test: at nano it takes a quarter of an hour. Runs that are there are not made again.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../src/cli/command.ts';
import { UserError } from '../../src/errors.ts';
import { allPresetNames } from '../../src/models/presets.ts';
import { spoiledRuns } from './spoil.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function tsx(args: readonly string[]): string {
  const { stdout, stderr, status } = spawnSync('npx', ['tsx', ...args], { cwd: root, encoding: 'utf8' });
  // A run that its fault has ended is a run to diagnose as well.
  if (status !== 0) process.stderr.write(`${args.join(' ')}: ${stderr.trimEnd().split('\n').at(-1)}\n`);
  return stdout;
}

interface Answer {
  readonly stages: readonly {
    readonly name: string;
    readonly verdict: string;
    readonly causes: readonly { readonly name: string }[];
  }[];
}

/** Stage -> the causes named, of those that are off. */
function offStages(run: string): Map<string, readonly string[]> {
  const output = tsx(['src/diagnose.ts', '--run', run, '--json']);
  if (output === '') throw new UserError(`${run} could not be diagnosed`);
  const { stages } = JSON.parse(output) as Answer;
  const off = stages.filter(({ verdict }) => verdict === 'off');
  return new Map(off.map(({ name, causes }) => [name, causes.map((cause) => cause.name)]));
}

await runCommand({
  usage:
    'npx tsx tests/diagnosis/spoiled-runs.ts [flags]    six faults, and whether src/diagnose.ts names them',
  flags: {
    preset: { type: 'choice', choices: allPresetNames(), help: 'size of the model', default: 'nano' },
    data: { type: 'text', value: 'DIR', help: 'what they learn from', default: 'data' },
    out: { type: 'text', value: 'DIR', help: 'where the runs are kept', default: 'runs/spoiled' },
    good: { type: 'text', value: 'DIR', help: 'a good run to start from', default: 'one is trained' },
    quick: { type: 'boolean', help: 'with --quick' },
  },
  async run({ preset = 'nano', data = 'data', out = 'runs/spoiled', quick = false, ...values }) {
    const good = values.good ?? join(out, 'good');
    const short = quick ? ['--quick'] : [];
    const size = ['--preset', preset, ...short];
    if (!existsSync(join(good, 'dpo'))) {
      const all = 'tokenizer,pretrain,sft,reward,ppo,dpo';
      tsx(['src/train.ts', ...size, '--data', data, '--out', good, '--stages', all]);
    }
    const rows = [
      ['none', [...offStages(good).keys()].map((name) => `WRONG: ${name} off`).join() || 'normal'],
    ];
    for (const { fault, cause, stage, flags, preload } of spoiledRuns({
      good,
      data,
      folder: out,
      preset,
      quick,
    })) {
      const run = join(out, fault.replaceAll(' ', '-'));
      const isFrom = flags.includes('--init-from'); // the size is that of the model there
      const before = preload === undefined ? [] : ['--import', preload];
      if (!existsSync(join(run, 'run.json')))
        tsx([...before, 'src/train.ts', ...(isFrom ? short : size), '--out', run, ...flags]);
      const named = offStages(run).get(stage) ?? [];
      rows.push([fault, `${named[0] === cause ? 'named' : 'WRONG'}: ${named.join(', ') || 'normal'}`]);
    }
    for (const [fault, answer] of rows) process.stdout.write(`| ${fault!.padEnd(18)} | ${answer} |\n`);
    return 0;
  },
});
