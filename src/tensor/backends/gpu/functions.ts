/**
 * The functions of one or two numbers that elementwise kernels apply. Each is called by its kernel under one name (`apply`,
 * `combine`), as a helper of gpu.js: one kernel text serves all kinds.
 *
 * JavaScript's arithmetic is double in mode cpu; everywhere else it is float32, so formulas avoid cancellation and overflow.
 */
import type { BinaryKind, UnaryKind } from '../../backend.ts';
import type { Helper } from './kernel.ts';

/** Stand-ins, so that kernels type-check; gpu.js gets one of the functions below in their place. */
export function apply(x: number): number {
  return x;
}
export function combine(a: number, b: number): number {
  return a + b;
}

function negate(x: number): number {
  return -x;
}
function absolute(x: number): number {
  return Math.abs(x);
}
function exponential(x: number): number {
  return Math.exp(x);
}
function logarithm(x: number): number {
  return Math.log(x);
}
function squareRoot(x: number): number {
  return Math.sqrt(x);
}
function inverseRoot(x: number): number {
  return 1 / Math.sqrt(x);
}
function square(x: number): number {
  return x * x;
}
function reciprocal(x: number): number {
  return 1 / x;
}
function sine(x: number): number {
  return Math.sin(x);
}
function cosine(x: number): number {
  return Math.cos(x);
}
function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}
/**
 * Through e^(-2|x|), which cannot overflow; near zero the difference would cancel, there the series x - x^3/3 + 2x^5/15 - ...
 * is exact.
 */
function hyperbolicTangent(x: number): number {
  const size = Math.abs(x);
  if (size < 0.25) {
    const s = x * x;
    return x + x * s * (-1 / 3 + s * (2 / 15 + s * (-17 / 315 + s * (62 / 2835 - s * (1382 / 155925)))));
  }
  const e = Math.exp(-2 * size);
  const y = (1 - e) / (1 + e);
  if (x < 0) {
    return -y;
  }
  return y;
}
function rectify(x: number): number {
  return Math.max(x, 0);
}
/**
 * |x| < 2: the series 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (1 3 5 ...), all terms of one sign; beyond: 1 minus the continued
 * fraction of the complement (Abramowitz & Stegun 7.1.6 and 7.1.14).
 */
function errorFunction(x: number): number {
  const size = Math.abs(x);
  const gauss = Math.exp(-size * size);
  if (size < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 30; n++) {
      term = (term * 2 * x * x) / (2 * n + 1);
      sum = sum + term;
    }
    return 1.1283791670955126 * gauss * sum;
  }
  let fraction = size;
  for (let k = 0; k < 40; k++) {
    fraction = size + (40 - k) / 2 / fraction;
  }
  let tail = (gauss * 0.5641895835477563) / fraction;
  if (size > 6) {
    tail = 0;
  }
  if (x < 0) {
    return tail - 1;
  }
  return 1 - tail;
}

function add(a: number, b: number): number {
  return a + b;
}
function subtract(a: number, b: number): number {
  return a - b;
}
function multiply(a: number, b: number): number {
  return a * b;
}
function divide(a: number, b: number): number {
  return a / b;
}
function power(a: number, b: number): number {
  return a ** b;
}
function larger(a: number, b: number): number {
  return Math.max(a, b);
}
function smaller(a: number, b: number): number {
  return Math.min(a, b);
}
function equal(a: number, b: number): number {
  if (a === b) {
    return 1;
  }
  return 0;
}
function different(a: number, b: number): number {
  if (a === b) {
    return 0;
  }
  return 1;
}
function less(a: number, b: number): number {
  if (a < b) {
    return 1;
  }
  return 0;
}
function lessOrEqual(a: number, b: number): number {
  if (a <= b) {
    return 1;
  }
  return 0;
}
function greater(a: number, b: number): number {
  if (a > b) {
    return 1;
  }
  return 0;
}
function greaterOrEqual(a: number, b: number): number {
  if (a >= b) {
    return 1;
  }
  return 0;
}

const one = (source: (x: number) => number): Helper => {
  return { name: apply.name, source, takes: ['Number'], gives: 'Number' };
};
const two = (source: (a: number, b: number) => number): Helper => {
  return { name: combine.name, source, takes: ['Number', 'Number'], gives: 'Number' };
};

export const unaryHelpers: Record<UnaryKind, Helper> = {
  neg: one(negate),
  abs: one(absolute),
  exp: one(exponential),
  log: one(logarithm),
  sqrt: one(squareRoot),
  rsqrt: one(inverseRoot),
  square: one(square),
  reciprocal: one(reciprocal),
  sin: one(sine),
  cos: one(cosine),
  sigmoid: one(sigmoid),
  silu: one(silu),
  tanh: one(hyperbolicTangent),
  relu: one(rectify),
  erf: one(errorFunction),
};

export const binaryHelpers: Record<BinaryKind, Helper> = {
  add: two(add),
  sub: two(subtract),
  mul: two(multiply),
  div: two(divide),
  pow: two(power),
  maximum: two(larger),
  minimum: two(smaller),
  eq: two(equal),
  ne: two(different),
  lt: two(less),
  le: two(lessOrEqual),
  gt: two(greater),
  ge: two(greaterOrEqual),
};
