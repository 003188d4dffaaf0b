/**
 * Losses written down once more for single numbers, and settings drawn at random: a setting that is ignored, mixed up with
 * another or fixed to its usual value gives other numbers.
 */
import { Random, type Tensor, tensor } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { float64 } from '../models/tiny.ts';

export const ROUNDS = 30;
const N = 7;

/** Numbers for one round, some of them equal to others. */
export class Draw {
  private readonly random: Random;

  constructor(round: number) {
    this.random = new Random(1000 + round);
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.random.float();
  }

  /** N numbers; the last two are ties for whoever asks twice. */
  numbers(scale = 1): number[] {
    return Array.from({ length: N }, (_, i) => (i >= N - 2 ? 0.5 * i : this.between(-scale, scale)));
  }

  isTrue(): boolean {
    return this.random.int(2) === 0;
  }
}

/** `run` for every round, in float64. */
export function eachRound(run: (draw: Draw) => void): void {
  for (let round = 0; round < ROUNDS; round++) float64(() => run(new Draw(round)));
}

/** Entry by entry, fn of the given lists. */
export function by<Row extends readonly (readonly number[])[]>(
  lists: Row,
  fn: (...at: { [K in keyof Row]: number }) => number,
): number[] {
  return lists[0]!.map((_, i) => fn(...(lists.map((list) => list[i]!) as { [K in keyof Row]: number })));
}

export function equals(found: Tensor, expected: readonly number[], what: string): void {
  allClose(found.toArray(), expected, { absolute: 1e-9, relative: 1e-9 }, what);
}

export const asTensor = (values: readonly number[]): Tensor => tensor(values);
export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
export const clamp = (x: number, low: number, high: number) => Math.max(low, Math.min(high, x));
