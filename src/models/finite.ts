/**
 * What a model says is made of finite numbers, or it is not a result. A NaN that nobody stops becomes a blank answer, a null in
 * JSON or a score of 0 %, and none of them looks like a fault.
 */
import { FaultError } from '../errors.ts';

/** `what` of the model the values are: "logits". */
export function checkFinite(values: ArrayLike<number>, what: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new FaultError(
        `The model's ${what} are not finite (${values[i]} at index ${i} of ${values.length}): its weights are damaged or far too ` +
          'large; use another checkpoint',
      );
    }
  }
}
