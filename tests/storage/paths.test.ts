import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { outputDirectory, plainPath, realPath } from '../../src/storage/paths.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';

const folder = realpathSync(temporaryFolder());
let n = 0;
function fresh(): string {
  const path = join(folder, `place-${n++}`);
  mkdirSync(path);
  return path;
}
/** Everything below a folder, so that what a look has left behind is seen. */
const tree = (path: string) => readdirSync(path, { recursive: true, encoding: 'utf8' }).sort();
const isLinux = process.platform === 'linux';

function inside<T>(path: string, run: () => T): T {
  const before = process.cwd();
  process.chdir(path);
  try {
    return run();
  } finally {
    process.chdir(before);
  }
}

test('slashes and detours go, the rest stays as it was typed', () => {
  const same = ['runs/x', '/runs/x', '/', '.', '..', '../..', '../x', 'a b', '龙'];
  for (const path of same) assert.is(plainPath(path), path);
  for (const [given, plain] of [
    ['runs/x/', 'runs/x'],
    ['runs//x//', 'runs/x'],
    ['./runs/./x', 'runs/x'],
    ['runs/y/../x', 'runs/x'],
    ['./', '.'],
    ['../', '..'],
    ['//', '/'],
  ] as const)
    assert.is(plainPath(given), plain);
});

test('the real path: links are followed, parts that do not exist yet are kept', () => {
  const place = fresh();
  mkdirSync(join(place, 'a'));
  symlinkSync('a', join(place, 'link'));
  assert.is(realPath(join(place, 'link', 'b', 'c')), join(place, 'a', 'b', 'c'));
  assert.is(realPath(`${join(place, 'link')}/`), join(place, 'a'));
  assert.is(
    inside(join(place, 'a'), () => realPath('.')),
    join(place, 'a'),
  );
  symlinkSync('nowhere', join(place, 'dangling'));
  refuses(() => realPath(join(place, 'dangling', 'x')), join(place, 'dangling'), 'does not exist');
});

test('a directory to write: as typed where that is plain, real where it is a link or a dot', () => {
  const place = fresh();
  mkdirSync(join(place, 'run'));
  symlinkSync('run', join(place, 'link'));
  symlinkSync(place, join(place, 'up'));
  const before = tree(place);
  const real = join(place, 'run');
  inside(place, () => {
    for (const given of ['run', 'run/', './run//', 'x/../run']) assert.is(outputDirectory(given), 'run');
    for (const given of ['new', 'new/', 'new/deep/er']) assert.is(outputDirectory(given), plainPath(given));
    for (const given of ['link', 'link/']) assert.is(outputDirectory(given), real);
    assert.is(outputDirectory('up/run'), 'up/run'); // the same directory in the same parent
    assert.is(outputDirectory('.'), place);
  });
  inside(real, () => {
    assert.is(outputDirectory('.'), real);
    assert.is(outputDirectory('./'), real);
    assert.is(outputDirectory('..'), place);
    assert.is(outputDirectory('../run'), '../run');
  });
  assert.is(outputDirectory(relative('.', real)), relative('.', real));
  assert.equal(tree(place), before, 'looking leaves nothing behind');
});

