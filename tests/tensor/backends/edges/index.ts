/**
 * The ends of things: rows of the conformance table at the tails, blocks and shares of the fast kernels (sizes.ts says which).
 * Those of the fused kernels are in ../fused-cases.ts.
 */
import type { Row } from '../harness.ts';
import { elementwise, movement } from './elementwise.ts';
import { optimizer, products } from './products.ts';
import { indexing, reductions, softmaxRows } from './rows.ts';

const sizeOf = (row: Row) => Math.max(...row.inputs.map(({ shape }) => shape.reduce((a, b) => a * b, 1)));

export const edges: readonly Row[] = [
  ...elementwise(),
  ...movement(),
  ...reductions(),
  ...softmaxRows(),
  ...indexing(),
  ...products(),
  ...optimizer(),
].map((row) => ({ ...row, forThreads: sizeOf(row) > 10_000 }));
