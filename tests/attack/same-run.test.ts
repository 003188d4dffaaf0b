/** The attack sees what it is looking for: a run that differs in anything is not taken for the same one. */
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeDirectoryAtomically } from '../../src/storage/atomic.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { damages, differences, leftovers } from './same-run.ts';

const folder = temporaryFolder();
const expected = join(folder, 'expected', 'run');
for (const stage of ['pretrain', 'sft'])
  writeDirectoryAtomically(join(expected, stage), new Map([['model.safetensors', new Uint8Array(9)]]));
put(
  expected,
  'metrics.jsonl',
  '{"step":1,"tokensPerSecond":10.5}\n{"step":2,"tokensPerSecond":9,"loss":1}\n',
);
put(expected, 'history.json', '[1]');

/** A copy of the run with something done to it. */
let copies = 0;
function changed(change: (run: string) => void): string {
  const run = join(folder, `copy-${copies++}`, 'run');
  cpSync(expected, run, { recursive: true });
  change(run);
  return run;
}

test('the same run differs in nothing, whatever its speed and its sessions were', () => {
  const run = changed((copy) => {
    const path = join(copy, 'metrics.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('10.5', '7e-3'));
    put(copy, 'history.json', '[2]');
  });
  assert.equal(differences(run, expected), []);
  assert.equal(damages(run), []);
});

const faults: [name: string, change: (run: string) => void, said: RegExp][] = [
  [
    'a changed byte',
    (run) => writeFileSync(join(run, 'sft', 'model.safetensors'), new Uint8Array([1])),
    /sft\/model/,
  ],
  ['a missing stage', (run) => rmSync(join(run, 'sft'), { recursive: true }), /^sft\/\.\.\. is missing/],
  [
    'a stage too many',
    (run) => cpSync(join(run, 'sft'), join(run, 'dpo'), { recursive: true }),
    /^dpo\/\.\.\. should/,
  ],
  [
    'another loss',
    (run) => appendFileSync(join(run, 'metrics.jsonl'), '{"step":3}\n'),
    /metrics\.jsonl is not/,
  ],
  ['a partial file', (run) => put(run, 'run.json.partial', ''), /partial was left/],
  ['a lock beside it', (run) => writeFileSync(`${run}.lock`, ''), /run\.lock was left/],
  ['a draft of a lock', (run) => writeFileSync(`${run}.lock.0f3a`, ''), /run\.lock\.0f3a was left/],
  ['half a swap', (run) => put(run, 'sft.next/model.safetensors', ''), /sft\.next/],
];

for (const [name, change, said] of faults) {
  test(`${name} is a difference`, () => {
    const found = differences(changed(change), expected);
    assert.ok(
      found.some((text) => said.test(text)),
      `${said} is not in: ${found.join('; ')}`,
    );
  });
}

test('a changed byte is damage, also in the middle of a swap; a stage that was never complete is not', () => {
  const damaged = changed((run) => writeFileSync(join(run, 'sft', 'model.safetensors'), 'x'));
  assert.is(damages(damaged).length, 1);
  const swapped = changed((run) => {
    cpSync(join(run, 'sft'), join(run, 'sft.previous'), { recursive: true });
    rmSync(join(run, 'sft'), { recursive: true });
    mkdirSync(join(run, 'sft.next'));
  });
  assert.equal(damages(swapped), []);
  assert.equal(leftovers(swapped).sort(), ['sft.next was left over', 'sft.previous was left over']);
});

test.run();
