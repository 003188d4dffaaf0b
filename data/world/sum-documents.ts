/**
 * What pretrain.txt tells about sums: lists of formulas with their steps, the tables, the multiplication rhyme (九九), sums in
 * words, questions with answers. All sums of arithmetic.ts are told, the small ones many times, the held-out ones never.
 */
import type { Random } from '../../src/tensor/random.ts';
import { isHeldOut, type Level, type Sign, type Sum, sumOf, sums, worked } from './arithmetic.ts';
import { expression, isReserved, trainedQuestion } from './sum-questions.ts';
import { hanzi } from './text.ts';

/** How many times each sum of a level is told in lists of formulas, and how many of them in questions with answers. */
const TOLD: Readonly<Record<Level, readonly [number, number]>> = {
  plusSmall: [24, 4],
  minusSmall: [22, 3],
  plusOnes: [0.6, 0.12],
  minusOnes: [1, 0.2],
  plusTens: [0.45, 0.1],
  minusTens: [0.42, 0.1],
  minusRound: [2, 0.3],
  plusBeyond: [0.04, 0.01],
  round: [4, 0.7],
  below: [1.5, 0.3],
  times: [22, 4],
  timesMore: [4, 0.7],
  timesTens: [6, 1],
  timesLong: [0.8, 0.15],
  divided: [17, 3],
  dividedMore: [2, 0.3],
  remainder: [3, 0.6],
  three: [0.2, 0.06],
};
const LEVELS = Object.keys(TOLD) as Level[];
const LENGTH = 90; // characters of a document, about the context of the smallest model

/** All documents that have to stand in pretrain.txt, in any order. */
export function sumTexts(random: Random): string[] {
  const told = random.shuffle(LEVELS.flatMap((level) => repeated(random, sums[level], TOLD[level][0])));
  const asked = random.shuffle(LEVELS.flatMap((level) => repeated(random, sums[level], TOLD[level][1])));
  const spoken = random.shuffle(
    [...sums.plusSmall, ...sums.minusSmall].flatMap((sum) => Array<Sum>(2).fill(sum)),
  );
  return [
    ...gather(random, told.map(worked), '，', OPENINGS),
    ...gather(
      random,
      asked.map((sum) => questioned(random, sum)),
      '。',
      [''],
    ),
    ...gather(random, spoken.map(inCharacters), '，', SPOKEN_OPENINGS),
    ...tables(random),
    ...rhymes(random),
  ];
}

/** A question with its answer, or for short the sum as it is read and as it is written: 三加五：3+5=8. */
function questioned(random: Random, sum: Sum): string {
  const short = expression(random, sum);
  return random.int(5) < 3 && !isReserved(short)
    ? `${short}：${worked(sum)}`
    : `问：${trainedQuestion(random, sum)}答：${worked(sum)}`;
}

const OPENINGS = ['', '', '', '算式：', '口算：', '算一算：', '练习本上写着：', '小明算对了：'];
const SPOKEN_OPENINGS = [
  '',
  '',
  '我们来算一算：',
  '做几道算术题：',
  '今天学加法和减法：',
  '请看黑板上的题：',
];

/** Every sum `times` times; of a part of a time, that part of the sums. */
function repeated(random: Random, from: readonly Sum[], times: number): Sum[] {
  const whole = Math.floor(times);
  const rest = random.shuffle([...from]).slice(0, Math.round((times - whole) * from.length));
  return [...from.flatMap((sum) => Array<Sum>(whole).fill(sum)), ...rest];
}

/** Sentences in documents of about LENGTH characters. */
function gather(
  random: Random,
  parts: readonly string[],
  mark: string,
  openings: readonly string[],
): string[] {
  const documents: string[] = [];
  let open: string[] = [];
  let size = 0;
  const limit = () => LENGTH - random.int(40);
  let most = limit();
  for (const part of parts) {
    if (size > 0 && size + part.length > most) {
      documents.push(`${random.pick(openings)}${open.join(mark)}。`);
      [open, size, most] = [[], 0, limit()];
    }
    open.push(part);
    size += part.length + 1;
  }
  if (open.length > 0) documents.push(`${random.pick(openings)}${open.join(mark)}。`);
  return documents;
}

const WORDS: Readonly<Record<Sign, string>> = { '+': '加', '-': '减', '×': '乘', '÷': '除以' };

/** 三加五等于八. */
function inCharacters({ numbers: [a, b], signs }: Sum): string {
  const result = signs[0] === '+' ? a! + b! : signs[0] === '-' ? a! - b! : a! * b!;
  return `${hanzi(a!)}${WORDS[signs[0]!]}${hanzi(b!)}等于${hanzi(result)}`;
}

/** The table of each number for each operation, in order. */
function tables(random: Random): string[] {
  const numbers = Array.from({ length: 10 }, (_, i) => i + 1);
  return numbers.flatMap((n) => {
    const times = numbers.map((m) => sumOf(n, '×', m));
    const divided = numbers.map((m) => sumOf(n * m, '÷', n));
    const plus = numbers.map((m) => sumOf(n, '+', m));
    const minus = numbers.map((m) => sumOf(n + m, '-', m));
    const spoken = numbers.slice(0, 6).map((m) => inCharacters(sumOf(n, '×', m)));
    return [
      `${hanzi(n)}的乘法表：${times.map(worked).join('，')}。`,
      `除以${hanzi(n)}：${divided.map(worked).join('，')}。`,
      `${hanzi(n)}的加法表：${plus.map(worked).join('，')}。`,
      `减法表：${minus.map(worked).join('，')}。`,
      `${random.pick(['背一背乘法：', '乘法练习：', '老师教我们，'])}${spoken.join('，')}。`,
    ];
  });
}

/** 三五十五: the smaller number first; below ten with 得, ten is 一十. */
export function rhyme(a: number, b: number): string {
  const product = a * b;
  return `${hanzi(a)}${hanzi(b)}${product < 10 ? '得' : ''}${product === 10 ? '一十' : hanzi(product)}`;
}

/** All lines that end in 三: 一三得三，二三得六，三三得九. */
export function rhymeOf(n: number): string {
  return Array.from({ length: n }, (_, i) => rhyme(i + 1, n)).join('，');
}

const RHYME_OPENINGS = [
  '背口诀：',
  '乘法口诀：',
  '{n}的乘法口诀：',
  '小红背{n}的口诀：',
  '{n}的口诀是：',
  '九九口诀里，{n}是：',
];

function rhymes(random: Random): string[] {
  const pairs = Array.from({ length: 9 }, (_, i) => i + 1).flatMap((b) =>
    Array.from({ length: b }, (_, i) => [i + 1, b] as const),
  );
  const lines = Array.from({ length: 5 }, () => random.shuffle([...pairs])).flat();
  return [
    ...Array.from({ length: 9 }, (_, i) => i + 1).flatMap((n) =>
      RHYME_OPENINGS.map((opening) => `${opening.replace('{n}', hanzi(n))}${rhymeOf(n)}。`),
    ),
    ...gather(
      random,
      lines.map(([a, b]) => `${rhyme(a, b)}，${worked(sumOf(a, '×', b))}`),
      '；',
      ['口诀：', ''],
    ),
  ];
}

/** A list of formulas drawn at random, for what is written after all those. */
export function sumDocument(random: Random): string {
  const parts: string[] = [];
  for (let size = 0; size < 50; size += parts.at(-1)!.length) {
    const sum = random.pick<Sum>(sums[random.pick(LEVELS)]);
    if (!isHeldOut(sum)) parts.push(worked(sum));
    else size += 1;
  }
  return `${random.pick(OPENINGS)}${parts.join('，')}。`;
}
