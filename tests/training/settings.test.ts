/** Settings of the loop: complete for every stage and preset, changes on top, steps from rows. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { frameKnobs, stageSettings, totalSteps } from '../../src/training/settings.ts';
import { stages } from '../../src/training/stages/index.ts';
import { tinySettings } from './tiny.ts';

test('settings: changes win over presets; every preset name gives complete settings', () => {
  const sft = stages.find(({ name }) => name === 'sft')!; // it is in the list
  const changed = stageSettings(sft.settings('nano'), { epochs: 9, gradClip: 0, shuffle: false });
  assert.equal([changed.epochs, changed.gradClip, changed.shuffle], [9, 0, false]);
  assert.is(changed.batchSize, sft.settings('nano').batchSize, 'what was not changed stays');
  assert.is(stageSettings().batchSize, 16, 'and without a preset it is the default');
  for (const preset of ['pico', 'nano', 'micro', '92m', '1.5b']) {
    for (const stage of stages) {
      const own = stage.settings(preset);
      for (const name of Object.keys(own))
        assert.ok(name in frameKnobs, `${stage.name}: ${name} is not a setting`);
      const settings = stageSettings(own);
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

test.run();
