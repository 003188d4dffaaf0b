/** What numbers are compared with: it must be able to fail, in every way in which numbers can differ. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allClose, differs, Golden, isClose, sameNumbers } from './close.ts';
import { throwsWith } from './tensor/fixtures.ts';

const loose = { absolute: 1e9, relative: 1e9 };

test('NaN and the infinities are close to themselves alone, whatever the tolerance', () => {
  const odd = [Number.NaN, Infinity, -Infinity, 0, 1e300, -1e300];
  for (const [i, a] of odd.entries()) {
    for (const [j, b] of odd.entries()) {
      const finite = i > 2 && j > 2;
      assert.is(isClose(a, b, loose), i === j || (finite && (b !== 0 || a === 0)), `${a} and ${b}`);
      if (!finite) assert.is(differs([a], [b], loose), i !== j, `${a} and ${b}`);
    }
  }
});

test('the tolerance is absolute plus relative to what is expected, and includes its end', () => {
  const tolerance = { absolute: 1, relative: 0.5 };
  for (const [a, b, close] of [
    [3, 8, true],
    [2.99, 8, false],
    [13, 8, true],
    [13.01, 8, false],
    [-8, -3, false], // relative to the second
    [-3, -8, true],
    [1, 0, true],
    [1.01, 0, false],
  ] as const) {
    assert.is(isClose(a, b, tolerance), close, `${a} and ${b}`);
  }
  assert.is(isClose(1 + 1e-15, 1, {}), false, 'no tolerance unless one is given');
});

test('every element counts, the first and the last, and so do the lengths', () => {
  const values = Float64Array.from({ length: 9 }, (_, i) => i);
  allClose(values, [...values]);
  for (const at of [0, 4, 8]) {
    const changed = values.with(at, -1);
    throwsWith(() => allClose(changed, values), `element ${at} is -1, expected ${at}`);
    throwsWith(() => sameNumbers(changed, values), `element ${at} is -1, expected ${at}`);
  }
  for (const [a, b] of [
    [[], [1]],
    [[1], []],
    [[1, 2], [1]],
    [[1], [1, 2]],
  ] as const) {
    throwsWith(() => allClose(a, b, loose), `${a.length} numbers instead of ${b.length}`);
    throwsWith(() => sameNumbers(a, b, 'here'), `here: ${a.length} numbers instead of ${b.length}`);
    assert.ok(differs(a, b, loose));
  }
  allClose([], []);
  sameNumbers([], []);
});

test('sameNumbers: NaN is itself, 0 is not -0, the smallest difference counts', () => {
  sameNumbers([Number.NaN, -0, Infinity], [Number.NaN, -0, Infinity]);
  for (const [a, b] of [
    [0, -0],
    [1, 1 + 2 ** -52],
    [Number.NaN, 0],
    [Infinity, -Infinity],
  ] as const) {
    assert.throws(() => sameNumbers([a], [b]), /element 0 is/);
  }
  throwsWith(() => sameNumbers([0], [-0]), 'element 0 is 0, expected -0');
});

test('a difference among a million numbers is found at once', () => {
  const [a, b] = [new Float32Array(1 << 20), new Float32Array(1 << 20).fill(1)];
  throwsWith(() => sameNumbers(a, b), 'element 0 is 0, expected 1');
  throwsWith(() => allClose(a, b), 'element 0 is 0, expected 1');
});

test('a golden file without the key says so', () => {
  assert.throws(() => new Golden('optim').values('nothing'), /optim\.safetensors has no "nothing"/);
});

test.run();
