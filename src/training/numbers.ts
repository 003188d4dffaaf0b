/**
 * What a stage measures, averaged over the steps between two lines of metrics.
 */

/** The loss of a step and what else was measured, by name. */
export type Numbers = { readonly loss: number } & Readonly<Record<string, number>>;

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
