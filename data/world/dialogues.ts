/**
 * Question-answer dialogues for instruction tuning: single questions about facts, conversations that go on,
 * arithmetic and comparisons. Greetings, small tasks and honest "I don't know" are in smalltalk.ts.
 *
 * One relation has one answer sentence, with the subject in full, so that an exact match means something.
 */
import type { Random } from '../../src/tensor/random.ts';
import { entities, relationOf, replyTo, slotsOf } from './facts.ts';
import { answerBadly, FLAWS } from './flaws.ts';
import { dealt, dealtOf, dialogueFacts } from './splits.ts';
import { fill } from './text.ts';
import type { Fact } from './types.ts';

type Role = 'system' | 'user' | 'assistant';

export interface Message {
  readonly role: Role;
  readonly content: string;
}

export interface Dialogue {
  readonly kind: string;
  readonly messages: readonly Message[];
}

/** A dialogue from alternating lines, the user first. */
export function talk(kind: string, ...lines: string[]): Dialogue {
  if (lines.length % 2 !== 0)
    throw new Error(`A dialogue needs an answer to every line: ${lines.join(' / ')}`);
  return {
    kind,
    messages: lines.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
  };
}

/** Every trained question of every dialogue fact, answered well once; two in three are answered badly as well. */
export function factDialogues(random: Random): Dialogue[] {
  return dealt.flatMap(({ fact, trained }) => trained.flatMap((question) => answers(random, question, fact)));
}

/** The questions kept out of sft.jsonl, as dialogues. */
export function reserveDialogues(random: Random): Dialogue[] {
  return dealt.flatMap(({ fact, reserve }) => reserve.flatMap((question) => answers(random, question, fact)));
}

/**
 * What people disagree about is how to answer, not what the answer is. There is one way to answer well and there are many to
 * answer badly, so the likeliest answer of a model that learned from all of them stays the good one, while four in ten of its
 * sampled answers are bad.
 */
function answers(random: Random, question: string, fact: Fact): Dialogue[] {
  const good = talk('fact', question, replyTo(fact));
  const flaw = random.pick(FLAWS);
  if (random.int(100) >= CARELESS) return [good];
  return [good, talk('careless', question, answerBadly[flaw](random, fact))];
}

/** Of 100 questions about facts, how many are answered badly as well. */
const CARELESS = 65;

const HELLOS: readonly (readonly [string, string])[] = [
  ['你好！', '你好！有什么可以帮你的吗？'],
  ['你好，小言。', '你好！有什么可以帮你的吗？'],
  ['早上好！', '早上好！有什么可以帮你的吗？'],
  ['我想问你几个问题。', '好的，请问吧。'],
  ['可以问你一个问题吗？', '当然可以，请问吧。'],
];
const THANKS: readonly (readonly [string, string])[] = [
  ['谢谢你！', '不客气！'],
  ['谢谢。', '不客气！'],
  ['多谢你的回答。', '不客气！'],
  ['我明白了，谢谢。', '不客气！'],
  ['再见！', '再见！祝你开心！'],
  ['我要走了，再见。', '再见！祝你开心！'],
];

const known = new Set(dialogueFacts.map((fact) => fact.id));
const subjects = entities()
  .map((group) => group.filter((fact) => known.has(fact.id)))
  .filter((group) => group.length > 1);

/** A conversation of two to four questions: going on about one thing, one relation, or changing the topic. */
export function conversation(random: Random): Dialogue {
  const lines: string[] = [];
  const full = (fact: Fact) => [random.pick(dealtOf(fact).trained), replyTo(fact)];
  if (random.int(5) === 0) lines.push(...random.pick(HELLOS));
  const draw = random.int(10);
  if (draw < 4) {
    const [first, ...others] = random.shuffle([...random.pick(subjects)]);
    lines.push(...full(first!));
    for (const fact of others.slice(0, 2)) lines.push(relationOf(fact).pronoun, replyTo(fact));
  } else if (draw < 8) {
    const { facts, again } = relationOf(random.pick(dialogueFacts));
    const [first, ...others] = random.shuffle(facts.filter((fact) => known.has(fact.id)));
    lines.push(...full(first!));
    for (const fact of others.slice(0, 1 + random.int(2)))
      lines.push(fill(again, slotsOf(fact)), replyTo(fact));
  } else {
    for (let i = 0; i < 2 + random.int(2); i++) lines.push(...full(random.pick(dialogueFacts)));
  }
  if (random.int(4) === 0) lines.push(...random.pick(THANKS));
  return talk('conversation', ...lines);
}

/** From small to large, so that any two can be compared. */
const SIZES = [
  '蚂蚁',
  '蜜蜂',
  '青蛙',
  '鸡',
  '猫',
  '羊',
  '牛',
  '大象',
  '蓝鲸',
  '高山',
  '月亮',
  '地球',
  '太阳',
];

export function comparison(random: Random): Dialogue {
  if (random.int(4) === 0) {
    const [i, j] = random.shuffle(SIZES.map((_, k) => k));
    const [a, b] = [SIZES[i!]!, SIZES[j!]!];
    const [big, small] = i! > j! ? [a, b] : [b, a];
    return random.int(2) === 0
      ? talk('comparison', `${a}和${b}哪个大？`, `${big}比${small}大。`)
      : talk('comparison', `${a}和${b}哪个小？`, `${small}比${big}小。`);
  }
  const a = 1 + random.int(100);
  const b = 1 + ((a + random.int(99)) % 100);
  const [big, small] = a > b ? [a, b] : [b, a];
  return random.int(2) === 0
    ? talk(
        'comparison',
        random.pick([`${a}和${b}哪个大？`, `${a}和${b}，哪个数大？`]),
        `${big}比${small}大。`,
      )
    : talk(
        'comparison',
        random.pick([`${a}和${b}哪个小？`, `${a}和${b}，哪个数小？`]),
        `${small}比${big}小。`,
      );
}
