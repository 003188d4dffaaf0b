/**
 * What a stage measures, averaged over the steps between two lines of metrics.
 */

/** The loss of a step and what else was measured, by name. */
export type Numbers = { readonly loss: number } & Readonly<Record<string, number>>;

/** Sums since the last line of metrics, by name, as a checkpoint keeps them. Null: not a finite number, which JSON does not have. */
export type Pending = Readonly<Record<string, { readonly sum: number | null; readonly count: number }>>;

/** Means since the last line of metrics, each over the steps that measured it: not every step measures everything. */
export class Means {
  private readonly sums = new Map<string, { sum: number; count: number }>();

  /** Goes on from `pending`: what an interrupted run had added up since its last line. */
  constructor(pending: Pending = {}) {
    for (const [name, { sum, count }] of Object.entries(pending))
      this.sums.set(name, { sum: sum ?? Number.NaN, count });
  }

  add(numbers: Numbers): void {
    for (const [name, value] of Object.entries(numbers)) {
      const { sum, count } = this.sums.get(name) ?? { sum: 0, count: 0 };
      this.sums.set(name, { sum: sum + value, count: count + 1 });
    }
  }

  means(): Record<string, number> {
    return Object.fromEntries([...this.sums].map(([name, { sum, count }]) => [name, sum / count]));
  }

  pending(): Pending {
    const finite = (sum: number) => (Number.isFinite(sum) ? sum : null);
    return Object.fromEntries(
      [...this.sums].map(([name, { sum, count }]) => [name, { sum: finite(sum), count }]),
    );
  }

  clear(): void {
    this.sums.clear();
  }
}
