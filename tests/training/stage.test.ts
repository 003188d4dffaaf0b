import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { forPreset } from '../../src/training/stage.ts';

test('a size that the table does not name is a large one', () => {
  const table = { pico: { lr: 1 }, large: { lr: 2 } };
  assert.equal(
    ['pico', 'nano', '1.5b'].map((name) => forPreset(table, name).lr),
    [1, 2, 2],
  );
});

test.run();
