/** src/diagnose.ts as a process: what it prints, its exit codes, and that it says everything as JSON as well. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Diagnosis } from '../../src/diagnosis/index.ts';
import { command, isRefused } from '../cli/spawn.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { good, makeUpRun, towards, withCurves } from './made-up-run.ts';

test('what is off ends with 0 as well; --json holds the same in numbers', async () => {
  const parted = makeUpRun(withCurves('reward', { heldOutAccuracy: towards(0.5, 0.05) }));
  const text = await command('diagnose', ['--run', parted]);
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stdout, /reward +off: the pairs are reversed/);
  const json = await command('diagnose', ['--run', parted, '--json']);
  const { stages, unjudged } = JSON.parse(json.stdout) as Diagnosis;
  assert.equal([stages[0]!.verdict, stages[0]!.causes[0]!.name], ['off', 'pairs-reversed']);
  assert.match(unjudged.join(), /there are no reference curves pico-tinyllm\.json/);
  const fine = await command('diagnose', ['--run', makeUpRun({ stages: good })]);
  assert.equal([fine.code, fine.stderr], [0, '']);
});

test('help, and mistakes of the user: one sentence and 2', async () => {
  assert.match((await command('diagnose', ['--help'])).stdout, /is my run normal\?/);
  isRefused(await command('diagnose', []), 2, '--run is required');
  isRefused(await command('diagnose', ['--run', join(temporaryFolder(), 'none')]), 2, 'is not a directory');
  isRefused(await command('diagnose', ['--run', temporaryFolder()]), 2, 'holds no run');
  isRefused(await command('diagnose', ['--dir', 'x']), 2, '--dir');
});

test.run();
