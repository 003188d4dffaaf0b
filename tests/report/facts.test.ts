/** How a run was made, as names and values. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ReportData } from '../../src/report/collect.ts';
import { duration, factsOf, lastStep, stageSeconds } from '../../src/report/facts.ts';
import { madeFacts, madeTimes, madeUp } from './made-up.ts';
import { points } from './points.ts';

/** A report with nothing in it but sessions and metrics. */
const session = (seconds: Record<string, number>, command = 'npx tsx src/train.ts') => ({
  ...{ command, started: '2024-05-06T07:08:09.123Z', package: '0.1.0', commit: null },
  ...{ node: 'v20.0.0', platform: 'linux x64', backend: 'wasm', seconds },
});
const dataOf = (sessions: ReportData['sessions']): ReportData => ({
  ...{
    name: 'run',
    sessions,
    settings: null,
    model: null,
    evaluation: null,
    answers: null,
    drawn: null,
    showcase: null,
  },
  ...{ attention: null, family: [], strangers: [], missing: [] },
  metrics: {
    stages: new Map([
      [
        'sft',
        new Map([
          ['loss', points([3, 2, 1])],
          ['heldOutLoss', points([2])],
        ]),
      ],
    ]),
    backends: ['gpu', 'wasm'],
    problems: [],
  },
});

test('durations: at most two units', () => {
  assert.equal([8.42, 200, 7500].map(duration), ['8.4 s', '3 min 20 s', '2 h 5 min']);
});

test('seconds of a stage add up over sessions, in the order in which they ran', () => {
  const data = dataOf([session({ tokenizer: 1, sft: 2 }), session({ sft: 3, evaluate: 4 })]);
  assert.equal(
    [...stageSeconds(data)],
    [
      ['tokenizer', 1],
      ['sft', 5],
      ['evaluate', 4],
    ],
  );
});

test('facts: commands of all sessions, each once; every backend; what is not known is left out', () => {
  const facts = (...sessions: ReportData['sessions']) =>
    new Map(factsOf(dataOf(sessions)).map(({ name, value }) => [name, value]));
  const once = facts(session({}));
  assert.equal([once.get('command'), once.get('backend')], ['npx tsx src/train.ts', 'wasm, gpu']);
  assert.is(once.get('started'), '2024-05-06 07:08:09 UTC');
  assert.not.ok(once.has('sessions') || once.has('seed') || once.has('model'));
  const twice = facts(session({}), session({}), session({}, 'npx tsx src/train.ts --resume'));
  assert.is(twice.get('commands'), 'npx tsx src/train.ts\nnpx tsx src/train.ts --resume');
  assert.is(twice.get('sessions'), '3 (resumed or continued)');
});

test('the last step of a stage is that of its longest curve', () => {
  assert.equal([lastStep(dataOf([]), 'sft'), lastStep(dataOf([]), 'dpo')], [3, null]);
});

test('durations at the borders of their units', () => {
  assert.equal([0, 59.94, 59.96, 60, 61.5, 3599.4, 3599.6, 3600, 3661, 90_000].map(duration), [
    '0.0 s',
    '59.9 s',
    '1 min 0 s',
    '1 min 0 s',
    '1 min 2 s',
    '59 min 59 s',
    '1 h 0 min',
    '1 h 0 min',
    '1 h 1 min',
    '25 h 0 min',
  ]);
});

test('every fact of a run under its own name (no two things of tests/report/made-up.ts are equal)', () => {
  assert.equal(
    factsOf(madeUp).map(({ name, value }) => [name, value]),
    madeFacts,
  );
  assert.equal(
    madeTimes.map(([stage]) => [
      stage,
      String(lastStep(madeUp, stage!) ?? '–'),
      duration(stageSeconds(madeUp).get(stage!)!),
    ]),
    madeTimes,
  );
});

test.run();
