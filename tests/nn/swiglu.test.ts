/** SwiGLU: against PyTorch and central differences; its first weights. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SwiGLU } from '../../src/nn/swiglu.ts';
import { Random } from '../../src/tensor/index.ts';
import { float64, spread } from '../models/tiny.ts';
import { likeDifferences, likePyTorch } from './layer-checks.ts';

const random = new Random(5);

test('like PyTorch', () => {
  float64(() => {
    const mlp = new SwiGLU(16, 24, { random });
    likePyTorch('swiglu', mlp, (x) => mlp.forward(x));
  });
});

test('central differences', () => {
  float64(() => {
    const mlp = new SwiGLU(4, 6, { random });
    likeDifferences(mlp, [2, 3, 4], (x) => mlp.forward(x));
  });
});

test('W_up may start with a spread of its own', () => {
  const mlp = new SwiGLU(100, 100, { random, std: 0.02, upStd: 0.005 });
  for (const [layer, std] of [
    [mlp.gateProj, 0.02],
    [mlp.upProj, 0.005],
    [mlp.downProj, 0.02],
  ] as const)
    assert.ok(Math.abs(spread(layer.weight) / std - 1) < 0.03); // 4 standard errors
});

test.run();
