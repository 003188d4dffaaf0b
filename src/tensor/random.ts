/**
 * Seeded random numbers: xoshiro128** (Blackman & Vigna 2018), 32-bit integer arithmetic only.
 *
 * The same seed gives the same bits on every machine and JavaScript engine, which is why neither
 * `Math.random` nor a logarithm is used here: exp, log and cos are implementation-defined in JavaScript.
 * The state is four integers, so that a checkpoint can store it and a resumed run goes on with the same draws.
 */
export type RandomState = readonly [number, number, number, number];

export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private d = 0;

  constructor(seed: number | RandomState) {
    this.restore(typeof seed === 'number' ? expandSeed(seed) : seed);
  }

  /** The state as four unsigned 32-bit integers; `new Random(state)` continues from it. */
  state(): RandomState {
    return [this.a >>> 0, this.b >>> 0, this.c >>> 0, this.d >>> 0];
  }

  /** Go on from a saved state. */
  restore([a, b, c, d]: RandomState): void {
    if ((a | b | c | d) === 0)
      throw new RangeError('Random: a state of four zeros would only ever give zeros');
    this.a = a | 0;
    this.b = b | 0;
    this.c = c | 0;
    this.d = d | 0;
  }

  /** A whole number in [0, 2^32). */
  uint32(): number {
    const r = Math.imul(rotateLeft(Math.imul(this.b, 5), 7), 9);
    const t = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = rotateLeft(this.d, 11);
    return r >>> 0;
  }

  /** A number in [0, 1), a multiple of 2^-32. */
  float(): number {
    return this.uint32() / 4294967296;
  }

  /** A whole number in [0, n), without modulo bias (draws above the last full multiple of n are thrown away). */
  int(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 4294967296) {
      throw new RangeError(`Random.int: n must be a whole number from 1 to 2^32, got ${n}`);
    }
    const limit = 4294967296 - (4294967296 % n);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return draw % n;
  }

  /**
   * Approximately standard normal: the sum of twelve uniforms minus six (Irwin-Hall). Mean 0 and variance 1 are
   * exact, the tails end at +-6. Plenty for initial weights, and free of log and cos, hence the same everywhere.
   */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.float();
    return sum;
  }

  /** One element of `items`, all equally likely. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('Random.pick: there is nothing to pick from');
    return items[this.int(items.length)]!;
  }

  /** Fisher-Yates shuffle, in place; returns the same array. */
  shuffle<T extends unknown[] | Uint32Array>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const swap = items[i];
      items[i] = items[j] as number;
      items[j] = swap as number;
    }
    return items;
  }
}

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

/** Four state words from one seed by splitmix32, so that neighbouring seeds give unrelated streams. */
function expandSeed(seed: number): RandomState {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`Random: the seed must be a whole number from 0 to 2^53 - 1, got ${seed}`);
  }
  let x = (seed ^ Math.floor(seed / 4294967296)) | 0;
  const next = () => {
    x = (x + 0x9e3779b9) | 0;
    let z = x;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return [next(), next(), next(), next()];
}
