/**
 * Numbers in the shipped world: every sum that any file writes is true, and the held-out pairs stand in no training file, in
 * digits, characters or as a step. One question has one answer.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  isHeldOut,
  isHeldOutPair,
  type Sign,
  type Sum,
  sumOf,
  sums,
  worked,
} from '../data/world/arithmetic.ts';
import { comparisons } from '../data/world/comparisons.ts';
import type { Message } from '../data/world/dialogues.ts';
import { type FollowUpQuestion, followUps } from '../data/world/follow-ups.ts';
import { generateWorld, SEED } from '../data/world/index.ts';
import { writeDialogues } from '../data/world/sft.ts';
import { rhyme } from '../data/world/sum-documents.ts';
import { isReserved } from '../data/world/sum-questions.ts';
import { type SumQuestion, sumsAbility } from '../data/world/sums.ts';
import { hanzi } from '../data/world/text.ts';
import { wordProblems } from '../data/world/word-problems.ts';
import { Random } from '../src/tensor/random.ts';

const world = generateWorld();
const text = (name: string): string => world.get(name)!;
const records = <T>(name: string): T[] =>
  text(name)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
const dialogues = records<{ messages: Message[] }>('sft.jsonl');
const trainingFiles = ['pretrain.txt', 'sft.jsonl', 'preferences.jsonl'];

/** The value of 82-40-5, from the left; products first. */
function valueFrom(expression: string): number {
  const tokens = expression.match(/\d+|[-+×÷]/g)!;
  const terms: number[] = [];
  let sign = '+';
  for (const token of tokens) {
    if (!/\d/.test(token)) {
      sign = token;
      continue;
    }
    const n = Number(token);
    if (sign === '×') terms.push(terms.pop()! * n);
    else if (sign === '÷') terms.push(terms.pop()! / n);
    else terms.push(sign === '-' ? -n : n);
  }
  return terms.reduce((a, b) => a + b, 0);
}

const FORMULA = /\d+(?:[-+×÷]\d+)+(?:=-?\d+(?:[-+×÷]\d+)*)+(?:余\d+)?/g;

test('every formula in every file is true', () => {
  let found = 0;
  for (const [name, content] of world) {
    for (const [formula] of content.matchAll(FORMULA)) {
      if (name === 'preferences.jsonl' || name === 'preferences-heldout.jsonl') continue; // holds wrong answers on purpose
      found++;
      const [, whole, rest] = formula.match(/^(.*?)(?:余(\d+))?$/)!;
      if (rest !== undefined) {
        const [, a, b, q] = whole!.match(/^(\d+)÷(\d+)=(\d+)$/)!.map(Number) as [
          number,
          number,
          number,
          number,
        ];
        assert.is(b * q + Number(rest), a, formula);
        assert.ok(Number(rest) < b, formula);
        continue;
      }
      const values = whole!.split('=').map((side) => (side.startsWith('-') ? Number(side) : valueFrom(side)));
      assert.ok(
        values.every((v) => v === values[0]),
        `${name}: ${formula}`,
      );
    }
  }
  assert.ok(found > 20_000, `${found} formulas are found`);
});

const numerals = new Map(Array.from({ length: 1001 }, (_, n) => [hanzi(n), n]));

test('every sum in characters is true', () => {
  let found = 0;
  const words: Record<string, Sign> = { 加: '+', 减: '-', 乘: '×' };
  const sentence =
    /([零一二三四五六七八九十百]+)([加减乘])([零一二三四五六七八九十百]+)等于([零一二三四五六七八九十百]+)/g;
  for (const name of ['pretrain.txt', 'heldout.txt', 'sft.jsonl']) {
    for (const [whole, a, word, b, c] of text(name).matchAll(sentence)) {
      found++;
      assert.is(valueFrom(`${numerals.get(a!)}${words[word!]}${numerals.get(b!)}`), numerals.get(c!), whole);
    }
  }
  assert.ok(found > 500, `${found} sums are found`);
});

