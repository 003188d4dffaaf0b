/** For workers.test.ts: arrays and texts whose difference would take minutes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const numbers = Float32Array.from({ length: 20_000 }, (_, i) => i);
const others = numbers.map((x) => (x < 7 ? x : x + 0.5));

test('typed arrays', () => assert.equal(numbers, others));

test('arrays', () => assert.equal([...numbers], [...others]));

test('arrays of objects', () => {
  assert.equal(
    [...numbers].map((x) => ({ x })),
    [...others].map((x) => ({ x })),
  );
});

test('texts', () => assert.fixture([...numbers].join('\n'), [...others].join('\n')));

test('short arrays, as before', () => assert.equal([1, 2, 3], [1, 5, 3]));

test.run();
