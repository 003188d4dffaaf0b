/** history.json: who made a run and how long it took. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectReport } from '../../src/report/collect.ts';
import { commandLine, RunHistory, type Session } from '../../src/training/history.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { changedRun, context, run, world } from '../report/tiny-run.ts';
import { runAll, worldSettings } from './world.ts';

test('history.json: command, versions, seconds of every stage; a second session adds an entry', async () => {
  const read = (out: string) => JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as Session[];
  const [session] = read(run);
  assert.equal(Object.keys(session!.seconds), ['tokenizer', 'pretrain', 'sft', 'evaluate']);
  assert.ok(Object.values(session!.seconds).every((seconds) => seconds >= 0 && seconds < 60));
  assert.is(session!.node, process.version);
  assert.match(session!.package, /^\d+\.\d+\.\d+$/);
  assert.ok(session!.commit === null || /^[0-9a-f]{7,40}\+?$/.test(session!.commit));
  const out = changedRun('again', {});
  await runAll({ ...context, out, settings: worldSettings(world, { stages: ['evaluate'] }) });
  assert.equal(
    read(out).map(({ seconds }) => Object.keys(seconds).length),
    [4, 1],
  );
  const { sessions } = await collectReport(out);
  assert.is(sessions.length, 2);
});

test('a command line can be typed again', () => {
  assert.is(
    commandLine('src/train.ts', ['--out', "runs/it's mine", '--lr', '1e-3', '--stages=sft,dpo']),
    `npx tsx src/train.ts --out 'runs/it'\\''s mine' --lr 1e-3 --stages=sft,dpo`,
  );
});

test('seconds of one stage add up within a session; a damaged history starts again, a good one goes on', () => {
  const out = temporaryFolder();
  const read = () => JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as Session[];
  const begin = () => new RunHistory(out, { command: null, backend: 'reference' });
  const first = begin();
  first.record('sft', 1.004);
  first.record('sft', 2);
  assert.equal(
    read().map(({ seconds }) => seconds),
    [{ sft: 3 }],
  );
  begin().record('dpo', 4);
  assert.equal(
    read().map(({ seconds }) => seconds),
    [{ sft: 3 }, { dpo: 4 }],
  );
  put(out, 'history.json', '[{"command": ');
  begin().record('ppo', 5);
  assert.equal(
    read().map(({ seconds }) => seconds),
    [{ ppo: 5 }],
  );
});

test('what ended a stage is kept beside its seconds', () => {
  const out = temporaryFolder();
  const history = new RunHistory(out, { command: null, backend: 'reference' });
  history.recordFailure('sft', 'the loss is NaN at step 3');
  history.record('sft', 1);
  const [session] = JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as Session[];
  assert.equal([session!.failed, session!.seconds], [{ sft: 'the loss is NaN at step 3' }, { sft: 1 }]);
});

test.run();
