/**
 * The ability to do little tasks with words and numbers: write 12 as 十二, repeat a sentence, count the characters of a word, find its
 * first one, use it in a sentence, name three of a kind.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { counted, expand, fill, hanzi } from './text.ts';
import { drawDialogues, type Mood, retold, typed } from './wording.ts';

const DIALOGUES = 270;

type Task = (random: Random) => readonly [question: string, answer: string];

/** [core, mood], filled and typed. */
type Cores = readonly (readonly [string, Mood])[];

function ask(random: Random, cores: Cores, slots: Readonly<Record<string, string>>): string {
  const [core, mood] = random.pick(cores);
  return typed(random, fill(core, slots), mood);
}

const SENTENCES: readonly (readonly [string, string])[] = [
  ['高兴', '今天是星期天，我很高兴。'],
  ['认真', '上课的时候，我认真听讲。'],
  ['帮助', '同学之间要互相帮助。'],
  ['喜欢', '我喜欢在树下看书。'],
  ['因为', '因为下雨，所以我带了伞。'],
  ['虽然', '虽然天气很冷，但是我起得很早。'],
  ['如果', '如果明天不下雨，我们就去公园。'],
  ['一边', '我一边走路，一边唱歌。'],
  ['已经', '我已经做完作业了。'],
  ['常常', '爷爷常常给我讲故事。'],
  ['忽然', '天上忽然下起了大雨。'],
  ['终于', '我终于学会了游泳。'],
  ['慢慢', '太阳慢慢地升起来了。'],
  ['美丽', '春天的公园真美丽。'],
  ['勇敢', '他是一个勇敢的孩子。'],
  ['朋友', '小明是我最好的朋友。'],
  ['老师', '老师在黑板上写字。'],
  ['学校', '我每天走路去学校。'],
  ['妈妈', '妈妈在厨房里做饭。'],
  ['春天', '春天来了，花都开了。'],
  ['夏天', '夏天的晚上有很多星星。'],
  ['秋天', '秋天到了，树叶变黄了。'],
  ['冬天', '冬天下雪，地上白白的。'],
  ['月亮', '今天晚上的月亮又大又圆。'],
  ['太阳', '太阳从东边升起来。'],
  ['大海', '我和爸爸去看大海。'],
  ['快乐', '祝你天天快乐。'],
  ['努力', '只要努力，就会有进步。'],
  ['希望', '我希望明天是晴天。'],
  ['一起', '我们一起去图书馆吧。'],
  ['安静', '图书馆里非常安静。'],
  ['干净', '我把桌子擦得很干净。'],
  ['时间', '时间过得真快。'],
  ['小心', '过马路的时候要小心。'],
];

const KINDS: readonly (readonly [string, string])[] = [
  ['水果', '苹果、香蕉和橘子'],
  ['蔬菜', '白菜、土豆和西红柿'],
  ['颜色', '红色、黄色和蓝色'],
  ['动物', '老虎、大象和猴子'],
  ['乐器', '钢琴、二胡和小提琴'],
  ['文具', '铅笔、尺子和书包'],
  ['家具', '桌子、椅子和床'],
  ['交通工具', '汽车、火车和飞机'],
  ['鸟', '燕子、企鹅和鸵鸟'],
  ['花', '荷花、菊花和梅花'],
  ['食物', '米饭、面包和面条'],
];

const WORDS =
  '天 水 火 山 花 苹果 老师 春天 月亮 学校 大海 太阳 朋友 铅笔 西瓜 图书馆 长颈鹿 大熊猫 西红柿 自行车 星期天 动物园 小朋友 好好学习 天天向上 高高兴兴 干干净净 中国 北京 我爱妈妈 今天天气好 我是小学生'.split(
    ' ',
  );

