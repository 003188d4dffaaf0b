/**
 * Is this the run that an uninterrupted one would have left? Every file of every stage to the byte, metrics.jsonl but for the
 * speed, and nothing beside them that was meant to be gone.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { locateDirectory } from '../../src/storage/atomic.ts';
import { verifyDirectory } from '../../src/storage/checksums.ts';

/** These tell of the sessions, not of the run: they are there, and differ. */
const OF_SESSIONS = ['history.json', 'report.html', 'report.md'];

/** What was begun and not finished, or held while writing. */
const LEFT_OVER = /\.(next|previous|partial|tmp)(-\w+)?$|\.lock(\..*)?$/;

/** What differs, a sentence each; empty if it is the same run. */
export function differences(run: string, expected: string): string[] {
  const [names, wanted] = [filesOf(run), filesOf(expected)];
  const found = leftovers(run);
  const missing = wanted.filter((name) => !names.includes(name));
  const surplus = names.filter((name) => !wanted.includes(name));
  for (const name of entriesOf(missing)) found.push(`${name} is missing`);
  for (const name of entriesOf(surplus)) found.push(`${name} should not be there`);
  for (const name of names) {
    if (!wanted.includes(name) || OF_SESSIONS.includes(name)) continue;
    const [mine, theirs] = [run, expected].map((folder) => contentOf(join(folder, name)));
    if (mine !== theirs) found.push(`${name} is not what the uninterrupted run wrote`);
  }
  return found;
}

/** Directories of the run whose files are not those of their SHA256SUMS; a reader must find none, whenever it looks. */
export function damages(run: string): string[] {
  if (!existsSync(run)) return [];
  const stages = readdirSync(run, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name.replace(/\.(next|previous)$/, ''));
  return [...new Set(stages)].flatMap((stage) => {
    try {
      verifyDirectory(locateDirectory(join(run, stage)));
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}

/** Traces of an interrupted write, inside of the run and beside it. */
export function leftovers(run: string): string[] {
  const inside = existsSync(run) ? readdirSync(run, { recursive: true, encoding: 'utf8' }) : [];
  const beside = readdirSync(dirname(run)).filter((name) => name.startsWith(basename(run)));
  return [...inside, ...beside].filter((name) => LEFT_OVER.test(name)).map((name) => `${name} was left over`);
}

/** Files, those of a directory as one. */
function entriesOf(files: readonly string[]): string[] {
  return [...new Set(files.map((name) => (name.includes('/') ? `${name.split('/')[0]}/...` : name)))];
}

function filesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function contentOf(path: string): string {
  const bytes = readFileSync(path);
  if (basename(path) !== 'metrics.jsonl') return bytes.toString('latin1');
  // The trial of widths may decide otherwise on a busy machine, and changes no bits.
  return bytes
    .toString('utf8')
    .replaceAll(/"tokensPerSecond":[^,}]+/g, '"tokensPerSecond":0')
    .replaceAll(', 256 bit', '');
}
