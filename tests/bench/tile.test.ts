/** The 4 x 4 tile of the benchmark's ladder is the reference product, bit for bit: edges, transposes, both element types. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tiledMatmul } from '../../bench/tile.ts';
import {
  fromArray,
  type HostArray,
  Random,
  randn,
  reference,
  type Tensor,
  withDefaults,
} from '../../src/tensor/index.ts';

const sizes = [
  [1, 1, 1],
  [3, 5, 2],
  [4, 7, 4],
  [5, 3, 6],
  [8, 16, 12],
  [1, 33, 9],
  [9, 0, 5],
  [0, 3, 5],
  [17, 64, 31],
] as const;
const random = new Random(1);

/** Every product of the sizes in three forms and two types: how many of them have other bits under `product`. */
function different(product: (a: Tensor, b: Tensor) => HostArray): number {
  let count = 0;
  for (const dtype of ['float32', 'float64'] as const) {
    withDefaults({ dtype }, () => {
      for (const [m, k, n] of sizes) {
        for (const form of ['nn', 'nt', 'tn']) {
          const a = form === 'tn' ? randn([k, m], random).transpose() : randn([m, k], random);
          const b = form === 'nt' ? randn([n, k], random).transpose() : randn([k, n], random);
          const expected = reference.matmul(a.view, b.view) as HostArray;
          const actual = product(a, b);
          assert.is(actual.constructor, expected.constructor);
          assert.is(actual.length, expected.length);
          if (actual.some((value, i) => !Object.is(value, expected[i]))) count++;
        }
      }
    });
  }
  return count;
}

test('the tile gives the bits of the three loops', () => {
  assert.is(
    different((a, b) => tiledMatmul(a.view, b.view)),
    0,
  );
});

test('negative control: adding from the other end of k gives other bits', () => {
  const backwards = (x: Tensor, axis: number) => {
    const k = x.shape[axis]!;
    return x.indexSelect(
      axis,
      fromArray(
        Int32Array.from({ length: k }, (_, i) => k - 1 - i),
        [k],
      ),
    ).view;
  };
  assert.ok(different((a, b) => tiledMatmul(backwards(a, 1), backwards(b, 0))) > 5);
});

test.run();
