/**
 * One more step of a sum (再加2呢？ -> 13+2=15。), or another sum in the same words (那8加6呢？).
 * One in six of the steps is kept for evaluation; no held-out pair is among them.
 */
import type { Random } from '../../src/tensor/random.ts';
import { askedSum, isHeldOut, resultOf, type Sign, type Sum, sumOf, worked } from './arithmetic.ts';
import type { Turn, Turns } from './fact-chains.ts';
import { oneIn } from './hash.ts';
import { trainedQuestion } from './sum-questions.ts';
import { fill } from './text.ts';

const MORE: Readonly<Record<Sign, readonly string[]>> = {
  '+': [
    '再加{c}呢？',
    '再加{c}呢？',
    '再加{c}等于几？',
    '再加上{c}呢？',
    '再加{c}',
    '再加{c}是多少？',
    '那再加{c}呢？',
    '结果再加{c}是多少？',
  ],
  '-': [
    '再减{c}呢？',
    '再减{c}呢？',
    '再减{c}等于几？',
    '再减去{c}呢？',
    '再减{c}',
    '再减{c}是多少？',
    '那再减{c}呢？',
    '结果再减{c}是多少？',
  ],
  '×': ['再乘{c}呢？', '再乘{c}等于几？', '再乘以{c}呢？', '结果再乘{c}是多少？'],
  '÷': ['再除以{c}呢？', '再除以{c}等于几？', '结果再除以{c}是多少？'],
};
const ANOTHER = ['那{e}呢？', '那{e}呢？', '{e}呢？', '那么{e}呢？', '那{e}等于几？'];
const WORDS: Readonly<Record<Sign, string>> = { '+': '加', '-': '减', '×': '乘', '÷': '除以' };

/** A sum and one or two steps more. With `reserved`, the last one is a step that training never has. */
export function sumSteps(random: Random, steps: number, reserved = false): Turns {
  for (;;) {
    let sum = knownSum(random);
    const turns: Turn[] = [[trainedQuestion(random, sum), `${worked(sum)}。`]];
    for (let i = 0; i < steps; i++) {
      const isLast = i === steps - 1;
      const on = random.int(4) > 0;
      const open = on ? more(random, sum) : another(random, sum);
      if (open === undefined || oneIn(6, `${worked(sum)}>${worked(open)}`) !== (reserved && isLast)) break;
      const [, c] = open.numbers;
      const e = `${open.numbers[0]}${random.int(2) === 0 ? open.signs[0] : WORDS[open.signs[0]!]}${c}`;
      turns.push([
        fill(random.pick(on ? MORE[open.signs[0]!] : ANOTHER), { c: `${c}`, e }),
        `${worked(open)}。`,
      ]);
      sum = open;
    }
    if (turns.length === steps + 1) return { turns, answer: resultOf(sum) };
  }
}

function knownSum(random: Random): Sum {
  for (;;) {
    const sum = askedSum(random);
    if (!isHeldOut(sum) && /^\d+$/.test(resultOf(sum)) && Number(resultOf(sum)) <= 100) return sum;
  }
}

/** The result goes on; undefined where the draw does not fit. */
function more(random: Random, sum: Sum): Sum | undefined {
  const a = Number(resultOf(sum));
  const sign = random.pick<Sign>(['+', '+', '+', '-', '-', '-', '×', '÷']);
  const c = 1 + random.int(random.int(4) === 0 && (sign === '+' || sign === '-') ? 50 : 10);
  const next = sumOf(a, sign, c);
  if (isHeldOut(next)) return undefined;
  if (sign === '+') return a + c <= 100 ? next : undefined;
  if (sign === '-') return a >= c ? next : undefined;
  if (sign === '×') return a <= 12 ? next : undefined;
  return a > 0 && a % c === 0 && a / c <= 12 ? next : undefined;
}

/** Another sum of the same operation. */
function another(random: Random, sum: Sum): Sum | undefined {
  const next = knownSum(random);
  return next.signs.length === 1 && next.signs[0] === sum.signs[0] && next.numbers[0] !== 0
    ? next
    : undefined;
}
