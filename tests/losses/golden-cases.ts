/**
 * Cases of tests/golden/alignment.safetensors: what PyTorch in float64 says, values and gradients. Formulas there are written in
 * another way on purpose.
 */
import type { Tensor } from '../../src/tensor/index.ts';
import { allClose, Golden } from '../close.ts';

export const golden = new Golden('alignment');
export const EXACT = { absolute: 1e-10, relative: 1e-10 };

/** Compare y and the gradients of all leaves with a case of the file. */
export function check(name: string, leaves: Readonly<Record<string, Tensor>>, y: Tensor): void {
  allClose(y.toArray(), golden.values(`${name}/y`), EXACT, name);
  y.backward({ gradient: golden.tensor(`${name}/dy`) });
  const wanted = golden.keys(`${name}/d`).map((key) => key.slice(name.length + 2));
  for (const key of wanted.filter((k) => k !== 'y' && golden.has(`${name}/${k}`)))
    allClose(leaves[key]!.grad!.toArray(), golden.values(`${name}/d${key}`), EXACT, `${name}: d${key}`);
}

/** Tensors of a case; those that have a gradient in the file ask for one. */
export function inputs<Name extends string>(name: string, ...keys: Name[]): Record<Name, Tensor> {
  return Object.fromEntries(
    keys.map((key) => {
      const value = golden.tensor(`${name}/${key}`);
      return [key, golden.has(`${name}/d${key}`) ? value.requireGrad() : value];
    }),
  ) as Record<Name, Tensor>;
}
