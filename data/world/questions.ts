/**
 * Questions by composition: a core (法国的首都是哪里) in a frame (请问…？, 你知道…吗？, or as it is), with little variations that
 * people make without thinking: 哪儿 for 哪里, 啥 for 什么, no quotation marks, no question mark.
 *
 * Nobody lists all the ways to ask. Where every frame is trained with many cores and every core with many frames, a new
 * combination is understood, and some frames are kept from all training to see whether new frames are too.
 */
import type { Random } from '../../src/tensor/random.ts';

/** [frame, how often out of about 100]. The plain question is what people type most. */
const FRAMES: readonly (readonly [string, number])[] = [
  ['{q}？', 24],
  ['{q}', 12],
  ['{q}?', 4],
  ['{q}。', 2],
  ['{q}呢？', 3],
  ['{q}呀？', 3],
  ['{q}啊？', 3],
  ['请问{q}？', 6],
  ['请问，{q}？', 2],
  ['请问{q}', 3],
  ['你好，请问{q}？', 2],
  ['你好，{q}？', 2],
  ['小言，{q}？', 3],
  ['小言，你知道{q}吗？', 2],
  ['你知道{q}吗？', 5],
  ['你知道{q}吗', 2],
  ['知道{q}吗？', 1],
  ['告诉我{q}。', 3],
  ['告诉我{q}', 2],
  ['请告诉我{q}。', 3],
  ['可以告诉我{q}吗？', 2],
  ['能告诉我{q}吗？', 2],
  ['我想知道{q}。', 3],
  ['我想知道{q}', 1],
  ['我想问一下，{q}？', 2],
  ['麻烦问一下，{q}？', 2],
  ['问一下{q}？', 1],
  ['请回答：{q}？', 2],
  ['说一说{q}。', 2],
  ['我不知道{q}，请告诉我。', 1],
  ['你能告诉我{q}吗？', 2],
  ['我想问{q}。', 1],
  ['再问一下，{q}？', 1],
  ['快告诉我{q}！', 1],
  ['{q}，你知道吗？', 2],
  ['{q}，请告诉我。', 1],
];

/**
 * Frames that are put together: what comes before the question x what comes after it. Each is rare, all together they teach that
 * whatever stands around a question, the question is meant.
 */
const BEFORE = {
  direct: [
    ...[
      '我有一个问题，',
      '问你一个问题：',
      '问个问题，',
      '我问你，',
      '我来问问你：',
      '想问一下，',
      '还想问，',
    ],
    ...[
      '帮我看看，',
      '帮我想想，',
      '你说，',
      '你说说看，',
      '你来说说，',
      '快说，',
      '好奇问一句，',
      '猜一猜，',
      '想一想，',
      '小朋友问：',
    ],
    ...[
      '妈妈问我：',
      '弟弟问：',
      '同学问我：',
      '小明问：',
      '书上问：',
      '今天的作业是：',
      '题目：',
      '第一题：',
      '下一题：',
      '问：',
    ],
    ...[
      '那，',
      '对了，',
      '另外，',
      '还有，',
      '嗯，',
      '喂，',
      '老师，',
      '您好，',
      '您好，请问',
      '不好意思，',
      '不好意思，请问',
      '小言小言，',
    ],
  ],
  indirect: [
    ...[
      '妈妈问我',
      '弟弟问我',
      '妹妹想知道',
      '同学问我',
      '朋友问我',
      '爷爷想知道',
      '我一直想知道',
      '我很想知道',
      '我记不清',
      '我不记得',
    ],
    ...[
      '我想不起来',
      '我不清楚',
      '我不太明白',
      '请说说',
      '请你说说',
      '请说出',
      '跟我说说',
      '给我讲讲',
      '查一查',
      '想请教一下',
    ],
  ],
  asking: [
    '谁知道',
    '有谁知道',
    '那你知道',
    '你还记得',
    '你记不记得',
    '你清楚',
    '你能不能告诉我',
    '能不能告诉我',
    '能说说',
    '可以说说',
  ],
} as const;
const AFTER = {
  direct: [
    '？',
    '？',
    '？',
    '',
    '?',
    '呢？',
    '呀？',
    '？谢谢。',
    '？谢谢！',
    '？谢谢你。',
    '，你会吗？',
    '，你说呢？',
    '？请回答。',
    '？快告诉我。',
  ],
  indirect: [
    '。',
    '。',
    '',
    '，你能告诉我吗？',
    '，你知道吗？',
    '，告诉我吧。',
    '，请你说一说。',
    '，谢谢。',
  ],
  asking: ['吗？', '吗？', '吗', '？', '呀？'],
} as const;

