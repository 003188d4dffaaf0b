/** Softmax, log-softmax and cross-entropy of the wasm backend: every kernel against the reference, on every build. */
import { test } from 'uvu';
import { kernelTests } from './kernel-tests.ts';

await kernelTests('softmax');

test.run();
