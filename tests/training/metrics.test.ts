/** metrics.jsonl: one line per logged step, and what is forgotten when a stage starts again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { StepMetrics } from '../../src/training/loop.ts';
import { MetricsFile } from '../../src/training/metrics.ts';
import { put, temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();

const line = (stage: string, step: number): StepMetrics => ({
  stage,
  step,
  loss: 1.23456789,
  lr: 0.001,
  gradNorm: 1 / 3,
  tokensPerSecond: 1234.5678,
});
const read = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as StepMetrics);

test('metrics: one JSON line a step, six digits', () => {
  const path = join(folder, 'a.jsonl');
  const metrics = new MetricsFile(path);
  metrics.append({ ...line('pretrain', 1), heldOutLoss: 2 });
  metrics.append(line('pretrain', 2));
  assert.equal(read(path), [
    {
      stage: 'pretrain',
      step: 1,
      loss: 1.23457,
      lr: 0.001,
      gradNorm: 0.333333,
      tokensPerSecond: 1234.57,
      heldOutLoss: 2,
    },
    { stage: 'pretrain', step: 2, loss: 1.23457, lr: 0.001, gradNorm: 0.333333, tokensPerSecond: 1234.57 },
  ]);
});

test('metrics: rewind forgets later steps of one stage, and a line that a crash cut off', () => {
  const path = join(folder, 'b.jsonl');
  const metrics = new MetricsFile(path);
  metrics.rewind('pretrain', 0); // no file yet
  for (const step of [1, 2, 3, 4]) metrics.append(line('pretrain', step));
  metrics.append(line('sft', 3));
  put(folder, 'b.jsonl', `${readFileSync(path, 'utf8')}{"stage":"sft","step":4,"lo`);
  metrics.rewind('pretrain', 2);
  assert.equal(
    read(path).map(({ stage, step }) => `${stage} ${step}`),
    ['pretrain 1', 'pretrain 2', 'sft 3'],
  );
  metrics.append(line('pretrain', 3));
  assert.is(read(path).length, 4);
  metrics.rewind('pretrain', 0);
  assert.equal(
    read(path).map(({ stage }) => stage),
    ['sft'],
  );
});

test.run();
