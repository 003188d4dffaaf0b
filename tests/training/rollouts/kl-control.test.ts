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

test('by the formula, for any price, target and divergence', () => {
  for (const start of [0.01, 0.5])
    for (const target of [0.3, 4])
      for (const kl of [-1, 0, 0.79, 0.81, 1, 1.19, 1.21, 9].map((times) => times * target)) {
        const control = new KlControl(start, target);
        control.observe(kl);
        const error = Math.max(-0.2, Math.min(0.2, (kl - target) / target));
        allClose([control.coefficient], [start * (1 + error / 10)], { absolute: 1e-12 });
      }
});

test.run();
