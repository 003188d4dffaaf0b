import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KlControl } from '../../../src/training/rollouts/kl-control.ts';
import { allClose } from '../../close.ts';

test('the price of divergence follows its target slowly, and stays where none is set', () => {
  const adaptive = new KlControl(0.1, 2);
  adaptive.observe(100);
  allClose([adaptive.coefficient], [0.102], { absolute: 1e-12 });
  adaptive.observe(0);
  allClose([adaptive.coefficient], [0.102 * 0.98], { absolute: 1e-12 });
  adaptive.observe(2);
  allClose([adaptive.coefficient], [0.102 * 0.98], { absolute: 1e-12 });
  const fixed = new KlControl(0.1, null);
  fixed.observe(100);
  assert.is(fixed.coefficient, 0.1);
});

test.run();
