/**
 * Loaded before the tests (`--import`): V8's 256-bit pass stays as the command line has set it, on or off, whatever backends ask
 * for. With `--experimental-wasm-revectorize --no-liftoff --no-wasm-lazy-compilation` every kernel of every test goes through it.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module';

const v8 = createRequire(import.meta.url)('node:v8') as typeof import('node:v8');
const set = v8.setFlagsFromString;
v8.setFlagsFromString = (flag) => {
  if (!flag.includes('revectorize')) set(flag);
};
syncBuiltinESMExports();
