/** The binary heap against a sorted list. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../src/tensor/random.ts';
import { Heap } from '../../src/tokenizer/heap.ts';

test('a heap gives out everything in order, pushes and pops mixed', () => {
  const random = new Random(41);
  const heap = new Heap<number>((a, b) => a < b);
  assert.is(heap.pop(), undefined);
  let inside: number[] = [];
  for (let i = 0; i < 5000; i++) {
    if (random.int(3) > 0) {
      const value = random.int(1000);
      heap.push(value);
      inside.push(value);
    } else if (inside.length > 0) {
      const smallest = Math.min(...inside);
      assert.is(heap.pop(), smallest);
      inside.splice(inside.indexOf(smallest), 1);
    }
  }
  inside = inside.sort((a, b) => a - b);
  for (const value of inside) assert.is(heap.pop(), value);
  assert.is(heap.pop(), undefined);
});

test.run();