const COUNT: Cores = [
  ['“{w}”有几个字', 'question'],
  ['“{w}”一共有几个字', 'question'],
  ['“{w}”是几个字', 'question'],
  ['数一数“{w}”有几个字', 'request'],
];
const CHARACTER: Cores = [
  ['“{w}”的{which}字是什么', 'question'],
  ['“{w}”{which}字是什么', 'question'],
  ['“{w}”的{which}字是哪个', 'question'],
  ['说出“{w}”的{which}字', 'request'],
];
const TO_CHARACTERS: Cores = [
  ['把{n}写成汉字', 'request'],
  ['{n}用汉字怎么写', 'question'],
  ['{n}怎么读', 'question'],
  ['用汉字写出{n}', 'request'],
];
const TO_DIGITS: Cores = [
  ['把{h}写成数字', 'request'],
  ['{h}用数字怎么写', 'question'],
  ['用数字写出{h}', 'request'],
];
const REPEAT: Cores = [
  ['重复这句话：{t}', 'request'],
  ['重复一遍：{t}', 'request'],
  ['跟我说：{t}', 'request'],
  ['照着说一遍：{t}', 'request'],
  ['把这句话说一遍：{t}', 'request'],
];
const USE: Cores = [
  ['用“{w}”造句', 'request'],
  ['用“{w}”造一个句子', 'request'],
  ['用“{w}”写一句话', 'request'],
  ['用“{w}”说一句话', 'request'],
  ['用{w}造句', 'request'],
  ['用“{w}”这个词造句', 'request'],
];
const NAME_THREE: Cores = [
  ['说出三种{k}', 'request'],
  ['说三种{k}', 'request'],
  ['写出三种{k}的名字', 'request'],
  ['列出三种{k}', 'request'],
  ['举出三种{k}', 'request'],
  ['{k}有哪些', 'question'],
  ['有哪三种{k}', 'question'],
];
const TO_SAY =
  '[小明|小红|小刚|妈妈|爷爷|老师|小猫|弟弟|姐姐][在公园里|在家里|在学校|在河边|在树下|在院子里][看书|唱歌|跑步|画画|休息|吃苹果|看花|跳舞|听音乐]';

const TASKS: readonly (readonly [number, Task])[] = [
  [
    24,
    (random) => {
      const n = random.int(1000) < 800 ? random.int(101) : random.int(1000);
      const slots = { n: String(n), h: hanzi(n) };
      return random.int(5) < 3
        ? [ask(random, TO_CHARACTERS, slots), fill('{n}写成汉字是{h}。', slots)]
        : [ask(random, TO_DIGITS, slots), fill('{h}写成数字是{n}。', slots)];
    },
  ],
  [
    18,
    (random) => {
      const text = `${expand(random, TO_SAY, {})}。`;
      const [core] = random.pick(REPEAT);
      return [random.pick(['', '请', '请你']) + fill(core, { t: text }), text];
    },
  ],
  [
    10,
    (random) => {
      const w = random.pick(WORDS);
      return [ask(random, COUNT, { w }), `“${w}”有${counted(w.length)}个字。`];
    },
  ],
  [
    14,
    (random) => {
      const w = random.pick(WORDS.filter((word) => word.length > 1));
      const [which, character] = random.pick([
        ['第一个', w[0]],
        ['最后一个', w.at(-1)],
        ['第二个', w[1]],
      ] as const);
      return [ask(random, CHARACTER, { w, which }), `“${w}”的${which}字是“${character}”。`];
    },
  ],
  [
    16,
    (random) => {
      const [w, sentence] = random.pick(SENTENCES);
      return [ask(random, USE, { w }), sentence];
    },
  ],
  [
    10,
    (random) => {
      const [k, three] = random.pick(KINDS);
      return [ask(random, NAME_THREE, { k }), `三种${k}是${three}。`];
    },
  ],
  [
    8,
    (random) => {
      const from = 1 + random.int(12);
      const numbers = Array.from({ length: random.pick([4, 5, 6, 8, 10]) }, (_, i) => hanzi(from + i));
      const [first, last] = [numbers[0]!, numbers.at(-1)!]; // at least four
      const core = random.pick(['从{first}数到{last}', '数数，从{first}到{last}']);
      return [typed(random, fill(core, { first, last })), `${numbers.join('，')}。`];
    },
  ],
];

const LOT = TASKS.flatMap(([share, task]) => Array.from({ length: share }, () => task));

function task(random: Random): Dialogue {
  return talk('task', ...random.pick(LOT)(random));
}

export const tasks: Ability = {
  name: 'tasks',
  texts: (random) => retold(random, drawDialogues(random, 120, task)),
  dialogues: (random) => drawDialogues(random, DIALOGUES, task),
  heldOut: (random) => drawDialogues(random, 12, task),
  evaluation: () => new Map(),
};
