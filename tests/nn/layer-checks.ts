/**
 * The two checks that every layer passes in float64: PyTorch's values and gradients, and central differences.
 */
import * as assert from 'uvu/assert';
import type { Module } from '../../src/nn/module.ts';
import { gradcheck, Random, randn, type Tensor } from '../../src/tensor/index.ts';
import { allClose, Golden } from '../close.ts';
import { randomize, TIGHT } from '../models/tiny.ts';

/** Outputs and gradients of single layers, made by tests/golden/make_golden.py. */
export const golden = new Golden('layers');

/** Load the golden weights, run, compare y, dx and the gradient of every parameter; `visible` blanks out padding. */
export function likePyTorch(
  name: string,
  module: Module,
  forward: (x: Tensor) => Tensor,
  visible?: Tensor,
): void {
  const parameters = module.namedParameters();
  module.loadState(new Map([...parameters.keys()].map((key) => [key, golden.tensor(`${name}/${key}`)])));
  const x = golden.tensor(`${name}/x`).requireGrad();
  const y = visible === undefined ? forward(x) : forward(x).mul(visible.unsqueeze(-1));
  allClose(y.toArray(), golden.values(`${name}/y`), TIGHT, `${name} y`);
  y.backward({ gradient: golden.tensor(`${name}/dy`) });
  const checked = new Set<string>(['y']);
  for (const [key, { grad }] of [...parameters, ['x', x] as const]) {
    allClose(grad!.toArray(), golden.values(`${name}/d${key}`), TIGHT, `${name} d${key}`);
    checked.add(key);
  }
  const wanted = golden
    .keys(`${name}/d`)
    .map((key) => key.slice(name.length + 2))
    .filter((key) => golden.has(`${name}/${key}`));
  assert.equal(
    wanted.filter((key) => !checked.has(key)),
    [],
  );
}

const random = new Random(3);

/** Central differences with respect to the input and every parameter, all of them random. */
export function likeDifferences(
  module: Module,
  shape: readonly number[],
  forward: (x: Tensor) => Tensor,
): void {
  randomize(module, 21);
  const x = randn(shape, random, { dtype: 'float64' }).requireGrad();
  const worst = gradcheck(() => forward(x), [x, ...module.parameters()]);
  assert.ok(worst < 1e-6, `worst relative error ${worst}`);
}
