/** run.json: what a resumed run takes from it, and what it refuses. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  defaultSettings,
  type RunSettings,
  resumeRunSettings as resume,
  writeRunSettings,
} from '../../src/training/run-settings.ts';
import { stages } from '../../src/training/stages/index.ts';
import { put, refuses, temporaryFolder } from '../data/temporary.ts';

const folder = temporaryFolder();
const resumeRunSettings = (out: string, given: Partial<RunSettings>) => resume(out, given, stages);

const run: RunSettings = {
  ...defaultSettings,
  preset: 'pico',
  stages: ['tokenizer', 'pretrain'],
  vocabSize: 300,
  changes: { maxSteps: 6, learningRate: 0.001 },
  backend: 'reference',
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
    [{ context: 16 }, 'the default context', 'not 16'],
    [{ changes: { maxSteps: 7 } }, 'maxSteps', '7'],
    [{ changes: { beta: 0.5 } }, 'the default beta', '0.5'],
    [{ arch: 'llama2' }, 'the default arch', 'not "llama2"'],
    [{ changes: { learningRate: 0.001, batchSize: 3 } }, 'batchSize', '3'],
    [{ quick: true }, 'quick false', 'not true'],
  ];
  for (const [given, ...parts] of cases) refuses(() => resumeRunSettings(out, given), out, '--out', ...parts);
});

test('resume: no run, or a damaged one', () => {
  refuses(() => resumeRunSettings(join(folder, 'none'), {}), 'there is no run in', 'without --resume');
  put(folder, 'cut/run.json', '{"preset": "pi');
  refuses(() => resumeRunSettings(join(folder, 'cut'), {}), 'run.json is not valid JSON', '--out');
});

test.run();
