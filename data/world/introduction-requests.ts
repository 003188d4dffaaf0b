/**
 * How one asks to be told about a thing: requests (介绍一下长江), remarks (我想了解长江) and questions (长江是什么, 李白是谁).
 * Each is a core, which wording.ts puts into a frame. Questions that ask for a fact (猫是什么动物) are left to that fact.
 */
import { facts, relations, slotsOf } from './facts.ts';
import { isPerson, openPortraitOf } from './statements.ts';
import { fill } from './text.ts';
import type { Mood } from './wording.ts';

/** [core, mood]; {x} is the thing. */
export type Core = readonly [string, Mood];

export const REQUESTS: readonly Core[] = [
  ...[
    '介绍一下{x}',
    '介绍{x}',
    '说说{x}',
    '讲讲{x}',
    '说一说{x}',
    '讲一讲{x}',
    '聊聊{x}',
    '聊一聊{x}',
    '谈谈{x}',
    '说一下{x}',
    '给我介绍一下{x}',
    '给我讲讲{x}',
    '给我说一说{x}',
    '给我讲一讲{x}',
    '跟我说说{x}',
    '跟我讲讲{x}',
    '跟我聊聊{x}',
    '和我说说{x}',
    '为我介绍一下{x}',
    '给大家介绍一下{x}',
    '给大家讲讲{x}',
    '向大家介绍{x}',
    '帮我介绍{x}',
    '简单介绍一下{x}',
    '简单说说{x}',
    '简单讲讲{x}',
    '用一两句话介绍{x}',
    '用几句话介绍一下{x}',
    '说几句{x}',
    '写几句话介绍{x}',
    '告诉我{x}的事',
    '讲讲{x}的知识',
    '说说关于{x}的知识',
    '讲讲你知道的{x}',
  ].map((core): Core => [core, 'request']),
  ...[
    '你知道{x}吗',
    '你了解{x}吗',
    '你听说过{x}吗',
    '你认识{x}吗',
    '听说过{x}吗',
    '关于{x}你知道什么',
    '{x}有什么可以说的',
    '你知道{x}的哪些事',
    '{x}有哪些知识',
    '你会介绍{x}吗',
    '你能说说{x}吗',
    '你知道哪些{x}的事',
    '你对{x}了解多少',
    '你对{x}有什么了解',
    '{x}是怎么回事',
    '{x}的事你知道多少',
    '你能讲讲{x}的什么',
  ].map((core): Core => [core, 'question']),
  ...[
    '我想了解{x}',
    '我想了解一下{x}',
    '我想认识一下{x}',
    '我想知道{x}的事',
    '我想听你说说{x}',
    '我想听听{x}',
    '我不知道{x}，请介绍一下',
    '我不了解{x}',
    '{x}',
    '{x}，介绍一下',
    '{x}，请介绍',
    '{x}的介绍',
    '{x}介绍',
    '我对{x}很好奇',
    '我想学一点儿{x}的知识',
    '我想听你介绍{x}',
    '我想更好地了解{x}',
    '我很想了解{x}',
    '我想多知道一点儿{x}的事',
    '我想知道关于{x}的事',
  ].map((core): Core => [core, 'remark']),
];

export const OF_THINGS = questions(
  '{x}是什么',
  '什么是{x}',
  '{x}是什么东西',
  '{x}是什么呢',
  '{x}是啥',
  '什么叫{x}',
  '{x}到底是什么',
);
export const OF_PEOPLE = questions(
  '{x}是谁',
  '{x}是什么人',
  '谁是{x}',
  '{x}是一个什么样的人',
  '{x}到底是谁',
  '{x}这个人是谁',
  '{x}是哪位',
);
const OF_PLACES = questions(
  '{x}是什么地方',
  '{x}是什么样的地方',
  '{x}是什么',
  '{x}是个怎样的地方',
  '{x}是啥地方',
);
const OF_ANIMALS = questions(
  '{x}是什么样的动物',
  '{x}是什么',
  '什么是{x}',
  '{x}是种怎样的动物',
  '{x}是怎样的动物',
);
const OF_FESTIVALS = questions(
  '{x}是什么样的节日',
  '{x}是什么',
  '什么是{x}',
  '{x}是什么日子',
  '{x}是个怎样的节日',
);

function questions(...cores: string[]): readonly Core[] {
  return cores.map((core): Core => [core, 'question']);
}

/** Which of them fits, by how the sentence ends that says what the thing is. */
const BY_ENDING: readonly (readonly [RegExp, readonly Core[]])[] = [
  [/(国|国家|城市|个省|首都|省会|湖|河|山|地方|古城|洲|洋)。$/u, OF_PLACES],
  [/(动物|鸟|鱼)。$/u, OF_ANIMALS],
  [/节日。$/u, OF_FESTIVALS],
];

/** Frames for requests beside those of wording.ts. */
export const MORE_FRAMES: readonly string[] = [
  '{q}，可以吗？',
  '{q}，好不好？',
  '{q}，多谢。',
  '谢谢你{q}。',
  '我要你{q}。',
  '我想听你{q}。',
  '快点儿{q}。',
  '你来{q}。',
  '{q}，麻烦了。',
  '那就{q}吧。',
];

/** Cores that no training file uses. */
export const UNSEEN_REQUESTS: readonly Core[] = [
  ['帮我介绍一下{x}', 'request'],
  ['用几句话说说{x}', 'request'],
  ['介绍介绍{x}', 'request'],
  ['说说你知道的{x}', 'request'],
  ['讲一下{x}', 'request'],
  ['谈一谈{x}', 'request'],
  ['给我说说{x}', 'request'],
  ['我想多了解{x}', 'remark'],
  ['我想听听关于{x}的知识', 'remark'],
  ['你能说出{x}的哪些事', 'question'],
];

/** What facts are asked in. */
const taken = new Set(
  relations.flatMap(({ cores, ask, askUnseen, reversed, facts: own }) =>
    [...cores, ...ask, ...askUnseen, ...(reversed?.cores ?? [])].flatMap((core) =>
      own.map((fact) => fill(core, slotsOf(fact)).replace(/[？。]$/u, '')),
    ),
  ),
);
const wholeNames = new Set(facts.filter(({ relation }) => relation === 'who').map(({ answer }) => answer));

const isFree = (thing: string) => (core: string) => !taken.has(core.replace('{x}', thing));

export function requestsFor(thing: string): readonly Core[] {
  return REQUESTS.filter(([core]) => isFree(thing)(core));
}

/** 是什么, 是谁; none for those whose 是谁 asks for a fact. */
export function asksForThing(thing: string): readonly Core[] {
  if (wholeNames.has(thing)) return [];
  return wordsFor(thing).filter(([core]) => isFree(thing)(core));
}

function wordsFor(thing: string): readonly Core[] {
  if (isPerson(thing)) return OF_PEOPLE;
  const what = openPortraitOf(thing)[0]?.text ?? '';
  return BY_ENDING.find(([ending]) => ending.test(what))?.[1] ?? OF_THINGS;
}
