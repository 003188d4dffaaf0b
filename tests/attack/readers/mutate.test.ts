/** The attack's hands and eyes: damage that can be made again, of every kind, and faults that are seen. */
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FaultError, UserError } from '../../../src/errors.ts';
import { Random } from '../../../src/tensor/index.ts';
import { judge } from './judge.ts';
import { mutate } from './mutate.ts';

const JSONL = Buffer.from('{"text":"一","n":[1,2]}\n{"text":"二","n":[]}\n{"text":"三","n":[3]}\n');
const others = [JSONL, gzipSync(JSONL), Buffer.from('[]')];

test('the same seed makes the same damage; nearly always there is some; every kind is met', () => {
  const kinds = new Set<string>();
  let same = 0;
  for (let seed = 0; seed < 1500; seed++) {
    const one = mutate(JSONL, new Random(seed), others);
    const again = mutate(JSONL, new Random(seed), others);
    assert.is(one.what, again.what);
    assert.ok(Buffer.from(one.bytes).equals(again.bytes));
    if (Buffer.from(one.bytes).equals(JSONL)) same++;
    for (const kind of one.what.split(', ')) kinds.add(kind);
  }
  assert.ok(same < 150, `${same} of 1500 are undamaged`);
  assert.ok(kinds.size >= 19, [...kinds].join('; '));
  assert.ok(JSONL.toString().startsWith('{"text":"一","n":[1,2]}'), 'the original is left alone');
});

test('a file is read or refused; another error, or another content, is a fault', async () => {
  const fail = (error: unknown) => () => {
    throw error;
  };
  const outcomeOf = async (read: () => unknown, expected?: unknown) =>
    (await judge({ read }, expected)).outcome;
  assert.is(await outcomeOf(() => {}), 'read');
  assert.is(await outcomeOf(() => 'same', 'same'), 'read');
  assert.is(await outcomeOf(() => 'other', 'same'), 'fault');
  assert.is(await outcomeOf(fail(new UserError('a:1: no'))), 'refused');
  assert.is(await outcomeOf(async () => fail(new FaultError('no'))()), 'refused');
  for (const error of [
    new TypeError('x'),
    new RangeError('x'),
    'x',
    null,
    Object.assign(new Error('x'), { code: 'EINVAL' }),
  ])
    assert.is(await outcomeOf(fail(error)), 'fault');
  for (const message of ['a'.repeat(3000), 'a\nb', '\u001b[2J']) {
    const error = new UserError('made printable here');
    error.message = message;
    assert.is(await outcomeOf(fail(error)), 'fault');
  }
});

test.run();