function anyFrame(random: Random): string {
  const kind = random.pick(['direct', 'direct', 'indirect', 'asking'] as const);
  return `${random.pick(BEFORE[kind])}{q}${random.pick(AFTER[kind])}`;
}

/** Frames that no training file uses. */
export const UNSEEN_FRAMES = [
  '考考你：{q}？',
  '我忘了{q}，你记得吗？',
  '老师问我{q}。',
  '谁能说说{q}？',
  '打听一下，{q}？',
  '有个问题：{q}？',
  '能不能说说{q}？',
] as const;

/** How an unseen frame begins, or what only an unseen frame says. */
export const UNSEEN_MARKS =
  /考考你|我忘了|你记得吗|老师问我|谁能说说|打听一下|有个问题|能不能说说|这是真的吗|有人告诉我/u;

const LOT = FRAMES.flatMap(([frame, weight]) => Array.from({ length: weight }, () => frame));

/** How people vary a core: [what, instead, one time in n]. */
const VARIATIONS: readonly (readonly [RegExp, string, number])[] = [
  [/哪里/, '哪儿', 4],
  [/什么地方/, '哪儿', 5],
  [/什么(?!时候)/, '啥', 8],
  [/公历|农历/, '', 2],
  [/(鱼|鸟)类/, '$1', 2],
  [/[“”《》]/g, '', 2],
];

/** What can be left unsaid: 法国的首都（是哪里）？ */
const ELLIPSIS = /^(.*的[^，的]{1,6})(?:是什么|是谁|是哪里|是哪个字|是多少|叫什么)$/u;

/** The core in a trained frame; one time in ten only its subject, where that says it all. */
export function framed(random: Random, core: string): string {
  const text = varied(random, core);
  const [, topic] = random.int(10) === 0 ? (ELLIPSIS.exec(core) ?? []) : [];
  const frame = random.int(5) < 2 ? anyFrame(random) : random.pick(LOT);
  return topic === undefined ? put(frame, text) : topic + random.pick(['？', '是？']);
}

/** The core in a frame that is never trained. */
export function framedUnseen(core: string, place: number): string {
  return put(UNSEEN_FRAMES[place % UNSEEN_FRAMES.length]!, core);
}

function put(frame: string, core: string): string {
  return frame.replace('{q}', () => core);
}

/** The little variations of people. */
export function varied(random: Random, core: string): string {
  return VARIATIONS.reduce(
    (text, [what, instead, n]) => (random.int(n) === 0 ? text.replace(what, instead) : text),
    core,
  );
}

/** The core in the frames of a schoolbook. */
export function plainly(core: string): string[] {
  return ['{q}？', '{q}？', '{q}呢？', '请问{q}？', '你知道{q}吗？', '我想知道{q}。'].map((frame) =>
    put(frame, core),
  );
}

/** The question without marks and particles: two questions of the same wording are one. */
export function wording(question: string): string {
  return question.replace(/[？?。！，：、“”‘’《》\s]/gu, '').replace(/[呢呀啊]$/, '');
}

/**
 * n questions of different wording, each from another core as far as there are enough. Whole questions take turns with the cores.
 */
export function compose(
  random: Random,
  n: number,
  cores: readonly string[],
  whole: readonly string[],
): string[] {
  const questions = new Map<string, string>();
  let turn: string[] = [];
  for (let tries = 0; questions.size < n; tries++) {
    if (tries > 40 * n)
      throw new Error(`Only ${questions.size} of ${n} questions can be made of ${cores.join(', ')}`);
    if (turn.length === 0) turn = random.shuffle([...cores, ...random.shuffle([...whole]).slice(0, 2)]);
    const core = turn.pop()!;
    const question = whole.includes(core) ? varied(random, core) : framed(random, core);
    if (!questions.has(wording(question))) questions.set(wording(question), question);
  }
  return [...questions.values()];
}
