/**
 * Comparisons: 1 where they hold, 0 where not, in the type of the inputs, broadcasting like arithmetic.
 *
 * A step function is flat almost everywhere, so nothing flows back through it.
 */
import type { Tensor } from '../tensor.ts';
import { binary } from './arithmetic.ts';

type Operand = Tensor | number;

export const eq = (a: Tensor, b: Operand): Tensor => binary('eq', [a, b], null, null);
export const ne = (a: Tensor, b: Operand): Tensor => binary('ne', [a, b], null, null);
export const lt = (a: Tensor, b: Operand): Tensor => binary('lt', [a, b], null, null);
export const le = (a: Tensor, b: Operand): Tensor => binary('le', [a, b], null, null);
export const gt = (a: Tensor, b: Operand): Tensor => binary('gt', [a, b], null, null);
export const ge = (a: Tensor, b: Operand): Tensor => binary('ge', [a, b], null, null);
