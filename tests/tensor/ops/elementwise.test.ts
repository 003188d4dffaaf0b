/** Functions of one number: gradients by central differences, values and gradients of PyTorch. */
import { test } from 'uvu';
import type { Range } from '../fixtures.ts';
import { goldenTests, unaryGradientTests } from './families.ts';

const positive: Range = [0.3, 2.4];

unaryGradientTests({
  neg: [(x) => x.neg()],
  abs: [(x) => x.abs()],
  exp: [(x) => x.exp()],
  log: [(x) => x.log(), positive],
  sqrt: [(x) => x.sqrt(), positive],
  rsqrt: [(x) => x.rsqrt(), positive],
  square: [(x) => x.square()],
  reciprocal: [(x) => x.reciprocal(), positive],
  sin: [(x) => x.sin()],
  cos: [(x) => x.cos()],
});

goldenTests('elementwise');

test.run();
