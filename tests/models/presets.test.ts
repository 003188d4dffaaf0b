/** Model sizes by name, and what is said about a name that does not exist. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { architectureNames } from '../../src/models/architectures/index.ts';
import { checkConfig } from '../../src/models/check-config.ts';
import { preset, presetNames } from '../../src/models/presets.ts';

test('an unknown preset is refused with the list of names', () => {
  assert.throws(
    () => preset('huge'),
    (error: Error) =>
      error instanceof UserError &&
      error.message.includes('"huge"') &&
      presetNames().every((n) => error.message.includes(n)),
  );
  assert.throws(() => preset('toString'), /There is no preset "toString"/);
  assert.throws(() => preset('constructor'), /There is no preset/);
});

test('a preset of another architecture is refused with those that this one has', () => {
  assert.throws(
    () => preset('9m'),
    /There is no preset "9m" of architecture tinyllm; choose one of pico, nano, micro, 16m, /,
  );
  assert.throws(
    () => preset('16m', 'llama2'),
    /no preset "16m" of architecture llama2; choose one of pico, nano, micro, 9m, 24m, 58m, 134m, 268m$/,
  );
  assert.throws(() => preset('nano', 'gpt2'), /no architecture "gpt2"; choose one of tinyllm, llama2/);
});

test('every preset of every architecture is a config of that architecture', () => {
  for (const arch of architectureNames()) {
    for (const name of presetNames(arch)) {
      const config = preset(name, arch);
      assert.is(config.arch, arch);
      assert.is(checkConfig(config, name), config);
    }
  }
});

test.run();
