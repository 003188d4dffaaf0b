/**
 * Sums and how they are worked out. A small model cannot add two-digit numbers in one go, but it can write down the way:
 *
 *   8+5=13                         within the tables: at once
 *   37+45=70+12=82, 37+5=30+12=42  tens and ones
 *   82-45=82-40-5=42-5=37          first the tens, then the ones
 *   12×13=10×13+2×13=130+26=156    piece by piece
 *   17÷5=3余2
 *
 * About one in 25 pairs of two-digit numbers is held out: no training file adds them or takes one from the other, in any
 * notation and in either order, so that evaluation can tell computing from remembering.
 */
import type { Random } from '../../src/tensor/random.ts';
import { oneIn } from './hash.ts';

export type Sign = '+' | '-' | '×' | '÷';

/** Two numbers, or three with + and -. */
export interface Sum {
  readonly numbers: readonly number[];
  readonly signs: readonly Sign[];
}

export function sumOf(a: number, sign: Sign, b: number): Sum {
  return { numbers: [a, b], signs: [sign] };
}

/** 8+5 -> '13', 17÷5 -> '3余2'. */
export function resultOf(sum: Sum): string {
  return worked(sum).split('=').at(-1)!; // there is always a '='
}

/** 37+45 -> '37+45=70+12=82'. */
export function worked({ numbers, signs }: Sum): string {
  const [a, b, c] = numbers;
  if (a === undefined || b === undefined) throw new RangeError('A sum needs two numbers');
  if (c !== undefined)
    return `${a}${signs[0]}${b}${signs[1]}${c}=${worked(sumOf(value(a, signs[0]!, b), signs[1]!, c))}`;
  const formula = `${a}${signs[0]}${b}`;
  const [tensA, onesA] = tensAndOnes(a);
  const [tensB, onesB] = tensAndOnes(b);
  switch (signs[0]!) {
    case '+':
      return a + b <= 20 || (onesA === 0 && (onesB === 0 || tensB === 0))
        ? `${formula}=${a + b}`
        : `${formula}=${tensA + tensB}+${onesA + onesB}=${a + b}`;
    case '-':
      return a <= 20 || onesB === b || onesB === 0
        ? `${formula}=${a - b}`
        : `${formula}=${a}-${tensB}-${onesB}=${a - tensB}-${onesB}=${a - b}`;
    case '×':
      if ((a <= 10 && b <= 10) || onesA === 0 || onesB === 0) return `${formula}=${a * b}`;
      return a > 10
        ? `${formula}=${tensA}×${b}+${onesA}×${b}=${tensA * b}+${onesA * b}=${a * b}`
        : `${formula}=${a}×${tensB}+${a}×${onesB}=${a * tensB}+${a * onesB}=${a * b}`;
    case '÷':
      return `${formula}=${Math.floor(a / b)}${a % b === 0 ? '' : `余${a % b}`}`;
  }
}

const tensAndOnes = (n: number): [number, number] => [n - (n % 10), n % 10];

function value(a: number, sign: Sign, b: number): number {
  return sign === '+' ? a + b : sign === '-' ? a - b : sign === '×' ? a * b : a / b;
}

/** Is this pair kept out of all training files, for + and for -? Not within 20, which everyone learns by heart. */
export function isHeldOutPair(a: number, b: number): boolean {
  const [small, large] = a < b ? [a, b] : [b, a];
  if (small < 11 || large < 21 || large > 99 || small === large || small % 10 === 0 || large % 10 === 0)
    return false;
  return oneIn(25, `${small}|${large}`);
}

