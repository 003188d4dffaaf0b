/**
 * Writes the shipped world: `npx tsx data/generate.ts [--out DIR]`.
 *
 * The same bytes every time and on every machine (seeded, integers only, no clock), which a test checks.
 * What is written and how it is made: data/README.md and data/world/.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildWorld } from './world/index.ts';

const here = dirname(fileURLToPath(import.meta.url));
let out = here;
try {
  const { values } = parseArgs({ options: { out: { type: 'string', default: here } } });
  out = values.out;
} catch (error) {
  console.error(`${(error as Error).message} The only flag is --out DIR.`);
  process.exit(2);
}

const { files, summary } = buildWorld();
for (const [name, content] of files) {
  const path = join(out, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
console.log(summary.join('\n'));
