/**
 * Names that the world has never heard of: people, countries, towns, animals, things and books, put together from common characters
 * (rare ones would cost vocabulary). One in eight is kept for evaluation, and so are a few names that people do ask for.
 */
import type { Random } from '../../src/tensor/random.ts';
import { facts } from './facts.ts';
import { oneIn } from './hash.ts';
import { things } from './statements.ts';

export type Stranger = 'person' | 'country' | 'province' | 'town' | 'animal' | 'thing' | 'book';

const SURNAMES = [...'王李张刘陈杨赵黄周吴徐孙马朱胡林郭何高罗郑梁谢宋唐许韩冯曹田叶苏方金石江钱白姚'];
const GIVEN = [
  ...'伟明强军杰丽敏静文武国建平海山天云雨雪梅红玉春秋英华志友成龙学星光东南林安宁新亮小美芳兰月佳',
];
const SYLLABLES = [
  [...'卡罗马巴托米费萨布丹格瓦拉贝乔安莫比'],
  [...'尔里西林克维顿塔利姆加多斯'],
  [...'斯克尔娜丁曼森特亚德'],
] as const;
const COUNTRY_ENDS = ['尼亚', '兰', '多尼', '拉', '罗', '达', '共和国', '王国'];
const TALE = '糖果 云朵 月光 青草 石头 星星 雪花 饼干 彩虹 铅笔 西瓜 木头 玻璃 雨点 树叶'.split(' ');
const TOWN = [[...'东西金银青白红清长大双新老小'], [...'海山河林石湖门桥水田沙花木月']] as const;
const TOWN_ENDS = [...'市镇县村岛'];
const BEASTS = [...'猫狗熊鱼鸟马牛羊虎兔鹿猴'];
const WONDERS = '时光 魔法 飞天 会飞的 月光 彩虹 星星 云朵 发光 说话 万能 长生'.split(' ');
const OBJECTS = [...'机笔鞋帽镜灯车船门球伞石药'];
const TITLES = '红山 星星 月光 青石 小河 雪山 大风 春雨 白云 老树 竹林 草原 海边 长夜 金鱼'.split(' ');
const TITLE_ENDS = ['传', '记', '之歌', '的故事', '日记', '的孩子', '往事'];

/** Made up for evaluation, or known to everybody but the world. */
const HELD_OUT: Readonly<Record<Stranger, readonly string[]>> = {
  person:
    '刘德华 周杰伦 姚明 张学友 李小龙 王建国 陈小春 赵文武 马云 郭德华 高建军 林志明 乔丹 贝克曼 卡尔森'.split(
      ' ',
    ),
  country: '新加坡 马来西亚 智利 肯尼亚 卡罗兰 石头国 云朵王国'.split(' '),
  province: '金海省 白山省'.split(' '),
  town: '大连 苏州 金沙镇 白石村 红河市'.split(' '),
  animal: '彩虹马 石头狗 月光鱼 糖果熊'.split(' '),
  thing: '时光机 魔法笔 万能帽'.split(' '),
  book: '《月光之歌》 《红山传》 《草原的孩子》'.split(' '),
};

const WORLD = [...new Set([...facts.flatMap(({ subject, answer }) => [subject, answer]), ...things])];
const held = new Set(Object.values(HELD_OUT).flat());

/** A name of which no part is the world's: neither 青海省 nor 马德里 can be told from what is known. */
function isStrange(name: string): boolean {
  const stem = name.replace(/[省市镇县村岛国]$/u, '');
  return !WORLD.some(
    (known) => known.includes(stem) || (known.length > 1 && name.includes(known)) || startsAlike(known, stem),
  );
}

function startsAlike(known: string, name: string): boolean {
  return name.length > 2 && known.length > 2 && known.slice(0, 2) === name.slice(0, 2);
}

function isHeldOut(name: string): boolean {
  return held.has(name) || oneIn(8, name);
}

function compose(random: Random, kind: Stranger): string {
  switch (kind) {
    case 'person': {
      if (random.int(5) === 0) return SYLLABLES.map((part) => random.pick<string>(part)).join('');
      const given = random.shuffle([...GIVEN]).slice(0, random.int(3) === 0 ? 1 : 2);
      return random.pick(SURNAMES) + given.join('');
    }
    case 'country':
      return random.int(3) === 0
        ? random.pick(TALE) + random.pick(['国', '星球', '王国'])
        : random.pick(SYLLABLES[0]) + random.pick(SYLLABLES[1]) + random.pick(COUNTRY_ENDS);
    case 'province':
      return `${TOWN.map((part) => random.pick<string>(part)).join('')}省`;
    case 'town':
      return TOWN.map((part) => random.pick<string>(part)).join('') + random.pick(TOWN_ENDS);
    case 'animal':
      return random.pick(TALE) + random.pick(BEASTS);
    case 'thing':
      return random.pick(WONDERS) + random.pick(OBJECTS);
    case 'book':
      return `《${random.pick(TITLES)}${random.pick(TITLE_ENDS)}》`;
  }
}

/** A name for training files. */
export function stranger(random: Random, kind: Stranger): string {
  for (;;) {
    const name = compose(random, kind);
    if (isStrange(name) && !isHeldOut(name)) return name;
  }
}

/** The name at a place of those that stand in no training file: first the well-known ones, then whatever is drawn. */
export function heldOutStranger(random: Random, kind: Stranger, place: number): string {
  const known = HELD_OUT[kind].filter(isStrange)[place];
  if (known !== undefined) return known;
  for (;;) {
    const name = compose(random, kind);
    if (isStrange(name) && isHeldOut(name)) return name;
  }
}

/** All characters of people's names, so that a vocabulary meets each of them. */
export function rollCalls(random: Random): string[] {
  const lists = Array.from({ length: 60 }, () => Array.from({ length: 6 }, () => stranger(random, 'person')));
  return lists.map((names) => `${random.pick(OPENINGS)}${names.join('、')}。`);
}

const OPENINGS = ['老师点名：', '新来的同学有', '今天值日的是', '参加比赛的人有', '信上写着这些名字：'];
