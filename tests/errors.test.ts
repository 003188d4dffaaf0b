import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  FaultError,
  fileError,
  guardDisk,
  memoryError,
  printable,
  systemErrorInWords,
  UserError,
  visible,
} from '../src/errors.ts';
import { temporaryFolder } from './data/temporary.ts';

const caught = (run: () => unknown): Error => {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  return assert.unreachable('nothing was thrown') as never;
};

test('what is not seen is shown, and nothing else is changed', () => {
  assert.is(printable('a\r\nb\tc\0'), 'a\\u{d}\\u{a}b\\u{9}c\\u{0}');
  assert.is(printable('\u001b[31mred\u009b0m\u007f'), '\\u{1b}[31mred\\u{9b}0m\\u{7f}');
  assert.is(printable('\u202eevil\u2069\u200f\u061c'), '\\u{202e}evil\\u{2069}\\u{200f}\\u{61c}');
  assert.is(
    printable('\u2028\u2029\ufeff\u{e0041}\ud800x'),
    '\\u{2028}\\u{2029}\\u{feff}\\u{e0041}\\u{d800}x',
  );
  for (const same of [
    '',
    '中国的首都，是北京。',
    'naïve 😀 👩\u200d👩\u200d👧 می\u200cخواهم',
    'C:\\u{41}',
    ' a  b ',
  ])
    assert.is(printable(same), same);
});

test('property: whatever the text, one short line without control characters, the same when shown twice', () => {
  const any = fc.string({ unit: 'binary', maxLength: 60 });
  fc.assert(
    fc.property(any, fc.integer({ min: 1, max: 200 }), (unit, times) => {
      const text = unit.repeat(times);
      const shown = printable(text);
      assert.not.match(shown, /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      assert.ok(shown.length < 20_000);
      for (const error of [new UserError(text), new FaultError(text)]) assert.is(error.message, shown);
      if (text.length <= 1500) assert.is(printable(shown).slice(0, 100), shown.slice(0, 100));
    }),
    { numRuns: 100 },
  );
});

test('a long quote is cut in the middle: the thing at the start and the advice at the end stay', () => {
  const shown = new UserError(`"${'x'.repeat(1e6)}" is not a number; give one`).message;
  assert.ok(shown.length < 1600);
  assert.match(shown, /^"xxx.* \.\.\. x.*" is not a number; give one$/);
  const path = `/${'directory/'.repeat(100)}`;
  assert.is(new UserError(path).message, path);
});

test('both carry name, exit code and cause', () => {
  const cause = new Error('why');
  const [user, fault] = [new UserError('u', { cause }), new FaultError('f', { cause })];
  assert.equal([user.name, user.exitCode, user.cause], ['UserError', 2, cause]);
  assert.equal([fault.name, fault.exitCode, fault.cause], ['FaultError', 1, cause]);
});

const failure = (code: string) => Object.assign(new Error(code), { code, syscall: 'write', path: 'a.txt' });

test('a full disk says what to do and is no fault of the user; a forbidden place is theirs to change', () => {
  for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG']) {
    const error = caught(() =>
      guardDisk('a.txt', () => {
        throw failure(code);
      }),
    );
    assert.instance(error, FaultError, code);
    assert.match(error.message, /^Cannot write a\.txt: .*; free some space and continue with --resume/);
  }
  const kind = (code: string) => fileError(failure(code))?.constructor;
  for (const code of ['EIO', 'EMFILE', 'ENFILE', 'ESTALE', 'ENOMEM']) assert.is(kind(code), FaultError, code);
  const users =
    'EACCES EPERM EROFS EINVAL ELOOP ENAMETOOLONG EBUSY EXDEV ENOTEMPTY ENXIO ENOENT ENOTDIR EISDIR';
  for (const code of users.split(' ')) assert.is(kind(code), UserError, code);
});

test('what a file system call throws becomes one sentence with the path, tried on the real ones', () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  writeFileSync(at('file'), '');
  mkdirSync(at('full/inside'), { recursive: true });
  symlinkSync('loop', at('loop'));
  const long = at('n'.repeat(300));
  const calls: [() => unknown, string][] = [
    [() => readFileSync(at('none')), `Cannot open ${at('none')}: there is no such file`],
    [() => readFileSync(folder), 'Cannot read a file: it is a directory'],
    [() => openSync(at('loop'), 'r'), `Cannot open ${at('loop')}: its symbolic links lead in a circle`],
    [() => openSync(long, 'w'), `Cannot open ${long}: the name is too long`],
    [() => openSync('a\0b', 'r'), ''],
    [() => readdirSync(at('file')), `Cannot read ${at('file')}: a part of its path is not a directory`],
    [() => mkdirSync(at('file')), `Cannot make ${at('file')}: something else of that name is in the way`],
    [() => rmdirSync(at('full')), `Cannot remove ${at('full')}: the directory is not empty`],
    [() => unlinkSync(at('none')), `Cannot remove ${at('none')}: there is no such file`],
    [() => renameSync(at('file'), at('file/x')), `Cannot rename ${at('file')} to ${at('file/x')}: a part of`],
    [() => linkSync(at('none'), at('x')), `Cannot link ${at('none')} to ${at('x')}: there is no such file`],
    [
      () => copyFileSync(at('none'), at('x')),
      `Cannot copy ${at('none')} to ${at('x')}: there is no such file`,
    ],
    [() => rmSync(at('none')), `there is no such file`],
  ];
  for (const [call, expected] of calls) {
    const error = caught(call);
    const sentence = fileError(error);
    if (expected === '') {
      assert.is(sentence, null); // no system call was made
      assert.is(systemErrorInWords(error), 'its name holds a NUL character');
    } else assert.ok(sentence?.message.includes(expected), `${sentence?.message} / ${error.message}`);
  }
  const file = openSync(at('file'), 'r');
  closeSync(file);
  assert.is(fileError(caught(() => readSync(file, new Uint8Array(1)))), null); // EBADF: a bug of ours, with its stack
});

test('memory that nobody could get is one sentence; other range errors are bugs', () => {
  for (const ask of [
    () => new ArrayBuffer(2 ** 52),
    () => new Float32Array(2 ** 40),
    () => 'x'.repeat(2 ** 30),
    () => Buffer.alloc(2 ** 29).toString('hex'),
  ]) {
    const sentence = memoryError(caught(ask));
    assert.instance(sentence, FaultError);
    assert.match(sentence!.message, /^The memory is used up \(.+\); take a smaller/);
  }
  for (const error of [
    caught(() => new Float32Array(-1)),
    caught(() => (1).toFixed(200)),
    new TypeError('x'),
    null,
    5,
  ])
    assert.is(memoryError(error), null);
});

test('anything else is a bug and stays what it is', () => {
  for (const error of [
    new TypeError('x'),
    null,
    undefined,
    5,
    { code: 5 },
    new Error('ENOENT'),
    failure('EWHAT'),
  ])
    assert.is(fileError(error), null);
  const bug = new TypeError('x');
  const thrown = caught(() =>
    guardDisk('a.txt', () => {
      throw bug;
    }),
  );
  assert.is(thrown, bug);
});

test('visible: as printable, but of any length, and with what is to be kept', () => {
  assert.is(visible('a\nb\tc\u001b[2J', '\n\t'), 'a\nb\tc\\u{1b}[2J');
  assert.is(visible('a\n'), 'a\\u{a}');
  assert.is(visible('好'.repeat(5000)), '好'.repeat(5000));
});

test.run();