test('held-out pairs stand in no training file', () => {
  const operand = '(\\d+|[零一二三四五六七八九十百]+)';
  const sign = '\\s?(?:[-+]|加上|加|减去|减)\\s?';
  const pair = new RegExp(`(?<![\\d零一二三四五六七八九十百])(?=${operand}${sign}${operand})`, 'g');
  const number = (digits: string) => numerals.get(digits) ?? Number(digits);
  let met = 0;
  for (const name of trainingFiles) {
    for (const [, a, b] of text(name).matchAll(pair)) {
      met++;
      assert.not(isHeldOutPair(number(a!), number(b!)), `${name}: ${a} and ${b}`);
    }
  }
  assert.ok(met > 20_000, `${met} sums are found`);
  const questions = records<SumQuestion>('eval/sums-held-out.jsonl');
  assert.is(questions.length, 100);
  for (const { accepted } of questions) {
    const [a, b] = accepted[0]!.match(/\d+/g)!.map(Number);
    assert.ok(isHeldOutPair(a!, b!), accepted[0]);
  }
});

test('control: a held-out pair is found as a sum and as a step', () => {
  const held = sums.held[0]!;
  assert.ok(isHeldOut(held));
  const [a, b] = held.numbers as [number, number];
  assert.ok(isHeldOut(sumOf(b, '+', a)));
  assert.ok(isHeldOut({ numbers: [a - 1, 1, b], signs: ['+', '+'] }));
});

test('pairs that are not held out are told: all sums within 20, all products within 12, two fifths of two digits', () => {
  const corpus = text('pretrain.txt');
  const told = (of: readonly Sum[]) => of.filter((sum) => corpus.includes(worked(sum))).length / of.length;
  for (const level of [
    'plusSmall',
    'minusSmall',
    'minusOnes',
    'round',
    'minusRound',
    'times',
    'timesMore',
    'timesTens',
    'divided',
    'dividedMore',
    'remainder',
  ] as const)
    assert.is(told(sums[level]), 1, level);
  assert.ok(told(sums.plusTens) > 0.4);
  assert.ok(told(sums.minusTens) > 0.4);
  const share = sums.held.length / (sums.held.length + sums.plusTens.length + sums.minusTens.length);
  assert.ok(share > 0.02 && share < 0.05, `${share} of the sums are held out`);
});

test('sums: questions of evaluation are asked nowhere, and have one answer', () => {
  const asked = new Map<string, string>();
  for (const { messages } of dialogues) {
    const turns = messages.filter(({ role }) => role !== 'system');
    if (turns.length !== 2 || !/\d=|0不能/.test(turns[1]!.content)) continue;
    assert.is(asked.get(turns[0]!.content) ?? turns[1]!.content, turns[1]!.content, turns[0]!.content);
    asked.set(turns[0]!.content, turns[1]!.content);
  }
  assert.ok(asked.size > 1400);
  const questions = [
    ...records<SumQuestion>('eval/sums.jsonl'),
    ...records<SumQuestion>('eval/sums-held-out.jsonl'),
  ];
  assert.is(new Set(questions.map(({ question }) => question)).size, 200);
  for (const { question, answer, accepted } of questions) {
    assert.not(asked.has(question), question);
    assert.is(accepted[0]!.slice(0, -1).split('=').at(-1), answer);
    assert.not(text('pretrain.txt').includes(`问：${question}答：`), question);
  }
  assert.ok(questions.some(({ question }) => isReserved(question)));
});

test('word problems: the number said at the end is the result of the sum', () => {
  const [trained, told] = [wordProblems.dialogues(new Random(3)), wordProblems.documents!];
  assert.is(trained.length, 440);
  const answers = trained.map(({ messages }) => messages[1]!.content);
  const random = new Random(4);
  for (let i = 0; i < 300; i++)
    answers.push(
      ...told
        .write(random)
        .split('答：')
        .slice(1)
        .map((part) => part.split('。')[0]!),
    );
  for (const answer of answers) {
    const [, result, end] = answer.match(/=(\d+)，([^=]+)$/)!;
    assert.ok(end!.match(/\d+/g)!.at(-1) === result, answer);
  }
});

test('comparisons: the larger number is said to be larger', () => {
  let found = 0;
  const numeral = '[\\d零一二三四五六七八九十百]+';
  const sentence = new RegExp(`(?<![\\d零一二三四五六七八九十百])(${numeral})比(${numeral})([大小])。`, 'g');
  for (const name of ['pretrain.txt', 'sft.jsonl']) {
    for (const [whole, a, b, word] of text(name).matchAll(sentence)) {
      found++;
      const [x, y] = [a!, b!].map((n) => numerals.get(n) ?? Number(n)) as [number, number];
      assert.ok(word === '大' ? x > y : x < y, whole);
    }
  }
  assert.ok(found > 100, `${found} comparisons are found`);
});

