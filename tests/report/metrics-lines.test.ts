import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readMetrics } from '../../src/report/metrics-lines.ts';
import { put, refuses, temporaryFolder } from '../data/temporary.ts';

test('metrics: every number is a curve; lines that cannot be used are named by file and line, the others stand', () => {
  const good = (step: number) =>
    JSON.stringify({ stage: 'dpo', step, loss: 1 / step, backend: 'wasm', newThing: step });
  const path = put(
    temporaryFolder(),
    'metrics.jsonl',
    [good(2), '{"stage": "dpo", "st', '', '[1]', good(1)].join('\n'),
  );
  const { stages, backends, problems } = readMetrics(path);
  assert.equal(stages.get('dpo')!.get('loss'), [
    { step: 1, value: 1 },
    { step: 2, value: 0.5 },
  ]);
  assert.equal([...stages.get('dpo')!.keys()], ['loss', 'newThing']);
  assert.equal(backends, ['wasm']);
  assert.is(problems.length, 2);
  const leftOut = 'this line is left out of the curves';
  assert.is(problems[0], `${path}:2 is not valid JSON: it ends too early (cut off?); ${leftOut}`);
  assert.is(problems[1], `${path}:4 must be an object, but it is a list of 1; ${leftOut}`);
  refuses(() => readMetrics(`${path}.none`), 'there is no such file');
});

test('of many lines that cannot be used the first are named and the others counted', () => {
  const folder = temporaryFolder();
  const bad = [
    '{"step": 1}',
    '{"stage": "sft", "step": -1}',
    '{"stage": "sft", "step": "1"}',
    'null',
    '5',
    '\u001b[2J',
  ];
  const lines = Array.from({ length: 25 }, (_, i) => bad[i % bad.length]);
  const { stages, problems } = readMetrics(put(folder, 'm.jsonl', lines.join('\n')));
  assert.is(stages.size, 0);
  assert.is(problems.length, 11);
  assert.ok(problems[0]!.includes('m.jsonl:1: "stage" must be a text, but it is missing'), problems[0]);
  assert.ok(problems[1]!.includes('m.jsonl:2: "step" must be a whole number of at least 0, but it is -1'));
  assert.ok(problems.at(-1)!.endsWith('m.jsonl: 15 more lines are left out of the curves'));
  for (const problem of problems) assert.not.match(problem, /\p{Cc}/u);
  refuses(() => readMetrics(folder), 'is a directory; a file is needed here');
});

test('each value belongs to its stage, name and step, in whatever order the lines stand', () => {
  const stages = ['pretrain', 'ppo', 'sft'];
  const value = (stage: number, name: number, step: number) => 1000 * stage + 100 * name + step;
  const lines = [3, 1, 2].flatMap((step) =>
    stages.map((stage, s) =>
      JSON.stringify({
        stage,
        step,
        a: value(s, 1, step),
        b: value(s, 2, step),
        note: 'x',
        backend: `b${s}`,
      }),
    ),
  );
  const folder = temporaryFolder();
  const { stages: read, backends, problems } = readMetrics(put(folder, 'm.jsonl', lines.join('\n')));
  assert.equal([...read.keys()], stages, 'in the order in which they began');
  for (const [s, stage] of stages.entries())
    assert.equal(
      [...read.get(stage)!],
      ['a', 'b'].map((name, n) => [name, [1, 2, 3].map((step) => ({ step, value: value(s, n + 1, step) }))]),
    );
  assert.equal([backends, problems], [['b0', 'b1', 'b2'], []]);
  const odd = readMetrics(put(folder, 'odd.jsonl', '{"stage":"sft","step":1,"loss":1e999,"lr":null,"x":2}'));
  assert.equal([...odd.stages.get('sft')!.keys()], ['x'], 'a number that is none has no place on a curve');
});

test.run();
