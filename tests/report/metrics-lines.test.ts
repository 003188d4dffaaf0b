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

test.run();
