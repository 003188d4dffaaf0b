/**
 * The house keeps its floors: imports run downward, no folder and no file needs itself by a way round, and nothing outside of
 * training/stages/ asks for a stage by its name.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stages } from '../src/training/stages/index.ts';

const source = fileURLToPath(new URL('../src/', import.meta.url));

/**
 * Folders from the ground up; those of one floor may use each other in one direction only, which the search for circles watches.
 */
const floors = [
  ['errors.ts', 'event-loop.ts', 'json-text.ts', 'knobs.ts', 'schema.ts'],
  ['tensor'],
  ['platform', 'nn', 'tokenizer', 'optim', 'data'],
  ['models', 'losses', 'formats'],
  ['storage', 'scoring', 'generation', 'evaluation'],
  ['training'],
  ['report', 'cli', 'diagnosis'],
  ['train.ts', 'chat.ts', 'evaluate.ts', 'report.ts', 'diagnose.ts'],
] as const;

interface Import {
  readonly from: string;
  readonly to: string;
  /** Only types: gone when the program runs. */
  readonly isType: boolean;
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.includes('assembly/'),
);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(source, file), 'utf8');
  const statements = text.matchAll(
    /^(import|export)( type)?\b[^'"`;]*?from '(\.{1,2}\/[^']+)'|import\('(\.{1,2}\/[^']+)'\)/gm,
  );
  return [...statements].map(([, , type, plain, dynamic]) => ({
    from: file,
    to: normalize(join(dirname(file), plain ?? dynamic!)), // one of the two has matched
    isType: type !== undefined,
  }));
}

const imports = files.flatMap(importsOf);

/** src/data/rows/pairs.ts is on the floor of "data". */
const roomOf = (file: string) => file.split('/')[0]!; // a path has a first part
const floorOf = (file: string) =>
  floors.findIndex((rooms) => (rooms as readonly string[]).includes(roomOf(file)));

/** A way from a node back to itself; null where there is none. */
function circle(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] | null {
  const done = new Set<string>();
  const walk = (node: string, path: readonly string[]): string[] | null => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return null;
    for (const next of edges.get(node) ?? []) {
      const found = walk(next, [...path, node]);
      if (found !== null) return found;
    }
    done.add(node);
    return null;
  };
  for (const node of edges.keys()) {
    const found = walk(node, []);
    if (found !== null) return found;
  }
  return null;
}

function edgesOf(pairs: Iterable<readonly [string, string]>): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const [from, to] of pairs) if (from !== to) edges.set(from, (edges.get(from) ?? new Set()).add(to));
  return edges;
}

test('every file has a floor, and imports none above it', () => {
  assert.ok(imports.length > 500, 'the imports are found');
  for (const file of files) assert.ok(floorOf(file) >= 0, `${file} is on no floor`);
  const upward = imports.filter(({ from, to }) => floorOf(to) > floorOf(from));
  assert.equal(
    upward.map(({ from, to }) => `${from} -> ${to}`),
    [],
  );
});

test('no folder needs itself by a way round', () => {
  assert.equal(circle(edgesOf(imports.map(({ from, to }) => [roomOf(from), roomOf(to)]))), null);
  // Within a folder: its subfolders, each as one room beside the others.
  for (const room of new Set(files.map(roomOf))) {
    const inside = imports.filter(({ from, to }) => roomOf(from) === room && roomOf(to) === room);
    const part = (file: string) => relative(room, file).split('/').slice(0, -1).join('/');
    const pairs = inside.map(({ from, to }) => [part(from), part(to)] as const);
    // A folder and its own subfolders are one thing: engine and backends, models and architectures.
    const siblings = pairs.filter(
      ([from, to]) => from !== '' && to !== '' && !isWithin(from, to) && !isWithin(to, from),
    );
    assert.equal(circle(edgesOf(siblings)), null, room);
  }
});

const isWithin = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}/`);

test('no file needs itself by a way round when the program runs', () => {
  const values = imports.filter(({ isType }) => !isType);
  assert.equal(circle(edgesOf(values.map(({ from, to }) => [from, to]))), null);
});

test('control: a circle is found, and named', () => {
  const edges = edgesOf([
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'b'],
    ['a', 'd'],
  ]);
  assert.equal(circle(edges), ['b', 'c', 'b']);
});

test('nothing outside of training/stages/ names a stage in code', () => {
  const named = new RegExp(`(['"\`])(${stages.map(({ name }) => name).join('|')})\\1`);
  const places = files
    .filter((file) => !file.startsWith('training/stages/'))
    .flatMap((file) => {
      const lines = readFileSync(join(source, file), 'utf8').split('\n');
      return lines.flatMap((line, i) => {
        const isText = /^\s*(\*|\/\/|\/\*)/.test(line);
        return !isText && named.test(line) ? [`${file}:${i + 1} ${line.trim()}`] : [];
      });
    });
  // The same words with another meaning: the head of a model, sets of data, roles and names of files, fields, metrics.
  const otherMeanings = /^(models|formats|storage|data|tokenizer)\/|kindOfDirectory|Pick<Training|names: \[/;
  assert.equal(
    places.filter((place) => !otherMeanings.test(place)),
    [],
  );
});

test.run();
