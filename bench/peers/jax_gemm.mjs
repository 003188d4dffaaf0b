/**
 * Matrix products in jax-js (WebAssembly, one thread), jitted; a child of compare.ts.
 */
import { readFileSync } from 'node:fs';
import { serve } from './products.mjs';

let jax;
try {
  jax = await import('@jax-js/jax');
} catch {
  process.stderr.write('jax-js is not installed; left out (npm install in bench/peers)\n');
  process.exit(1);
}
const { defaultDevice, init, jit, numpy: np } = jax;
await init('wasm');
defaultDevice('wasm');

const { version } = JSON.parse(readFileSync(new URL('node_modules/@jax-js/jax/package.json', import.meta.url), 'utf8'));

await serve('jax-js', `jax-js ${version}`, async (m, k, n, form) => {
  const draw = (rows, columns) =>
    np.array(Float32Array.from({ length: rows * columns }, () => Math.random() - 0.5), { shape: [rows, columns] });
  const a = form === 'tn' ? draw(k, m) : draw(m, k);
  const b = form === 'nt' ? draw(n, k) : draw(k, n);
  const product = jit((x, y) => np.matmul(form === 'tn' ? x.transpose() : x, form === 'nt' ? y.transpose() : y));
  const run = async () => {
    const c = product(a.ref, b.ref);
    await c.blockUntilReady();
    c.dispose();
  };
  return [run];
});
