/**
 * Who, where and when: the words that stories, scenes and letters draw from.
 */
import type { Random } from '../../src/tensor/random.ts';
import { expand, type Slots } from './text.ts';

const BOYS = ['小明', '小刚', '小华', '小军', '小林', '小强', '天天', '东东', '乐乐', '大明'];
const GIRLS = ['小红', '小丽', '小美', '小雨', '小兰', '文文', '小云', '小花', '小雪', '圆圆'];
const ANIMALS = [
  '小兔',
  '小猴',
  '小熊',
  '小狗',
  '小猫',
  '小鸭',
  '小羊',
  '小马',
  '小牛',
  '小象',
  '小猪',
  '小鹿',
  '小松鼠',
  '小乌龟',
];
const ELDERS = ['爸爸', '妈妈', '爷爷', '奶奶'];
const WHEN = [
  '一天早上',
  '一天下午',
  '星期六',
  '星期天',
  '放学以后',
  '昨天',
  '上个星期',
  '今天',
  '春天的一个早上',
  '夏天的一个下午',
  '秋天的一天',
  '冬天的一天',
  '前几天',
];
const DAYS = ['一天', '有一天', '一天早上', '一天下午', '春天的一天', '秋天的一天'];
const THINGS = ['铅笔', '帽子', '雨伞', '书包', '手表', '钥匙', '足球', '毛巾', '杯子'];
const FRUITS = ['苹果', '香蕉', '橘子', '桃子', '草莓', '西瓜', '葡萄', '梨'];
const COLOURS = ['红', '黄', '蓝', '绿', '白', '黑'];

/**
 * Write one scene with a cast of its own. The children of one scene are all boys or all girls, which settles 他 and 她.
 */
export function stage(random: Random, template: string, extra: Slots = {}): string {
  const girls = random.int(2) === 0;
  const settled = girls ? template.replace(/(?<!其)他/g, '她') : template; // before facts about 吉他 and 牛顿 are in it
  return expand(random, settled, { ...cast(random, girls ? GIRLS : BOYS), ...extra });
}

/** Slots for one story: n, m and o children, x and y two animals, e an elder, and some things. */
function cast(random: Random, children: readonly string[]): Slots {
  const [n, m, o] = random.shuffle([...children]);
  const [x, y, z] = random.shuffle([...ANIMALS]);
  const [f, g] = random.shuffle([...FRUITS]);
  return {
    n: n!,
    m: m!,
    o: o!,
    x: x!,
    y: y!,
    z: z!,
    e: random.pick(ELDERS),
    t: random.pick(WHEN),
    d: random.pick(DAYS),
    th: random.pick(THINGS),
    f: f!,
    g: g!,
    c: random.pick(COLOURS),
  };
}