/** Does a sum, or a step on the way to its result, use a held-out pair? */
export function isHeldOut({ numbers, signs }: Sum): boolean {
  let total = numbers[0]!;
  return signs.some((sign, i) => {
    const next = numbers[i + 1]!; // one number more than signs
    const held = (sign === '+' || sign === '-') && isHeldOutPair(total, next);
    total = value(total, sign, next);
    return held;
  });
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function grid(
  sign: Sign,
  as: readonly number[],
  bs: readonly number[],
  keep: (a: number, b: number) => boolean,
): Sum[] {
  return as.flatMap((a) => bs.filter((b) => keep(a, b)).map((b) => sumOf(a, sign, b)));
}

const always = () => true;

const tens = range(1, 9).map((n) => 10 * n);
const hundreds = range(1, 9).map((n) => 100 * n);

/** The sums of the world by how hard they are, and in `held` those of the held-out pairs. */
export const sums = {
  plusSmall: grid('+', range(0, 20), range(0, 20), (a, b) => a + b <= 20),
  minusSmall: grid('-', range(0, 20), range(0, 20), (a, b) => a >= b),
  plusOnes: [
    ...grid('+', range(10, 99), range(0, 9), (a, b) => a + b > 20),
    ...grid('+', range(0, 9), range(10, 99), (a, b) => a + b > 20),
  ],
  minusOnes: grid('-', range(21, 100), range(0, 9), always),
  plusTens: grid(
    '+',
    range(10, 99),
    range(10, 99),
    (a, b) => a + b > 20 && a + b <= 100 && !isHeldOutPair(a, b),
  ),
  plusBeyond: [
    ...grid('+', range(10, 99), range(10, 99), (a, b) => a + b > 100 && !isHeldOutPair(a, b)),
    ...grid('+', [100], range(1, 100), always),
  ],
  round: [
    ...grid('+', tens, tens, always),
    ...grid('-', tens, tens, (a, b) => a >= b),
    ...grid('+', hundreds, hundreds, always),
    ...grid('-', hundreds, hundreds, (a, b) => a >= b),
  ],
  minusTens: grid(
    '-',
    range(21, 100),
    range(10, 100),
    (a, b) => a >= b && b % 10 !== 0 && !isHeldOutPair(a, b),
  ),
  minusRound: grid('-', range(21, 99), tens, (a, b) => a >= b && a % 10 !== 0),
  below: grid('-', range(0, 19), range(1, 20), (a, b) => a < b),
  times: grid('×', range(0, 10), range(0, 10), always),
  timesMore: grid('×', range(1, 12), range(1, 12), (a, b) => a > 10 || b > 10),
  timesTens: [
    ...grid('×', [...tens, 100], range(1, 10), (a, b) => a > 10 || b > 10),
    ...grid('×', range(1, 10), [...tens, 100], (_, b) => b > 10),
  ],
  timesLong: [
    ...grid('×', range(13, 40), range(2, 9), (a) => a % 10 !== 0),
    ...grid('×', range(2, 9), range(13, 40), (_, b) => b % 10 !== 0),
  ],
  divided: range(1, 10).flatMap((b) => range(0, 10).map((c) => sumOf(b * c, '÷', b))),
  dividedMore: [
    ...range(2, 12).flatMap((b) =>
      range(b > 10 ? 1 : 11, Math.max(12, Math.floor(100 / b))).map((c) => sumOf(b * c, '÷', b)),
    ),
    ...range(2, 10).flatMap((b) => range(2, 9).map((c) => sumOf(10 * b * c, '÷', b))),
  ],
  remainder: range(2, 9).flatMap((b) =>
    range(b + 1, 20)
      .filter((a) => a % b !== 0)
      .map((a) => sumOf(a, '÷', b)),
  ),
  three: threeTerms(),
  held: [
    ...grid('+', range(11, 99), range(11, 99), (a, b) => a + b <= 100 && isHeldOutPair(a, b)),
    ...grid('-', range(11, 99), range(11, 99), (a, b) => a > b && isHeldOutPair(a, b)),
  ],
} as const satisfies Record<string, readonly Sum[]>;

export type Level = Exclude<keyof typeof sums, 'held'>;

/** Three numbers within 30, the third of which stays small, and three tens. */
function threeTerms(): Sum[] {
  const round = tens.slice(0, 5);
  const ofTens = round.flatMap((a) =>
    round.flatMap((b) => round.map((c): Sum => ({ numbers: [a, b, c], signs: ['+', '+'] }))),
  );
  const small = range(1, 12).flatMap((a) =>
    range(1, 10).flatMap((b) =>
      range(1, 5).flatMap((c) =>
        (['++', '+-', '-+', '--'] as const)
          .map((signs): Sum => ({ numbers: [a, b, c], signs: [...signs] as Sign[] }))
          .filter((sum) => (sum.signs[0] === '+' || a >= b) && Number(resultOf(sum)) >= 0),
      ),
    ),
  );
  return [...small, ...ofTens];
}

/** How often a person asks for each, in 100. */
const ASKED: readonly (readonly [Level, number])[] = [
  ['plusSmall', 22],
  ['minusSmall', 13],
  ['times', 17],
  ['divided', 8],
  ['dividedMore', 1],
  ['plusTens', 11],
  ['plusOnes', 6],
  ['minusTens', 5],
  ['minusRound', 1],
  ['minusOnes', 3],
  ['round', 3],
  ['timesMore', 2],
  ['timesTens', 2],
  ['timesLong', 1],
  ['plusBeyond', 1],
  ['three', 2],
  ['remainder', 1],
  ['below', 1],
];

/** A sum as people ask for them: mostly small ones. Never a held-out pair. */
export function askedSum(random: Random): Sum {
  let left = random.int(100);
  for (const [level, share] of ASKED) {
    if (left < share) return random.pick<Sum>(sums[level]);
    left -= share;
  }
  throw new Error('The shares of ASKED are less than 100');
}
