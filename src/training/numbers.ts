/**
 * Numbers on their way from tensors into the metrics: read together, since each reading may be a trip to another device, and averaged over
 * the steps between two lines.
 */
import { scope, type Tensor } from '../tensor/index.ts';

/** The loss of a step and what else was measured, by name. */
export type Numbers = { readonly loss: number } & Readonly<Record<string, number>>;

/** Run a computation in a scope and read its numbers; works where reading is asynchronous. */
export async function readNumbers(compute: () => Tensor): Promise<ArrayLike<number>> {
  const result = scope(compute);
  const values = await result.read();
  result.dispose();
  return values;
}

/** Means since the last line of metrics. */
export class Means {
  private readonly sums = new Map<string, number>();
  private count = 0;

  add(numbers: Numbers): void {
    this.count++;
    for (const [name, value] of Object.entries(numbers))
      this.sums.set(name, (this.sums.get(name) ?? 0) + value);
  }

  means(): Record<string, number> {
    return Object.fromEntries([...this.sums].map(([name, sum]) => [name, sum / this.count]));
  }

  clear(): void {
    this.sums.clear();
    this.count = 0;
  }
}
