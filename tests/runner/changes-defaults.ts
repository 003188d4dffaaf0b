/** Leaves another type of numbers to the file that comes after it. */
import { test } from 'uvu';
import { setDefaults } from '../../src/tensor/index.ts';

test('changes what new tensors are made of', () => setDefaults({ dtype: 'float64' }));

test.run();
