/** docs/promises.md claims only what a test holds: every file and every test that it names is there. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(`${root}docs/promises.md`, 'utf8');
const files = readdirSync(`${root}tests`, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.test.ts'),
);

interface Claim {
  readonly word: string;
  readonly names: readonly string[];
}

/** `npm test -- WORD`: "NAME", "NAME" */
function claimsIn(text: string): Claim[] {
  const flat = text.replaceAll(/\s+/g, ' ');
  return [...flat.matchAll(/`npm test -- ([^`]+)`: ((?:"[^"]+"(?:, )?)+)/g)].map(([, word, names]) => ({
    word: word!, // both groups are part of every match
    names: [...names!.matchAll(/"([^"]+)"/g)].map(([, name]) => name!),
  }));
}

/** The files that `npm test -- WORD` runs: as in run.ts, for words without folders in front. */
function filesOf(word: string): string[] {
  const exact = files.filter((file) => `/${file}`.endsWith(`/${word}.test.ts`));
  return exact.length > 0 ? exact : files.filter((file) => file.includes(word));
}

const names = new Map<string, ReadonlySet<string>>();
function namesIn(file: string): ReadonlySet<string> {
  const known = names.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(`${root}tests/${file}`, 'utf8');
  const found = [...text.matchAll(/\btest\(\s*(['"`])(.*?)\1,/g)].map(([, , name]) => name!); // part of every match
  names.set(file, new Set(found));
  return new Set(found);
}

/** What is claimed and is not there. */
function unheld(claims: readonly Claim[]): string[] {
  return claims.flatMap(({ word, names: claimed }) => {
    const [file, second] = filesOf(word);
    if (file === undefined) return [`npm test -- ${word} runs nothing`];
    if (second !== undefined) return [`npm test -- ${word} runs ${file} and ${second}`];
    return claimed.filter((name) => !namesIn(file).has(name)).map((name) => `${file} has no test "${name}"`);
  });
}

test('every test that the page names exists, in the one file that its command runs', () => {
  assert.equal(unheld(claimsIn(page)), []);
});

test('every promise names a test', () => {
  const promises = page
    .split(/^## What is not promised/m)[0]!
    .split(/^- \*\*/m)
    .slice(1);
  assert.ok(promises.length > 20, `${promises.length} promises`);
  for (const promise of promises) assert.ok(claimsIn(promise).length > 0, promise.split('\n')[0]);
  const quoted = [...page.matchAll(/`npm test -- /g)].length;
  assert.is(claimsIn(page).length, quoted, 'each command is followed by names in quotes');
});

test('control: a test, a file and a word that are not there are noticed', () => {
  const claims = claimsIn(
    '`npm test -- storage/atomic`: "a single file:\n  complete or unchanged", "nothing"; `npm test -- nowhere`: "a"',
  );
  assert.equal(unheld(claims), [
    'storage/atomic.test.ts has no test "nothing"',
    'npm test -- nowhere runs nothing',
  ]);
  assert.match(unheld(claimsIn('`npm test -- architectures/`: "a"'))[0]!, /runs .* and /);
});

test.run();
