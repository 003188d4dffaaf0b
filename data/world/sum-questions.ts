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

/** Frames for a formula in signs only. */
const FORMULA_FRAMES = [
  '{e}',
  '{e}',
  '{e}=',
  '{e}=',
  '{e}=?',
  '{e}=？',
  '{e}=？',
  '{e}＝？',
  '{e}?',
  '{e}？',
  '{e}=几',
  '{e}=多少？',
  '{e}=几？',
  '计算{e}',
  '算一下{e}',
  '计算：{e}=',
  '口算：{e}=？',
  '帮我算{e}',
  '请问{e}=？',
];
const FRAMES = [
  '{e}等于几？',
  '{e}等于几',
  '{e}等于多少？',
  '{e}等于多少？',
  '{e}等于多少',
  '{e}是多少？',
  '{e}是多少',
  '{e}是几？',
  '{e}得几？',
  '{e}得多少？',
  '{e}等于？',
  '{e}',
  '{e}？',
  '请问{e}等于多少？',
  '请问{e}是多少？',
  '你知道{e}等于几吗？',
  '你知道{e}是多少吗？',
  '帮我算一下{e}。',
  '帮我算一下{e}',
  '帮我算一算，{e}是多少？',
  '帮我算算{e}等于多少',
  '请帮我算{e}。',
  '请算一算{e}。',
  '请算一下：{e}。',
  '算一算，{e}等于几？',
  '算算{e}。',
  '请计算{e}。',
  '请告诉我{e}等于多少。',
  '告诉我{e}是多少',
  '我想知道{e}等于几。',
  '小言，{e}等于几？',
  '{e}，等于几？',
  '{e}得数是多少？',
  '你好，请问{e}等于几？',
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
    const question = phrase(random, sum, FRAMES, FORMULA_FRAMES);
    if (!isReserved(question)) return question;
  }
}

/** A question that training never asks: in a frame of its own, or one of those that are kept. */
export function heldOutQuestion(random: Random, sum: Sum): string {
  const unseen = random.int(3) === 0;
  for (let trial = 0; trial < 200; trial++) {
    const question = unseen
      ? phrase(random, sum, UNSEEN_FRAMES, UNSEEN_FRAMES)
      : phrase(random, sum, FRAMES, FORMULA_FRAMES);
    if (unseen || isReserved(question)) return question;
  }
  return phrase(random, sum, UNSEEN_FRAMES, UNSEEN_FRAMES); // 200 draws met no reserved one
}

function phrase(
  random: Random,
  sum: Sum,
  frames: readonly string[],
  formulaFrames: readonly string[],
): string {
  const draw = random.int(20);
  if (frames === FRAMES && draw === 0 && canPhrase(sum)) return ownPhrase(random, sum);
  if (draw < 7) return fill(random.pick(formulaFrames), { e: inSigns(sum, random) });
  if (draw < 9) return fill(random.pick(frames), { e: inSigns(sum, random) });
  return fill(random.pick(frames), { e: inWords(sum, random, draw < 16 ? String : hanzi) });
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

/** Whole results only: 17里面有几个5 is no question. */
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
