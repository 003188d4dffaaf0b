/** What two models are compared by, bit for bit. */
import type { CausalLM } from '../../src/models/causal-lm.ts';
import { fromArray, noGrad } from '../../src/tensor/index.ts';

/** Hexadecimal, by name. */
export function weightsOf(model: CausalLM): Map<string, string> {
  return new Map(
    [...model.namedParameters()].map(([name, p]) => [name, Buffer.from(p.toArray().buffer).toString('hex')]),
  );
}

export function logitsOf(model: CausalLM): Buffer {
  const ids = fromArray(Int32Array.of(4, 300, 7, 2), [1, 4]);
  return Buffer.from(noGrad(() => model.forward(ids)).toArray().buffer);
}
