/** The texts of the kernels keep to what gpu.js compiles rightly on every mode (source-rules.ts). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import '../../../../src/tensor/backends/gpu/index.ts'; // defines the kernels
import { allKernels } from '../../../../src/tensor/backends/gpu/kernel.ts';
import { faults } from './source-rules.ts';

test('the texts of all kernels keep to what gpu.js can compile', () => {
  const texts = allKernels.flatMap((kernel) => [
    { name: kernel.name, text: kernel.source.toString() },
    ...kernel.helpers.map(({ name, source }) => ({
      name: `${kernel.name}/${name}`,
      text: source.toString(),
    })),
  ]);
  assert.ok(texts.length > 90, `${texts.length} texts`);
  assert.equal(
    texts.flatMap(({ name, text }) => faults(text).map((fault) => `${name}: ${fault}`)),
    [],
  );
});

test('control: each forbidden thing is found', () => {
  const body = (text: string) => faults(`function f(a, n) { ${text} }`).join();
  assert.match(body('__name(g, "g"); return 1;'), /__name/);
  assert.match(body('const g = (x) => x; return g(n);'), /inner function/);
  assert.match(body('function g() { return 1; } return g();'), /inner function/);
  assert.match(body('let s = 0; for (let i = 0; i < n; i++) { s += a[i]; } return s;'), /bounded by n/);
  assert.match(body('let i = 0; while (i < 3) { i += 1; } return i;'), /while/);
  assert.match(body('return Infinity;'), /Infinity/);
  assert.match(body('return outside + 1;'), /outside/);
  assert.is(body('let s = 0; for (let i = 0; i < this.constants.n; i++) { s += a[i]; } return s;'), '');
});

test.run();
