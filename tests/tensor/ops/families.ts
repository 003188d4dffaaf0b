/**
 * What the tests of every family of ops do alike: one test per row of a table.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Tensor } from '../../../src/tensor/index.ts';
import { checkGradient, type GradientCase, type Range, throwsWith } from '../fixtures.ts';
import { checkGolden, type Family, goldens } from './goldens.ts';

/** Central differences for each case, in at least `least` layouts and choices of frozen inputs. */
export function gradientTests(cases: readonly GradientCase[], least: number): void {
  for (const one of cases) test(one.name, () => assert.ok(checkGradient(one) >= least));
}

/** Central differences for functions of one tensor, in five shapes and every layout. */
export function unaryGradientTests(
  ops: Record<string, readonly [fn: (x: Tensor) => Tensor, range?: Range]>,
): void {
  for (const [name, [fn, ranges]] of Object.entries(ops)) {
    test(name, () => {
      let checks = 0;
      for (const shape of [[], [1], [7], [3, 5], [2, 1, 3]]) {
        checks += checkGradient({ name, inputs: [shape], fn, ...(ranges && { ranges }) });
      }
      assert.is(checks, 20);
    });
  }
}

export type ErrorRow = readonly [name: string, fn: () => unknown, ...parts: string[]];

/** Each of them throws one sentence that contains all the parts. */
export function errorTests(rows: readonly ErrorRow[]): void {
  for (const [name, fn, ...parts] of rows) test(`error: ${name}`, () => throwsWith(fn, ...parts));
}

/** The cases of a family in tests/golden/ops.safetensors: values and gradients of PyTorch. */
export function goldenTests(family: Family): void {
  test(`PyTorch: ${family}`, () => goldens[family](checkGolden));
}
