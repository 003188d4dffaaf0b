/** Powers whose bits do not depend on the engine; `**` gives 0.056234132519034905 or ...491 for the second one. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { power } from '../../src/tensor/index.ts';

test('the same digits on every Node', () => {
  assert.is(power(0.95, 60), 0.04606979898695195);
  assert.is(power(1e4, -0.3125), 0.05623413251903488);
});

test('as exact as needed, at the ends too', () => {
  for (const [base, exponent] of [
    [0.9, 1],
    [0.999, 100_000],
    [1e6, -0.984375],
    [2, 10],
    [1, 1000],
  ] as const) {
    const error = Math.abs(power(base, exponent) / base ** exponent - 1);
    assert.ok(error < 1e-13, `${base}^${exponent}: ${error}`);
  }
  assert.is(power(0, 3), 0); // no momentum
  assert.is(power(0.9, 0), 1);
});

test.run();
