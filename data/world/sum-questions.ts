/**
 * How people ask for a sum: a notation (3+5, 3 + 5, 3加5, 三加五, 12*3, 20/4) in a frame (bare, 等于几？, 帮我算一下…), and some
 * phrases of their own (37和45的和, 3个5, 三五得几, 8比5多几).
 *
 * Some frames are never trained, and of the questions in the others one in ten is kept for evaluation.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Sign, Sum } from './arithmetic.ts';
import { oneIn } from './hash.ts';
import { fill, hanzi } from './text.ts';

const SYMBOLS: Readonly<Record<Sign, readonly string[]>> = {
  '+': ['+'],
  '-': ['-'],
  '×': ['×', '×', '*', 'x'],
  '÷': ['÷', '÷', '/'],
};
const WORDS: Readonly<Record<Sign, readonly string[]>> = {
  '+': ['加', '加', '加', '加上'],
  '-': ['减', '减', '减', '减去'],
  '×': ['乘', '乘', '乘以'],
  '÷': ['除以'],
};

/** What stands before a sum and what after it; any may meet any. Half of all questions have nothing before. */
const BEFORE = [
  '请问',
  '请问，',
  '你好，请问',
  '小言，',
  '帮我算一下',
  '帮我算一下：',
  '帮我算一算，',
  '帮我算算',
  '请帮我算',
  '请帮我算一下，',
  '算一下',
  '算一算，',
  '算算',
  '请算一算',
  '请算一下：',
  '请计算',
  '计算',
  '计算：',
  '计算 ',
  '口算：',
  '我想知道',
  '告诉我',
  '请告诉我',
  '你说，',
  '我问你，',
  '你知道',
];
const AFTER = [
  '',
  '。',
  '？',
  '等于几？',
  '等于几？',
  '等于几',
  '等于多少？',
  '等于多少？',
  '等于多少',
  '是多少？',
  '是多少',
  '是几？',
  '是几',
  '得几？',
  '得多少？',
  '得几',
  '等于？',
  '等于',
  '，等于几？',
  '，是多少？',
  '的得数是多少？',
];
const AFTER_SIGNS = [
  '',
  '',
  '=',
  '=',
  '=?',
  '=？',
  '=？',
  '＝？',
  '?',
  '？',
  '=几',
  '=多少？',
  '=几？',
  ' =',
  ' = ？',
];
const WHOLE = [
  '你知道{e}等于几吗？',
  '你知道{e}是多少吗？',
  '你能算{e}吗？',
  '你算得出{e}吗？',
  '{e}等于几，你知道吗？',
  '可以帮我算{e}吗？',
  '{e}，请算一算。',
  '{e}，你会吗？',
];
const UNSEEN_FRAMES = [
  '考考你，{e}等于几？',
  '老师问我{e}等于多少。',
  '谁能说说{e}是多少？',
  '麻烦你算一下{e}。',
  '{e}的结果是多少？',
  '{e}算出来是几？',
  '{e}应该等于多少？',
  '快说，{e}得几？',
  '有一道题：{e}，等于多少？',
  '你会算{e}吗？',
];

/** Phrases that stand for a whole sum, with the numbers in digits or characters. */
const PHRASES: Readonly<Record<Sign, readonly string[]>> = {
  '+': ['{a}和{b}的和是多少？', '{a}和{b}加起来是多少？', '{a}再加{b}等于几？', '{a}与{b}的和是几？'],
  '-': ['{a}和{b}的差是多少？', '{a}比{b}多几？', '{a}比{b}多多少？', '从{a}里拿走{b}，还剩多少？'],
  '×': ['{a}个{b}是多少？', '{a}和{b}的积是多少？', '{a}个{b}加起来是多少？', '{a}的{b}倍是多少？'],
  '÷': ['把{a}平均分成{b}份，每份是多少？', '{a}里面有几个{b}？', '{a}是{b}的几倍？'],
};

/** A question for evaluation in a frame that training knows is one that training does not ask. */
export function isReserved(question: string): boolean {
  return oneIn(10, question);
}

/** A question that training may ask. */
export function trainedQuestion(random: Random, sum: Sum): string {
  for (;;) {
    const question = framed(random, sum);
    if (!isReserved(question)) return question;
  }
}

/** A question that training never asks: in a frame of its own, or one of those that are kept. */
export function heldOutQuestion(random: Random, sum: Sum): string {
  const trials = random.int(3) === 0 ? 0 : 200;
  for (let trial = 0; trial < trials; trial++) {
    const question = framed(random, sum);
    if (isReserved(question)) return question;
  }
  return fill(random.pick(UNSEEN_FRAMES), { e: expression(random, sum) });
}

function framed(random: Random, sum: Sum): string {
  const draw = random.int(20);
  if (draw < 2 && canPhrase(sum)) return ownPhrase(random, sum);
  if (draw < 3) return fill(random.pick(WHOLE), { e: expression(random, sum) });
  const before = random.int(2) === 0 ? '' : random.pick(BEFORE);
  if (draw < 10) return `${before}${inSigns(sum, random)}${random.pick(AFTER_SIGNS)}`.trim();
  return `${before}${expression(random, sum)}${random.pick(AFTER)}`;
}

/** In signs, in words with digits, in characters, or in words with both. */
export function expression(random: Random, sum: Sum): string {
  const draw = random.int(10);
  if (draw < 2) return inSigns(sum, random);
  if (draw < 6) return inWords(sum, random, String);
  if (draw < 9) return inWords(sum, random, hanzi);
  return inWords(sum, random, (n) => (random.int(2) === 0 ? hanzi(n) : `${n}`));
}

function inSigns({ numbers, signs }: Sum, random: Random): string {
  const gap = random.int(6) === 0 ? ' ' : '';
  return numbers
    .map((n, i) => (i === 0 ? `${n}` : `${gap}${random.pick(SYMBOLS[signs[i - 1]!])}${gap}${n}`))
    .join('');
}

function inWords({ numbers, signs }: Sum, random: Random, say: (n: number) => string): string {
  return numbers.map((n, i) => (i === 0 ? say(n) : `${random.pick(WORDS[signs[i - 1]!])}${say(n)}`)).join('');
}

/** Whole results only: nobody asks 17里面有几个5. */
function canPhrase({ numbers: [a, b], signs }: Sum): boolean {
  if (signs.length > 1 || a! < 1 || b! < 1) return false;
  return signs[0] === '-' ? a! > b! : signs[0] !== '÷' || a! % b! === 0;
}

function ownPhrase(random: Random, { numbers, signs }: Sum): string {
  const [a, b] = numbers as readonly [number, number]; // canPhrase has seen two
  if (signs[0] === '×' && a <= b && b <= 9 && random.int(2) === 0)
    return `${hanzi(a)}${hanzi(b)}${random.pick(['得几？', '等于几？', '得多少？'])}`;
  const say = random.int(4) === 0 ? hanzi : String;
  return fill(random.pick(PHRASES[signs[0]!]), { a: say(a), b: say(b) });
}
