/** A whole (tiny) run with its report, made once, and copies of it that are changed: what the tests of the report share. */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { silentReporter } from '../../src/training/reporter.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { runAll, worldSettings, writeWorld } from '../training/world.ts';

export const folder = temporaryFolder();
export const world = writeWorld(join(folder, 'world'));
export const run = join(folder, 'run');
export const context = {
  ...{
    out: run,
    settings: worldSettings(world),
    resume: false,
    reporter: silentReporter,
  },
  command: 'npx tsx src/train.ts --quick',
};
await runAll(context);
export const page = readFileSync(join(run, 'report.html'), 'utf8');

/** A copy of the run without some files, or with others. */
export function changedRun(name: string, files: Readonly<Record<string, string | null>>): string {
  const copy = join(folder, name);
  cpSync(run, copy, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    if (content === null) rmSync(join(copy, file), { recursive: true });
    else put(copy, file, content);
  }
  return copy;
}
