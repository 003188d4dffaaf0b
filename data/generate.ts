/**
 * Writes the shipped world: `npx tsx data/generate.ts [--out DIR]`, or checks one: `--check [DIR]`.
 *
 * The same bytes every time and on every machine (seeded, integers only, no clock), which a test checks.
 * What is written and how it is made: data/README.md and data/world/. What is checked: data/check/.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkWorld, reportOf } from './check/index.ts';
import { buildWorld } from './world/index.ts';

const USAGE = 'The flags are --out DIR, which writes the world, and --check [DIR], which checks one.';
const here = dirname(fileURLToPath(import.meta.url));

/** One sentence, exit code 2. */
function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

function readFlags() {
  try {
    const { values, positionals } = parseArgs({
      options: { out: { type: 'string' }, check: { type: 'boolean' } },
      allowPositionals: true,
    });
    if (positionals.length > (values.check ? 1 : 0)) throw new Error(`Unexpected ${positionals.at(-1)}.`);
    if (values.check && values.out !== undefined)
      throw new Error('--check writes nothing: leave --out away.');
    return { ...values, folder: positionals[0] ?? here };
  } catch (error) {
    return fail(`${(error as Error).message} ${USAGE}`);
  }
}

const { out = here, check, folder } = readFlags();
if (check) {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    fail(`--check ${folder}: there is no such directory.`);
  const checked = checkWorld(folder);
  if (checked.faults.length > 0) fail(reportOf(folder, checked));
  console.log(reportOf(folder, checked));
} else {
  const { files, summary } = buildWorld();
  for (const [name, content] of files) {
    const path = join(out, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  console.log(summary.join('\n'));
}
