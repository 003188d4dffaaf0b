/**
 * Comparing: two numbers, or two things of a row that runs from small to large, light to heavy, slow to fast, low to tall,
 * short to long. The rows hold only things that everybody would put in this order.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { expand, fill, hanzi } from './text.ts';

const DIALOGUES = 250;

/** The words for more and for less, and the things from least to most. */
const ROWS: readonly (readonly [more: string, less: string, things: string])[] = [
  ['大', '小', '蚂蚁 蜜蜂 青蛙 猫 羊 牛 大象 蓝鲸 高山 月亮 地球 太阳'],
  ['重', '轻', '蚂蚁 蜜蜂 鸡蛋 鸡 羊 牛 大象 蓝鲸'],
  ['快', '慢', '乌龟 自行车 火车 飞机 火箭 光'],
  ['高', '矮', '小草 羊 马 长颈鹿 高山'],
  ['长', '短', '一秒 一分钟 一小时 一天 一个星期 一个月 一年'],
];

const QUESTIONS = [
  '{a}和{b}哪个{w}？',
  '{a}和{b}比，哪个{w}？',
  '{a}{w}还是{b}{w}？',
  '哪个{w}，{a}还是{b}？',
  '请问{a}和{b}哪个更{w}？',
];
const NUMBER_QUESTIONS = [
  ...QUESTIONS,
  '{a}和{b}，哪个数{w}？',
  '{a}和{b}谁{w}？',
  '比一比，{a}和{b}哪个{w}？',
];

function comparison(random: Random): Dialogue {
  const less = random.int(2) === 0;
  if (random.int(5) < 2) {
    const [more, fewer, things] = random.pick(ROWS);
    const row = things.split(' ');
    const [i, j] = random.shuffle(row.map((_, k) => k)) as [number, number];
    return asked(random, QUESTIONS, [row[i]!, row[j]!], i > j, less ? fewer : more, less);
  }
  const a = 1 + random.int(100);
  const b = random.int(3) === 0 ? near(random, a) : 1 + ((a + random.int(99)) % 100);
  const say = random.int(6) === 0 ? hanzi : String;
  return asked(random, NUMBER_QUESTIONS, [say(a), say(b)], a > b, less ? '小' : '大', less);
}

/** A number of the same ten, or next to it. */
function near(random: Random, a: number): number {
  const b = Math.max(1, a - 5 + random.int(10));
  return b === a ? a + 1 : b;
}

function asked(
  random: Random,
  questions: readonly string[],
  [a, b]: readonly [string, string],
  aIsMore: boolean,
  word: string,
  less: boolean,
): Dialogue {
  const [winner, other] = aIsMore !== less ? [a, b] : [b, a];
  return talk('comparison', fill(random.pick(questions), { a, b, w: word }), `${winner}比${other}${word}。`);
}

function drawn(random: Random, n: number): Dialogue[] {
  const made = new Map<string, Dialogue>();
  while (made.size < n) {
    const dialogue = comparison(random);
    made.set(dialogue.messages[0]!.content, dialogue); // talk gave it two messages
  }
  return [...made.values()];
}

/** A few comparisons in prose. */
function document(random: Random): string {
  const lines = Array.from({ length: 2 + random.int(3) }, () => {
    if (random.int(3) === 0) {
      const [more, less, things] = random.pick(ROWS);
      const row = things.split(' ');
      const j = 1 + random.int(row.length - 1);
      const i = random.int(j);
      return expand(random, '[{b}比{s}{m}|{s}比{b}{l}|{b}和{s}比，{b}{m}]。', {
        b: row[j]!,
        s: row[i]!,
        m: more,
        l: less,
      });
    }
    const big = 2 + random.int(99);
    const small = 1 + random.int(big - 1);
    const say = random.int(3) > 0 ? String : hanzi;
    return expand(
      random,
      '[{b}比{s}大|{s}比{b}小|{b}和{s}比，{b}大|{s}和{b}比，{s}小|{b}大于{s}|{s}小于{b}]。',
      {
        b: say(big),
        s: say(small),
      },
    );
  });
  return lines.join('');
}

export const comparisons: Ability = {
  name: 'comparisons',
  documents: { share: 5, write: document },
  dialogues: (random) => drawn(random, DIALOGUES),
  heldOut: (random) => drawn(random, 10),
  evaluation: () => new Map(),
};
