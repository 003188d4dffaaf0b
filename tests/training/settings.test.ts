import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { StepMetrics } from '../../src/training/loop.ts';
import { MetricsFile } from '../../src/training/metrics.ts';
import { type RunSettings, resumeRunSettings, writeRunSettings } from '../../src/training/run-settings.ts';
import { stageSettings, totalSteps, trainableStages } from '../../src/training/settings.ts';
import { put, refuses, temporaryFolder } from '../data/temporary.ts';
import { tinySettings } from './tiny.ts';

const folder = temporaryFolder();

test('settings: changes win over presets; every preset name gives complete settings', () => {
  const changed = stageSettings('nano', 'sft', { epochs: 9, gradClip: 0, shuffle: false });
  assert.equal([changed.epochs, changed.gradClip, changed.shuffle], [9, 0, false]);
  for (const preset of ['pico', 'nano', 'micro', '92m', '1.5b']) {
    for (const stage of trainableStages) {
      const settings = stageSettings(preset, stage);
      assert.equal(Object.keys(settings).sort(), Object.keys(tinySettings()).sort());
      assert.ok(settings.batchSize >= 1 && settings.gradAccum >= 1 && settings.learningRate > 0);
    }
  }
});

test('totalSteps: rows of all epochs, rounded up to whole updates, at most maxSteps, at least one', () => {
  const steps = (changes: Parameters<typeof tinySettings>[0], rows: number | ((epoch: number) => number)) =>
    totalSteps(tinySettings(changes), typeof rows === 'number' ? () => rows : rows);
  assert.is(steps({ batchSize: 4, gradAccum: 2 }, 16), 2);
  assert.is(steps({ batchSize: 4, gradAccum: 2 }, 17), 3);
  assert.is(steps({ batchSize: 4, gradAccum: 2, epochs: 3 }, 17), 7);
  assert.is(
    steps({ batchSize: 1, epochs: 3 }, (epoch) => epoch + 1),
    6,
  );
  assert.is(steps({ batchSize: 64 }, 1), 1);
  assert.is(steps({ batchSize: 1, maxSteps: 5 }, 100), 5);
  assert.is(steps({ batchSize: 1, maxSteps: 500 }, 100), 100);
});

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

const run: RunSettings = {
  preset: 'pico',
  stages: ['tokenizer', 'pretrain'],
  data: 'data',
  initFrom: null,
  seed: 42,
  context: null,
  vocabSize: 300,
  changes: { maxSteps: 6, learningRate: 0.001 },
  quick: false,
  backend: 'reference',
  gpuMode: null,
  deterministic: false,
};

test('resume: the saved settings; repeating a flag is fine, changing one is refused by name', () => {
  const out = join(folder, 'run');
  writeRunSettings(out, run);
  assert.equal(resumeRunSettings(out, {}), run);
  assert.equal(resumeRunSettings(out, { seed: 42, stages: ['tokenizer', 'pretrain'] }), run);
  assert.equal(resumeRunSettings(out, { changes: { maxSteps: 6 } }), run);
  const cases: [Partial<RunSettings>, string, string][] = [
    [{ seed: 1 }, 'seed 42', 'not 1'],
    [{ preset: 'nano' }, 'preset "pico"', 'not "nano"'],
    [{ stages: ['pretrain'] }, 'stages ["tokenizer","pretrain"]', 'not ["pretrain"]'],
    [{ context: 16 }, 'context null', 'not 16'],
    [{ changes: { maxSteps: 7 } }, 'maxSteps', '7'],
    [{ alignment: { beta: 0.5 } }, 'alignment', '0.5'],
    [{ changes: { learningRate: 0.001, batchSize: 3 } }, 'batchSize', '3'],
    [{ quick: true }, 'quick false', 'not true'],
  ];
  for (const [given, ...parts] of cases) refuses(() => resumeRunSettings(out, given), out, '--out', ...parts);
});

test('resume: no run, or a damaged one', () => {
  refuses(() => resumeRunSettings(join(folder, 'none'), {}), 'there is no run in', 'without --resume');
  put(folder, 'cut/run.json', '{"preset": "pi');
  refuses(() => resumeRunSettings(join(folder, 'cut'), {}), 'run.json is damaged');
});

test.run();
