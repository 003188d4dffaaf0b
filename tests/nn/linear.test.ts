/** Linear: against PyTorch and central differences. */
import { test } from 'uvu';
import { Linear } from '../../src/nn/linear.ts';
import { Random } from '../../src/tensor/index.ts';
import { float64 } from '../models/tiny.ts';
import { likeDifferences, likePyTorch } from './layer-checks.ts';

const random = new Random(5);

test('like PyTorch, with and without bias', () => {
  float64(() => {
    const withBias = new Linear(5, 4, { random, bias: true });
    likePyTorch('linear', withBias, (x) => withBias.forward(x));
    const plain = new Linear(5, 4, { random });
    likePyTorch('linear.no-bias', plain, (x) => plain.forward(x));
  });
});

test('central differences', () => {
  float64(() => {
    const linear = new Linear(3, 4, { random, bias: true });
    likeDifferences(linear, [2, 2, 3], (x) => linear.forward(x));
  });
});

test.run();
