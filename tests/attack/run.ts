/**
 * npx tsx tests/attack/run.ts [flags]: attack what docs/promises.md promises, for an hour. Not a part of npm test.
 *
 *   kills      runs killed and stopped at random moments, with one or two writers, and continued
 *   restarts   stages started again in the directory of a finished run, killed, and continued
 *   disks      disks that fill up, files that may not grow, places that cannot be written to
 *   readers    mutated files in front of every reader (tests/attack/readers.ts)
 *
 * The last line counts tries and faults; with faults the exit code is 1. README.md here says how to see one again.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../src/cli/command.ts';
import type { FlagTable } from '../../src/cli/flags.ts';
import { disksTrial } from './disks.ts';
import { killsTrial } from './kills.ts';
import { attackReaders } from './readers-part.ts';
import { restartsTrial } from './restarts.ts';
import { endAll } from './session.ts';
import { attackFolder, Trial } from './trial.ts';
import { Baselines } from './world.ts';

const tally = { kills: 0, secondWriters: 0, restarts: 0, fullDisks: 0, forbidden: 0 };

/** Parts made of trials, with their share of the time. */
const parts = {
  kills: { share: 0.6, trial: killsTrial },
  restarts: { share: 0.25, trial: restartsTrial },
  disks: { share: 0.15, trial: disksTrial },
} as const;
type Part = keyof typeof parts;
const names = Object.keys(parts) as Part[];

const flags = {
  seconds: { type: 'number', whole: true, min: 1, help: 'how long', default: '3600' },
  short: { type: 'boolean', help: 'about a minute: a few trials of each part, as in CI' },
  seed: {
    type: 'number',
    whole: true,
    min: 0,
    help: 'of the first trial; the next ones count up',
    default: '1',
  },
  only: { type: 'list', value: 'A,B', choices: [...names, 'readers'], help: 'these parts', default: 'all' },
  trials: { type: 'number', whole: true, min: 1, help: 'at most this many trials of each part' },
} as const satisfies FlagTable;

await runCommand({
  usage: 'npx tsx tests/attack/run.ts [flags]    attack the promises of docs/promises.md',
  flags,
  async run({ seconds: given, short = false, seed = 1, only = [...names, 'readers'], trials = Infinity }) {
    const seconds = given ?? (short ? 60 : 3600);
    const folder = attackFolder();
    const baselines = new Baselines(join(folder, 'baselines'));
    let faults = 0;
    // However it ends: what it started goes, and what it wrote, unless that shows a fault.
    process.on('exit', () => {
      endAll();
      if (faults === 0) rmSync(folder, { recursive: true, force: true });
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => process.exit(130));
    // The readers need no other process: they run beside the rest.
    const readers = only.includes('readers') ? attackReaders({ seed, short }) : null;
    for (const name of names.filter((part) => only.includes(part))) {
      const { share, trial: attack } = parts[name];
      const until = performance.now() + seconds * 1000 * (only.length === 1 ? 1 : share);
      for (let n = 0; n < trials && performance.now() < until; n++) {
        const trial = new Trial(name, seed + n, join(folder, `${name}-${seed + n}`));
        await attack(trial, baselines, tally);
        trial.close();
        faults += trial.faults.length;
        const sum = Object.entries(tally).map(([what, count]) => `${what} ${count}`);
        process.stderr.write(`${name} ${seed + n}: ${sum.join(', ')}, faults ${faults}\n`);
      }
    }
    const read = await readers;
    faults += read?.faults ?? 0;
    if (faults > 0) process.stdout.write(`The folders of the faults are in ${folder}\n`);
    const { kills, secondWriters, restarts, fullDisks, forbidden } = tally;
    const counts = [
      `${kills} kills`,
      `${secondWriters} second writers`,
      `${restarts} restarts`,
      `${fullDisks} full disks`,
      `${forbidden} forbidden places`,
      ...(read === null ? [] : [`${read.files.toLocaleString('en')} mutated files`]),
    ];
    process.stdout.write(`${counts.join(', ')}, ${faults} faults\n`);
    return faults === 0 ? 0 : 1;
  },
});
