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
  assert.ok(problems[0]!.startsWith(`${path}:2: this line is not valid JSON`));
  assert.ok(problems[1]!.startsWith(`${path}:4: this line has no "stage"`));
  refuses(() => readMetrics(`${path}.none`), 'there is no such file');
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
