/** Copies and fills of the wasm backend: every kernel against the reference, on every build. */
import { test } from 'uvu';
import { kernelTests } from './kernel-tests.ts';

await kernelTests('device');

test.run();
