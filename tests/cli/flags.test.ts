import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { reportError } from '../../src/cli/command.ts';
import { type FlagTable, formatHelp, parseFlags } from '../../src/cli/flags.ts';
import { FaultError, guardDisk, systemErrorInWords, UserError } from '../../src/errors.ts';
import { refuses } from '../data/temporary.ts';

const table = {
  size: { type: 'choice', choices: ['small', 'large'], help: 'how large', default: 'small' },
  out: { type: 'text', value: 'DIR', help: 'where' },
  resume: { type: 'boolean', help: 'go on' },
  lr: { type: 'number', above: 0, max: 10, help: 'rate' },
  'max-steps': { type: 'number', whole: true, min: 1, help: 'steps' },
  shift: { type: 'number', help: 'any number' },
  stages: { type: 'list', value: 'A,B', choices: ['a', 'b'], help: 'stages' },
  tasks: { type: 'list', value: 'A,B', help: 'tasks' },
} as const satisfies FlagTable;
const parse = (...args: string[]) => parseFlags(args, table);

test('values of every type, with a space or an equals sign; absent flags are absent', () => {
  assert.equal(parse(), {});
  assert.equal(
    parse('--size', 'large', '--out=a=b', '--resume', '--lr', '1e-3', '--max-steps=3', '--stages', 'a, b'),
    { size: 'large', out: 'a=b', resume: true, lr: 0.001, 'max-steps': 3, stages: ['a', 'b'] },
  );
  assert.equal(parse('--lr', '.5', '--lr', '+2.'), { lr: 2 });
});

test('negative numbers are values, of whatever flag', () => {
  assert.equal(parse('--shift', '-1'), { shift: -1 });
  assert.equal(parse('--shift', '-2.5e-1'), { shift: -0.25 });
  assert.equal(parse('--out', '-1'), { out: '-1' });
  refuses(() => parse('--lr', '-1'), '--lr must be a number, above 0 and at most 10, got -1');
  refuses(() => parse('--resume', '-1'), 'There is no flag -1');
});

test('an unknown flag: the nearest known one, if one is near', () => {
  refuses(
    () => parse('--max-step', '3'),
    'There is no flag --max-step (did you mean --max-steps?); see --help',
  );
  refuses(() => parse('--staegs', 'a'), '(did you mean --stages?)');
  refuses(() => parse('-x'), 'There is no flag -x');
  try {
    parse('--something-else');
  } catch (error) {
    assert.is((error as Error).message, 'There is no flag --something-else; see --help');
  }
});

test('names that every object has are not flags', () => {
  for (const name of ['--constructor=1', '--toString=1', '--__proto__=1']) {
    refuses(() => parse(name), 'There is no flag');
  }
});

test('a missing value', () => {
  for (const args of [['--lr'], ['--lr='], ['--out'], ['--out', ''], ['--out='], ['--size']]) {
    refuses(() => parse(...args), 'needs a value');
  }
  // The next flag is not the value of this one.
  for (const flag of ['--out', '--lr', '--size', '--stages']) {
    refuses(() => parse(flag, '--resume'), `${flag} needs a value before --resume`);
  }
  assert.equal(parse('--out=--resume'), { out: '--resume' });
  assert.equal(parse('--out', '-'), { out: '-' });
});

test('a value for a switch, and stray words', () => {
  refuses(() => parse('--resume=yes'), '--resume takes no value');
  refuses(() => parse('--resume', 'yes'), '"yes" is not a flag');
  refuses(() => parse('data'), '"data" is not a flag');
  refuses(() => parse('--', '--resume'), 'is not a flag');
});

test('numbers: what is none, whole ones, ranges', () => {
  for (const text of ['abc', '1x', '0x10', 'NaN', 'Infinity', '1e999', '1,5', '١', ' 1', '--1']) {
    refuses(() => parse(`--lr=${text}`), `--lr must be a number, above 0 and at most 10, got ${text}`);
  }
  for (const text of ['0', '-0', '10.1']) refuses(() => parse('--lr', text), `got ${text}`);
  assert.equal(parse('--lr', '10'), { lr: 10 });
  for (const text of ['0', '1.5', '-3', '9007199254740993']) {
    refuses(
      () => parse('--max-steps', text),
      '--max-steps must be a whole number, at least 1',
      `got ${text}`,
    );
  }
  assert.equal(parse('--max-steps', '1e3'), { 'max-steps': 1000 });
});

test('choices and lists', () => {
  refuses(() => parse('--size', 'Large'), '--size: there is no "Large"; choose from small, large');
  refuses(() => parse('--stages', 'a,c'), '--stages: there is no "c"; choose from a, b');
  refuses(() => parse('--stages', 'a,,b'), '--stages: there is no ""');
  assert.equal(parse('--tasks', 'x,y , z'), { tasks: ['x', 'y', 'z'] });
});

test('help: asked for in any place, with every flag, its value and its default', () => {
  for (const args of [['--help'], ['-h'], ['--resume', '--help'], ['--lr', '1', '-h']]) {
    assert.is(parse(...args), null);
  }
  const help = formatHelp('run it', table);
  const lines = help.split('\n');
  assert.is(lines[0], 'run it');
  for (const line of [
    '  --size small|large  how large (default small)',
    '  --out DIR           where',
    '  --resume            go on',
    '  --lr X              rate',
    '  --max-steps N       steps',
    '  --stages A,B        stages',
    '  --help              this page',
  ]) {
    assert.ok(lines.includes(line), line);
  }
});

function reported(error: unknown): [code: number, text: string] {
  const write = process.stderr.write;
  let text = '';
  process.stderr.write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof process.stderr.write;
  try {
    return [reportError(error), text];
  } finally {
    process.stderr.write = write;
  }
}

test('errors: a sentence and 2 for the user, a sentence and 1 for a fault, a stack for a bug', () => {
  assert.equal(reported(new UserError('no such file')), [2, 'error: no such file\n']);
  assert.equal(reported(new FaultError('the disk is full')), [1, 'error: the disk is full\n']);
  // What a file system call throws and nobody has put in words.
  const fromSystem = (code: string) =>
    Object.assign(new Error(code), { code, syscall: 'open', path: 'a\nb' });
  assert.equal(reported(fromSystem('ELOOP')), [
    2,
    'error: Cannot open a\\u{a}b: its symbolic links lead in a circle\n',
  ]);
  assert.equal(reported(fromSystem('EIO')), [1, 'error: Cannot open a\\u{a}b: the disk reports an error\n']);
  const [code, text] = reported(new TypeError('a bug'));
  assert.is(code, 1);
  assert.match(text, /TypeError: a bug\n +at /);
});

test('what the system says, in words', () => {
  const failure = (code: string) => Object.assign(new Error(code), { code });
  assert.is(systemErrorInWords(failure('ENOENT')), 'there is no such file');
  assert.is(systemErrorInWords(failure('ERR_SOMETHING')), null);
  assert.is(systemErrorInWords(null), null);
  const failing = (code: string) => () =>
    guardDisk('a.txt', () => {
      throw failure(code);
    });
  assert.throws(
    failing('ENOSPC'),
    (e: Error) => e instanceof FaultError && /a\.txt: the disk is full/.test(e.message),
  );
  assert.throws(failing('EDQUOT'), (e: Error) => e instanceof FaultError);
  assert.throws(failing('EROFS'), (e: Error) => e instanceof UserError && /read-only/.test(e.message));
  assert.throws(failing('EODD'), (e: Error) => e.message === 'EODD');
  assert.is(
    guardDisk('a.txt', () => 3),
    3,
  );
});

test.run();
