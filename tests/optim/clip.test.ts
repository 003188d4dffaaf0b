/** Clipping by global norm, against PyTorch and by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Module, type Parameter } from '../../src/nn/module.ts';
import { clipFactor, gradientNorm } from '../../src/optim/clip.ts';
import { fromArray, isRecording, scope, tensor, zeros } from '../../src/tensor/index.ts';
import { allClose, Golden } from '../close.ts';
import { float64 } from '../models/tiny.ts';

const golden = new Golden('optim');

class Pair extends Module {
  readonly matrix: Parameter;
  readonly gain: Parameter;
  constructor() {
    super();
    this.matrix = this.parameter(zeros([3, 4]));
    this.gain = this.parameter(zeros([4]));
  }
}

for (const name of ['clip.large', 'clip.small']) {
  test(`${name}: norm and clipped gradients as in PyTorch`, () => {
    float64(() => {
      const pair = new Pair();
      pair.matrix.grad = golden.tensor(`${name}/matrix`);
      pair.gain.grad = golden.tensor(`${name}/gain`);
      const norm = gradientNorm(pair);
      allClose(norm.toArray(), golden.values(`${name}/norm`), { absolute: 1e-12, relative: 1e-12 });
      const factor = clipFactor(norm.item(), golden.number(`${name}/max_norm`));
      for (const key of ['matrix', 'gain'] as const) {
        const clipped = pair[key].grad!.mul(factor).toArray();
        allClose(clipped, golden.values(`${name}/${key}.clipped`), { absolute: 1e-12, relative: 1e-12 });
      }
    });
  });
}

test('a 3-4-12 gradient is 13 long; missing gradients count nothing', () => {
  const pair = new Pair();
  assert.is(gradientNorm(pair).item(), 0);
  pair.gain.grad = tensor([3, 4, 0, 0]);
  assert.is(gradientNorm(pair).item(), 5);
  pair.matrix.grad = tensor([
    [12, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
  assert.is(gradientNorm(pair).item(), 13);
  assert.is(scope(() => gradientNorm(pair)).requiresGrad, false);
  assert.is(isRecording(), true);
});

test('for any norm and limit: never longer than the limit, never lengthened, and not shortened without need', () => {
  for (const limit of [1e-3, 0.3, 1, 5]) {
    for (const norm of [0, 1e-9, limit / 2, limit, limit * 1.001, 7 * limit, 1e6 * limit]) {
      const factor = clipFactor(norm, limit);
      assert.ok(factor > 0 && factor <= 1 && factor * norm <= limit, `${norm} and ${limit}: ${factor}`);
      assert.ok(
        norm <= limit ? factor === 1 : factor * norm > 0.998 * limit,
        `${norm} and ${limit}: ${factor}`,
      );
    }
  }
});

test('the norm counts every element of every gradient once, whatever its size', () => {
  float64(() => {
    const pair = new Pair();
    const [a, b] = [new Float64Array(12), new Float64Array(4)];
    for (let i = 0; i < 16; i++) {
      (i < 12 ? a : b)[i < 12 ? i : i - 12] = 2 ** -i;
      pair.matrix.grad = fromArray(a.slice(), [3, 4]);
      pair.gain.grad = fromArray(b.slice(), [4]);
      const expected = Math.sqrt([...a, ...b].reduce((sum, x) => sum + x * x, 0));
      allClose([gradientNorm(pair).item()], [expected], { absolute: 1e-15 });
    }
  });
});

test('the factor: 1 up to the limit, limit / norm beyond it, 0 switches off', () => {
  assert.is(clipFactor(0.5, 1), 1);
  assert.is(clipFactor(1, 1), 1);
  assert.is(clipFactor(0, 1), 1);
  allClose([clipFactor(4, 1)], [0.25], { absolute: 1e-6 });
  assert.ok(clipFactor(4, 1) * 4 <= 1);
  allClose([clipFactor(4, 2)], [0.5], { absolute: 1e-6 });
  assert.is(clipFactor(1e9, 0), 1);
});

test.run();
