/**
 * Matrix products in tfjs (WebAssembly with SIMD, one thread); a child of compare.ts.
 *
 * tfjs has a fast product for untransposed operands only, so the transposed cases are also run with an explicit transpose.
 */
import { serve } from './products.mjs';

let tf;
try {
  tf = await import('@tensorflow/tfjs');
  const { setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  setThreadsCount(1);
} catch {
  process.stderr.write('tfjs is not installed; left out (npm install in bench/peers)\n');
  process.exit(1);
}
await tf.setBackend('wasm');
await tf.ready();

await serve('tfjs-wasm', `tfjs ${tf.version.tfjs}`, async (m, k, n, form) => {
  const a = tf.randomNormal(form === 'tn' ? [k, m] : [m, k]);
  const b = tf.randomNormal(form === 'nt' ? [n, k] : [k, n]);
  const flags = () => tf.matMul(a, b, form === 'tn', form === 'nt').dispose();
  if (form === 'nn') return [flags];
  const explicit = () =>
    tf.tidy(() => tf.matMul(form === 'tn' ? tf.transpose(a) : a, form === 'nt' ? tf.transpose(b) : b).dispose());
  return [flags, explicit];
});
