/** The grouped product and the scatter of rows: what a mixture of experts is made of. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startWasmBackend } from '../../../src/platform/node.ts';
import {
  concat,
  fromArray,
  GradcheckError,
  gradcheck,
  groupedLinear,
  Random,
  randn,
  ShapeError,
  scatterRows,
  type Tensor,
  withDefaults,
} from '../../../src/tensor/index.ts';
import { allClose, differs } from '../../close.ts';
import { float64, int32, TIGHT } from '../../models/tiny.ts';

const counts = [3, 0, 1, 4];

function operands(seed = 1): { x: Tensor; weights: Tensor[] } {
  const random = new Random(seed);
  const x = randn([8, 5], random).requireGrad();
  return { x, weights: counts.map(() => randn([3, 5], random).requireGrad()) };
}

/** The same by plain products of slices. */
function plain(x: Tensor, weights: readonly Tensor[]): Tensor {
  let start = 0;
  return concat(
    counts.map((count, group) => {
      start += count;
      return x.slice(0, start - count, start).matmul(weights[group]!.transpose());
    }),
  );
}

test('a group is its rows times its weight, values and gradients', () => {
  float64(() => {
    const [a, b] = [operands(), operands()];
    const dy = randn([8, 3], new Random(2));
    const [y, expected] = [groupedLinear(a.x, a.weights, counts), plain(b.x, b.weights)];
    allClose(y.toArray(), expected.toArray(), TIGHT, 'y');
    for (const result of [y, expected]) result.backward({ gradient: dy });
    allClose(a.x.grad!.toArray(), b.x.grad!.toArray(), TIGHT, 'dx');
    for (const group of [0, 2, 3]) {
      allClose(a.weights[group]!.grad!.toArray(), b.weights[group]!.grad!.toArray(), TIGHT, `dW ${group}`);
    }
    const swapped = groupedLinear(a.x.detach(), [...a.weights].reverse(), counts);
    assert.ok(differs(swapped.toArray(), expected.toArray(), { absolute: 0.01 }), 'control: other weights');
  });
});

test('the weight of a group without rows has a gradient of zeros', () => {
  float64(() => {
    const { x, weights } = operands();
    groupedLinear(x, weights, counts).sum().backward();
    assert.equal([...weights[1]!.grad!.toArray()], new Array(15).fill(0));
    assert.ok(weights[0]!.grad!.toArray().some((value) => value !== 0));
  });
});

test('central differences; a product that mixes up its groups on the way back is caught', () => {
  float64(() => {
    const { x, weights } = operands();
    gradcheck(() => groupedLinear(x, weights, counts), [x, ...weights]);
    const wrong = () => {
      const right = groupedLinear(x.detach(), weights, counts);
      const other = groupedLinear(x, [...weights].reverse(), counts);
      return right.add(other.sub(other.detach())); // the value of one, the gradient of the other
    };
    assert.throws(
      () => gradcheck(wrong, [x]),
      (error: Error) => error instanceof GradcheckError,
    );
  });
});

test('x and the weights may be parts of something larger, and so may the gradient', () => {
  float64(() => {
    const { x, weights } = operands();
    const whole = concat([x.detach().mul(7), x.detach(), x.detach()]).requireGrad();
    const stored = weights.map((w) => concat([w.detach().neg(), w.detach()], 1).requireGrad());
    const parts = stored.map((w) => w.slice(1, 5));
    const y = groupedLinear(whole.slice(0, 8, 16), parts, counts);
    const expected = plain(x, weights);
    allClose(y.toArray(), expected.toArray(), TIGHT);
    const dy = randn([10, 4], new Random(3)).slice(0, 1, 9).slice(1, 1);
    for (const result of [y, expected]) result.backward({ gradient: dy });
    allClose(whole.grad!.slice(0, 8, 16).toArray(), x.grad!.toArray(), TIGHT, 'dx');
    for (const [group, weight] of weights.entries()) {
      const zeros = new Array<number>(15).fill(0);
      const own = stored[group]!.grad!.slice(1, 5).toArray();
      allClose(own, counts[group] === 0 ? zeros : weight.grad!.toArray(), TIGHT, `dW ${group}`);
    }
  });
});

test('x may be a view that does not lie row by row', () => {
  float64(() => {
    const { x, weights } = operands();
    const turned = x.detach().transpose().contiguous().transpose();
    allClose(groupedLinear(turned, weights, counts).toArray(), plain(x, weights).toArray(), TIGHT);
  });
});

test('on wasm: one thread and three give the same bits, close to the reference', async () => {
  const run = () => {
    const random = new Random(3);
    const sizes = [200, 0, 57, 143, 1];
    const x = randn([401, 64], random).requireGrad();
    const weights = sizes.map(() => randn([48, 64], random).requireGrad());
    const y = groupedLinear(x, weights, sizes);
    y.backward({ gradient: randn([401, 48], random) });
    return [y, x.grad!, ...weights.map(({ grad }) => grad!)].map((tensor) =>
      Float32Array.from(tensor.toArray()),
    );
  };
  const expected = run();
  const results: Float32Array[][] = [];
  for (const threads of [1, 3]) {
    const backend = await startWasmBackend({ threads });
    results.push(withDefaults({ backend }, run));
    backend.stop();
  }
  for (const [i, values] of results[0]!.entries()) {
    assert.equal(values, results[1]![i], `result ${i}`);
    allClose(values, expected[i]!, { absolute: 1e-4, relative: 1e-5 }, `result ${i}`);
  }
});

test('scatterRows adds rows up where ids repeat; its gradient gathers', () => {
  float64(() => {
    const ids = int32([2, 0, 2]);
    const source = fromArray(Float64Array.of(1, 2, 3, 4, 5, 6), [3, 2]).requireGrad();
    assert.equal([...scatterRows(4, ids, source).toArray()], [3, 4, 0, 0, 6, 8, 0, 0]);
    gradcheck(() => scatterRows(4, ids, source), [source]);
  });
});

test('shapes that do not fit are refused', () => {
  const { x, weights } = operands();
  const refused = (fn: () => unknown, pattern: RegExp) =>
    assert.throws(fn, (error: Error) => error instanceof ShapeError && pattern.test(error.message));
  refused(
    () => groupedLinear(x, weights, [3, 0, 1, 3]),
    /groups of \[3, 0, 1, 3\] rows do not divide \[8, 5\]/,
  );
  refused(() => groupedLinear(x, weights, [8]), /among 4 weights/);
  refused(() => groupedLinear(x, weights, [9, -1, 0, 0]), /do not divide/);
  refused(() => groupedLinear(x, [], []), /there is no weight/);
  refused(
    () => groupedLinear(x.transpose(), weights, [2, 0, 1, 2]),
    /\[5, 8\] do not multiply with weights \[3, 5\]/,
  );
  refused(() => groupedLinear(x, [weights[0]!, x], [8, 0]), /must have one shape, got \[3, 5\] and \[8, 5\]/);
  refused(() => scatterRows(4, int32([0, 1]), x), /ids \[2\] must name a row for each of \[8, 5\]/);
});

test.run();
