/**
 * Numbers on their way from tensors to the host: read together, since each reading may be a trip to another device.
 */
import { scope, type Tensor } from '../tensor/index.ts';

/** Run a computation in a scope and read its numbers; works where reading is asynchronous. */
export async function readNumbers(compute: () => Tensor): Promise<ArrayLike<number>> {
  const result = scope(compute);
  const values = await result.read();
  result.dispose();
  return values;
}