test('a question about numbers has one answer, whoever teaches it', () => {
  const mine = new Set(['sum', 'word-problem', 'comparison']);
  const single = writeDialogues(SEED + 1)
    .train.filter(({ kind }) => kind !== 'careless')
    .map(({ kind, messages }) => ({ kind, turns: messages.filter(({ role }) => role !== 'system') }))
    .filter(({ turns }) => turns.length === 2);
  const answers = new Map<string, string>();
  for (const { kind, turns } of single) if (mine.has(kind)) answers.set(turns[0]!.content, turns[1]!.content);
  assert.ok(answers.size > 2000);
  for (const { turns } of single)
    assert.is(answers.get(turns[0]!.content) ?? turns[1]!.content, turns[1]!.content, turns[0]!.content);
});

const conversations = records<FollowUpQuestion>('eval/follow-ups.jsonl');

test('follow-ups: a hundred conversations of four kinds, the last question open', () => {
  assert.is(conversations.length, 100);
  assert.equal(
    [...new Set(conversations.map(({ kind }) => kind))],
    ['same-question', 'pronoun', 'next-sum', 'about-me'],
  );
  for (const { messages, answer, accepted } of conversations) {
    assert.is(messages.at(-1)!.role, 'user');
    assert.ok(messages.length >= 3);
    assert.ok(accepted[0]!.includes(answer), `${accepted[0]} and ${answer}`);
  }
});

test('follow-ups: no answer follows from its question in training as it does in evaluation', () => {
  // The last answer of each conversation never follows, in training, the answer before it.
  const steps = new Set<string>();
  const said = new Set<string>();
  for (const { messages } of dialogues) {
    const answers = messages.filter(({ role }) => role === 'assistant').map(({ content }) => content);
    for (const [i, answer] of answers.entries()) {
      said.add(answer);
      if (i > 0) steps.add(`${answers[i - 1]}${answer}`);
    }
  }
  for (const { kind, messages, accepted } of conversations) {
    if (kind === 'about-me') assert.not(said.has(accepted[0]!), accepted[0]);
    else assert.not(steps.has(`${messages.at(-2)!.content}${accepted[0]}`), accepted[0]);
  }
});

test('follow-ups: what is asked back has been said, and the next sum begins with the result', () => {
  for (const { kind, messages, answer, accepted } of conversations) {
    const before = messages.slice(0, -1);
    if (kind === 'about-me')
      assert.ok(before.some(({ role, content }) => role === 'user' && content.includes(answer)));
    if (kind !== 'next-sum' || !/^(那|结果)?再/.test(messages.at(-1)!.content)) continue;
    const result = before.at(-1)!.content.slice(0, -1).split('=').at(-1);
    assert.ok(accepted[0]!.startsWith(result!), accepted[0]);
  }
});

test('steps', () => {
  const written: readonly (readonly [number, Sign, number, string])[] = [
    [8, '+', 5, '8+5=13'],
    [37, '+', 45, '37+45=70+12=82'],
    [82, '-', 45, '82-45=82-40-5=42-5=37'],
    [37, '+', 5, '37+5=30+12=42'],
    [30, '+', 40, '30+40=70'],
    [82, '-', 5, '82-5=77'],
    [3, '-', 5, '3-5=-2'],
    [7, '×', 8, '7×8=56'],
    [12, '×', 12, '12×12=10×12+2×12=120+24=144'],
    [3, '×', 15, '3×15=3×10+3×5=30+15=45'],
    [20, '÷', 4, '20÷4=5'],
    [17, '÷', 5, '17÷5=3余2'],
  ];
  for (const [a, sign, b, steps] of written) assert.is(worked(sumOf(a, sign, b)), steps);
  assert.is(worked({ numbers: [3, 5, 2], signs: ['+', '+'] }), '3+5+2=8+2=10');
  assert.equal(
    [rhyme(1, 3), rhyme(2, 5), rhyme(3, 5), rhyme(2, 2)],
    ['一三得三', '二五一十', '三五十五', '二二得四'],
  );
});

test('the same seed, the same dialogues', () => {
  for (const ability of [sumsAbility, wordProblems, comparisons, followUps])
    assert.equal(ability.dialogues(new Random(1)), ability.dialogues(new Random(1)), ability.name);
});

test.run();
