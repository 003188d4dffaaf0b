/** Where W_down begins: larger in models of up to 256 columns, 0.02 as in tiny-llm-zh in all others. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allArchitectures } from '../../../src/models/architectures/index.ts';
import { downStdOf } from '../../../src/models/architectures/small-start.ts';

test('pico, nano, micro and the smallest of tiny-llm-zh begin larger, the others with 0.02', () => {
  for (const { presets } of allArchitectures())
    for (const [name, config] of Object.entries(presets)) {
      const isSmall = ['pico', 'nano', 'micro', '16m', '9m'].includes(name);
      assert.is(downStdOf(config), isSmall ? 0.08 : 0.02, name);
    }
});

test('a config that asks for more keeps it', () => {
  assert.is(downStdOf({ hiddenSize: 16, initializerRange: 0.3 } as Parameters<typeof downStdOf>[0]), 0.3);
});

test.run();