test('what cannot become a directory of ours is one sentence, and nothing is left of the search', () => {
  const place = fresh();
  const at = (name: string) => join(place, name);
  writeFileSync(at('file'), 'x');
  symlinkSync('nowhere', at('dangling'));
  symlinkSync('b', at('a'));
  symlinkSync('a', at('b'));
  symlinkSync('file', at('to-file'));
  const before = tree(place);
  const long = 'n'.repeat(230); // fits by itself, but not with the endings of its neighbours
  const cases: [string, ...string[]][] = [
    ['', '--out is empty'],
    ['/', 'root of the file system'],
    [at('file'), `--out ${at('file')} is a file, not a directory`],
    [at('to-file'), 'is a file, not a directory'],
    [at('file/x'), 'a part of its path is not a directory'],
    [at('dangling'), `--out ${at('dangling')}: it is a symbolic link to a place that does not exist`],
    [at('dangling/x'), `${at('dangling')} is a symbolic link to a place that does not exist`],
    [at('a'), 'its symbolic links lead in a circle'],
    [at('a/x'), 'its symbolic links lead in a circle'],
    [at(long), 'the name is too long'],
    [at('n'.repeat(300)), 'the name is too long'],
    [at(`${'n'.repeat(300)}/x`), 'the name is too long'],
    [at('deep/'.repeat(1000)), 'the name is too long'],
    [at('nul\0'), 'nul\\u{0}', 'NUL'],
    [at('x.next'), 'names that end in .next'],
    [at('x.previous/'), 'names that end in .previous'],
    [at('x.lock'), 'names that end in .lock'],
    [at('line\nbreak.lock'), 'line\\u{a}break'],
  ];
  for (const [given, ...parts] of cases) {
    refuses(() => outputDirectory(given), ...parts);
    assert.equal(tree(place), before, given);
  }
  assert.is(outputDirectory(at('n'.repeat(200))), at('n'.repeat(200))); // control: there is room
  assert.is(outputDirectory(at('x.old-1')), at('x.old-1'));
  assert.equal(tree(place), before);
});

test('special files and file systems', async () => {
  if (!isLinux) return;
  refuses(() => outputDirectory('/dev/null'), '/dev/null is a device');
  refuses(() => outputDirectory('/dev/null/x'), 'not a directory');
  refuses(() => outputDirectory('/proc'), 'where a file system is mounted', '/proc/run');
  refuses(() => outputDirectory('/proc/x'), 'takes no new directories');
  refuses(() => outputDirectory('/sys/x'), '--out /sys/x');
  const place = fresh();
  assert.is(spawnSync('mkfifo', [join(place, 'pipe')]).status, 0);
  refuses(() => outputDirectory(join(place, 'pipe')), 'is a named pipe');
  const server = createServer().listen(join(place, 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  refuses(() => outputDirectory(join(place, 'socket')), 'is a socket');
  server.close();
});

test('a directory that must not be written', () => {
  if (process.getuid?.() === 0) return; // nothing is forbidden to root
  const place = fresh();
  mkdirSync(join(place, 'run'));
  chmodSync(place, 0o555);
  refuses(() => outputDirectory(join(place, 'new')), 'permission denied');
  refuses(() => outputDirectory(join(place, 'run')), 'permission denied'); // it could not be renamed
  chmodSync(place, 0o755);
  chmodSync(join(place, 'run'), 0o555);
  refuses(() => outputDirectory(join(place, 'run')), 'permission denied');
  chmodSync(join(place, 'run'), 0o755);
});

test('a directory with other things in it is not taken for a run', () => {
  const place = fresh();
  const holds = ['run.json', 'corpus'];
  const look = () => outputDirectory(place, { holds });
  assert.is(look(), place); // empty
  writeFileSync(join(place, '.hidden'), '');
  assert.is(look(), place);
  writeFileSync(join(place, 'package.json'), '');
  refuses(look, 'holds other things (package.json)', join(place, 'run'));
  assert.is(outputDirectory(place), place); // nobody asked
  mkdirSync(join(place, 'corpus'));
  assert.is(look(), place);
});

test('the probe of a process that was killed is cleared away, one that lives keeps its own, and so do other files', () => {
  const parent = temporaryFolder();
  const { pid: deadPid } = spawnSync(process.execPath, ['-e', '']);
  const names = [
    `.probe-${deadPid}-0123456789ab`,
    `.probe-${process.pid}-0123456789ab`,
    `.probe-${deadPid}-full00000000`,
  ];
  for (const name of [...names, `.probe-${deadPid}-abcdef012345`])
    mkdirSync(join(parent, name, 'a', 'b'), { recursive: true });
  writeFileSync(join(parent, `.probe-${deadPid}-abcdef012345`, 'a', 'file'), '');
  outputDirectory(join(parent, 'run'));
  assert.equal(readdirSync(parent).sort(), [names[1]!, names[2]!, `.probe-${deadPid}-abcdef012345`].sort());
});

test.run();
