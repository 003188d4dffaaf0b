/** First weights: what is drawn, and what is not. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { normalWeight } from '../../src/nn/init.ts';
import { Linear } from '../../src/nn/linear.ts';
import { RMSNorm } from '../../src/nn/rmsnorm.ts';
import { Random } from '../../src/tensor/index.ts';

test('initial weights: N(0, 0.02), biases 0, gains 1', () => {
  const values = Array.from(normalWeight([200, 100], { random: new Random(5) }).toArray());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  assert.ok(Math.abs(mean) < 6e-4, `mean ${mean}`); // 4 standard errors
  assert.ok(Math.abs(std - 0.02) < 4e-4, `std ${std}`);
  const linear = new Linear(3, 4, { random: new Random(6), bias: true });
  assert.ok(linear.bias!.toArray().every((value) => value === 0));
  assert.is(new Linear(3, 4, { random: new Random(6) }).bias, null);
  assert.ok(new RMSNorm(4).weight.toArray().every((value) => value === 1));
});

test.run();
