/**
 * RoPE: rotations that know distances only, two layouts that differ by a permutation, its errors; against PyTorch and central
 * differences.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { applyRope, type RopeLayout, RopeTable } from '../../src/nn/rope.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import { fromArray, gradcheck, Random, randn, reference, withDefaults } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, idsOf, int32, TIGHT } from '../models/tiny.ts';
import { golden } from './layer-checks.ts';

const layouts: readonly RopeLayout[] = ['half', 'interleaved'];
const table = float64(() => new RopeTable(8, 64));

test('the score of a query at m and a key at n depends on m - n only', () => {
  float64(() => {
    const random = new Random(1);
    const q = randn([1, 1, 1, 8], random);
    const k = randn([1, 1, 1, 8], random);
    for (const layout of layouts) {
      const score = (m: number, n: number) => {
        const turned = applyRope(q, table.consecutive(m, 1), layout);
        return turned
          .mul(applyRope(k, table.consecutive(n, 1), layout))
          .sum()
          .item();
      };
      for (const shift of [1, 7, 40]) allClose([score(9 + shift, 4 + shift)], [score(9, 4)], TIGHT);
      assert.ok(Math.abs(score(10, 4) - score(9, 4)) > 1e-3, 'another distance gives another score');
      assert.ok(Math.abs(score(4, 9) - score(9, 4)) > 1e-3, 'forward is not backward');
    }
  });
});

test('position 0 turns nothing, and no position changes a length', () => {
  float64(() => {
    const x = randn([2, 3, 5, 8], new Random(2));
    const lengths = (y: typeof x) => y.square().sum(-1).toArray();
    for (const layout of layouts) {
      const first = applyRope(x.slice(2, 0, 1), table.consecutive(0, 1), layout);
      assert.equal(first.toArray(), x.slice(2, 0, 1).toArray());
      const y = applyRope(x, table.consecutive(30, 5), layout);
      allClose(lengths(y), lengths(x), TIGHT);
      assert.ok(differs(y.toArray(), x.toArray(), { absolute: 0.1 }));
    }
  });
});

test('pair j turns by position * theta^(-2j/d), counter-clockwise', () => {
  float64(() => {
    const x = fromArray(Float64Array.of(1, 1, 1, 1, 0, 0, 0, 0), [1, 1, 1, 8]);
    const y = applyRope(x, table.consecutive(3, 1)).toArray();
    const angles = [0, 1, 2, 3].map((j) => 3 * 10000 ** (-j / 4));
    allClose(y, [...angles.map(Math.cos), ...angles.map(Math.sin)], TIGHT);
  });
});

test('interleaved is half-split with its coordinates permuted', () => {
  float64(() => {
    const x = randn([2, 3, 5, 8], new Random(3));
    const permute = (y: typeof x) => y.indexSelect(3, int32([0, 2, 4, 6, 1, 3, 5, 7]));
    const angles = table.consecutive(4, 5);
    const half = applyRope(permute(x), angles, 'half').toArray();
    allClose(half, permute(applyRope(x, angles, 'interleaved')).toArray(), TIGHT);
    const unpermuted = applyRope(x, angles, 'half').toArray();
    assert.ok(differs(unpermuted, applyRope(x, angles, 'interleaved').toArray(), { absolute: 0.1 }));
  });
});

test('explicit positions: each row its own, and the same numbers as consecutive ones', () => {
  float64(() => {
    const x = randn([2, 3, 4, 8], new Random(4));
    const rows = table.at(
      idsOf([
        [5, 6, 7, 8],
        [0, 0, 9, 1],
      ]),
    );
    const y = applyRope(x, rows);
    assert.equal(y.slice(0, 0, 1).toArray(), applyRope(x.slice(0, 0, 1), table.consecutive(5, 4)).toArray());
    const place = y.slice(0, 1, 2).slice(2, 2, 3).toArray();
    const alone = applyRope(x.slice(0, 1, 2).slice(2, 2, 3), table.consecutive(9, 1)).toArray();
    assert.equal(place, alone);
  });
});

test('positions beyond the context and odd widths are refused', () => {
  assert.throws(() => table.consecutive(60, 5), /position 64 is beyond the model's context of 64 tokens/);
  assert.is(table.consecutive(60, 4).cos.shape[0], 4);
  assert.throws(() => table.at(idsOf([[3, 64]])), /64/);
  assert.throws(() => new RopeTable(7, 4), /head width must be even, got 7/);
});

test('a table that grows has the same angles as one made at once, and a promised context costs nothing', () => {
  float64(() => {
    const promised = new RopeTable(8, 1e12);
    const first = promised.consecutive(0, 3);
    const kept = [...first.cos.toArray()];
    const whole = new RopeTable(8, 1000);
    whole.consecutive(0, 1000);
    for (const [start, length] of [
      [0, 3],
      [60, 5],
      [63, 2],
      [900, 100],
    ] as const) {
      const [grown, made] = [promised.consecutive(start, length), whole.consecutive(start, length)];
      assert.equal([...grown.cos.toArray()], [...made.cos.toArray()], `cos from ${start}`);
      assert.equal([...grown.sin.toArray()], [...made.sin.toArray()], `sin from ${start}`);
      const rows = idsOf([[start, start + length - 1]]);
      assert.equal([...promised.at(rows).cos.toArray()], [...new RopeTable(8, 1000).at(rows).cos.toArray()]);
    }
    assert.equal([...first.cos.toArray()], kept, 'what was handed out before it grew stays as it was');
  });
});

test('angles are made where the table was, whatever the defaults are when they are asked for', () => {
  const made = float64(() => new RopeTable(4, 8));
  assert.is(made.consecutive(0, 2).cos.dtype, 'float64');
  assert.is(new RopeTable(4, 8).consecutive(0, 2).cos.dtype, 'float32');
});

for (const layout of ['half', 'interleaved'] as const satisfies RopeLayout[]) {
  for (const offset of [0, 5]) {
    test(`like PyTorch: ${layout}, first position ${offset}`, () => {
      float64(() => {
        const name = `rope.${layout}.offset=${offset}`;
        const goldenTable = new RopeTable(8, 16, golden.number(`${name}/theta`));
        for (const angles of [
          goldenTable.consecutive(offset, 5),
          goldenTable.at(
            fromArray(
              Int32Array.from([0, 1, 2, 3, 4], (t) => t + offset),
              [1, 5],
            ),
          ),
        ]) {
          const x = golden.tensor(`${name}/x`).requireGrad();
          const y = applyRope(x, angles, layout);
          allClose(y.toArray(), golden.values(`${name}/y`), TIGHT, 'y');
          y.backward({ gradient: golden.tensor(`${name}/dy`) });
          allClose(x.grad!.toArray(), golden.values(`${name}/dx`), TIGHT, 'dx');
        }
        const other = layout === 'half' ? 'interleaved' : 'half';
        const wrong = applyRope(golden.tensor(`${name}/x`), goldenTable.consecutive(offset, 5), other);
        assert.ok(differs(wrong.toArray(), golden.values(`${name}/y`), { absolute: 0.01 }));
      });
    });
  }
}

test('central differences in both layouts', () => {
  float64(() => {
    const small = new RopeTable(4, 8);
    const x = randn([2, 2, 3, 4], new Random(3)).requireGrad();
    for (const layout of ['half', 'interleaved'] as const) {
      gradcheck((input) => applyRope(input, small.consecutive(2, 3), layout), [x]);
    }
  });
});

test('the angles are those of the theta given, for every width and place, in both layouts, with and without the fused kernel', async () => {
  const wasm = await startWasmBackend({ threads: 1 });
  for (const backend of [reference, wasm])
    for (const theta of [10000, 10, 1.5])
      for (const width of [2, 6, 8, 12])
        withDefaults({ backend }, () => {
          const own = new RopeTable(width, 40, theta);
          const x = randn([1, 2, 3, width], new Random(width));
          const values = x.toArray();
          for (const layout of layouts)
            for (const start of [0, 5, 37]) {
              const expected = Array.from(values, (_, i) => {
                const [at, place] = [i - (i % width), i % width];
                const position = start + (Math.floor(i / width) % 3);
                const half = width / 2;
                const j = layout === 'half' ? place % half : Math.floor(place / 2);
                const [first, second] = layout === 'half' ? [j, j + half] : [2 * j, 2 * j + 1];
                const angle = position * theta ** ((-2 * j) / width);
                const [a, b] = [values[at + first]!, values[at + second]!];
                return place === first
                  ? a * Math.cos(angle) - b * Math.sin(angle)
                  : a * Math.sin(angle) + b * Math.cos(angle);
              });
              const what = `${layout}, theta ${theta}, d ${width}, from ${start}`;
              allClose(
                applyRope(x, own.consecutive(start, 3), layout).toArray(),
                expected,
                { absolute: 1e-4 },
                what,
              );
              const positions = fromArray(Int32Array.of(start, start + 1, start + 2), [1, 3]);
              allClose(applyRope(x, own.at(positions), layout).toArray(), expected, { absolute: 1e-4 }, what);
            }
        });
  wasm.stop();
});

test('the last position of the context is within it', () => {
  const own = new RopeTable(4, 7);
  assert.equal(own.consecutive(4, 3).cos.shape, [3, 2]);
  assert.throws(() => own.consecutive(5, 3), /position 7 is beyond/);
});

test.run();
