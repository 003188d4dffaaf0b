/** Ops as methods: `x.f(...rest)` is `f(x, ...rest)`, and no op is forgotten. */
import { readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Tensor, tensor } from '../../src/tensor/index.ts';
import { add } from '../../src/tensor/ops/arithmetic.ts';
import { transpose } from '../../src/tensor/ops/shape.ts';
import { sum } from '../../src/tensor/ops/sum.ts';

/** Exported by ops/, but no methods: they take no tensor first, or serve other files of the engine. */
const functions = new Set(
  [
    'concat',
    'stack',
    'where',
    'scatterAdd',
    'sumOfSquares',
    'unbroadcast',
    'groupedLinear',
    'scatterRows',
  ].concat(['binary', 'unary', 'checkPair', 'checkBackend']),
);

test('every op of ops/ is a method of Tensor, or one of the few that are not', async () => {
  const directory = new URL('../../src/tensor/ops/', import.meta.url);
  let methods = 0;
  for (const file of readdirSync(directory)) {
    if (file === 'fused.ts') continue; // called by layers, with the kernels first
    const module: Record<string, unknown> = await import(new URL(file, directory).href);
    for (const [name, value] of Object.entries(module)) {
      if (typeof value !== 'function' || functions.has(name)) continue;
      assert.type(
        (Tensor.prototype as unknown as Record<string, unknown>)[name],
        'function',
        `${file}: ${name}`,
      );
      methods++;
    }
  }
  assert.ok(methods > 50, `${methods} methods`);
});

test('a method hands its arguments on', () => {
  const x = tensor([
    [1, 2],
    [3, 4],
  ]);
  assert.equal(x.add(0.5).toArray(), add(x, 0.5).toArray());
  assert.equal(x.transpose(0, 1).toArray(), transpose(x, 0, 1).toArray());
  assert.equal(x.sum(0, { keepDim: true }).shape, sum(x, 0, { keepDim: true }).shape);
  assert.equal(Object.keys(x).includes('add'), false);
});

test.run();
