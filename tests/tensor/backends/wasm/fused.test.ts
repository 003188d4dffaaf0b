/** The fused kernels of the wasm backend against the compositions they stand for, on every build. */
import { test } from 'uvu';
import { fusedTable } from '../fused-cases.ts';
import { rowTests } from './kernel-tests.ts';

await rowTests(fusedTable);

test.run();
