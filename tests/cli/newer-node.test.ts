/** Which Node does the work: the packaged one where it is newer and starts, and a word where there is none. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { adviceOnNode, type Machine, workingNode } from '../../src/cli/newer-node.ts';
import { temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();
const own = process.execPath;

/** A program that is started in the place of Node. */
function program(name: string, text: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const newer = program('node', '#!/bin/sh\necho v24.1.0\n');
const choose = (rest: Partial<Parameters<typeof workingNode>[0]>) =>
  workingNode({ options: [], args: [], version: 'v20.19.0', newer, ...rest });

test('a newer Node that starts does the work of an older one', () => {
  assert.is(choose({}), newer);
  assert.is(choose({ version: 'v22.1.0', args: ['--backend', 'wasm', '--out', 'gpu'] }), newer);
  assert.is(choose({ version: 'v24.0.0' }), own);
  assert.is(choose({ version: 'v26.1.0' }), own);
});

test('options of Node, and a GPU, stay with the Node that they were meant for', () => {
  assert.is(choose({ options: ['--inspect'] }), own);
  assert.is(choose({ args: ['--backend', 'gpu'] }), own);
  assert.is(choose({ args: ['--quick', '--backend=gpu'] }), own);
});

test('what is missing, does not start, or is not newer is left alone', () => {
  const others = {
    missing: join(folder, 'nowhere'),
    'without its loader': program('no-loader', '#!/no/such/loader\n'), // musl, NixOS
    'without a library': program(
      'no-library',
      '#!/bin/sh\necho "cannot open shared object file" >&2\nexit 127\n',
    ),
    'ended by a signal': program('no-instruction', '#!/bin/sh\nkill -ILL $$\n'),
    'not to be executed': program('no-right', '#!/bin/sh\necho v24.1.0\n', 0o644),
    'another program': program('other', '#!/bin/sh\necho hello\n'),
    old: program('old', '#!/bin/sh\necho v22.1.0\n'),
  };
  for (const [name, path] of Object.entries(others)) assert.is(choose({ newer: path }), own, name);
});

test('the advice is for those whom it helps', () => {
  const machine: Machine = {
    node: 'v22.1.0',
    arch: 'x64',
    platform: 'linux',
    processor: 'flags : fma avx avx2 bmi',
  };
  const said = /^Node 22\.1\.0 .*Node 24 or newer .*"What is installed"\)$/;
  assert.match(adviceOnNode(machine)!, said);
  assert.match(adviceOnNode({ ...machine, platform: 'win32', processor: null })!, said);
  for (const other of [
    { node: 'v24.0.0' },
    { arch: 'arm64' },
    { platform: 'darwin', processor: null },
    { processor: 'flags : avx bmi' },
  ])
    assert.is(adviceOnNode({ ...machine, ...other }), null, JSON.stringify(other));
  for (const [readme, heading] of [
    ['README.md', 'What is installed'],
    ['README.zh.md', '安装了什么'],
  ] as const)
    assert.match(
      readFileSync(fileURLToPath(new URL(`../../${readme}`, import.meta.url)), 'utf8'),
      `## ${heading}\n`,
    );
});

test.run();
