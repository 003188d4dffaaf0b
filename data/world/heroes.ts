/**
 * Who stories are about. A hero's kind decides which plots fit (a fish does not climb trees), where it lives and who its friends are.
 */
import type { Random } from '../../src/tensor/random.ts';
import { hashOf } from './hash.ts';

export type HeroKind = 'land' | 'bird' | 'water' | 'insect' | 'child' | 'plant' | 'thing';

export interface Hero {
  readonly name: string;
  readonly kind: HeroKind;
  readonly measure: string; // 一只, 一头, 一棵
}

/** "name measure" by kind; without a measure: 一只, children 一个. */
const ROWS: Readonly<Record<HeroKind, string>> = {
  land: `小兔子, 小白兔, 小灰兔, 小狐狸, 小熊, 小猴子, 小猫, 小花猫, 小狗, 小黄狗, 小羊, 小山羊, 小马 一匹, 小牛 一头, 小猪 一头, 小象 一头,
    小鹿, 小老虎, 小狮子, 小松鼠, 小老鼠, 小熊猫, 小狼, 小袋鼠, 小长颈鹿, 小骆驼 一头, 小斑马 一匹, 小河马 一头, 小乌龟, 小豹子,
    小北极熊, 小黑熊, 小白马 一匹`,
  bird: '小鸟, 小燕子, 小鸡, 小公鸡, 小鸭子, 小黄鸭, 小鹅, 小天鹅, 小猫头鹰, 小企鹅, 小麻雀, 小乌鸦, 小白鸽, 小孔雀, 小蓝鸟',
  water:
    '小鱼 一条, 小金鱼 一条, 小红鱼 一条, 小海豚, 小鲸鱼 一头, 小海龟, 小鲨鱼 一条, 小青蛙, 小虾, 小海马',
  insect: '小蚂蚁, 小蜜蜂, 小蝴蝶, 小蜗牛, 小蜻蜓, 小虫子 一条, 小蜘蛛',
  child: `${childNames().join(', ')}, 小王子, 小公主, 小男孩, 小女孩, 小画家, 小农夫, 小学生, 小渔夫`,
  plant: '小树 一棵, 小花 一朵, 小草 一棵, 小种子 一颗, 小红花 一朵, 小松树 一棵, 小竹子 一棵',
  thing: `小雨点 一滴, 小云朵 一朵, 白云 一朵, 小星星 一颗, 月亮 一个, 小太阳 一个, 路灯 一盏, 小台灯 一盏, 小雪人 一个, 小雪花 一片,
    布娃娃 一个, 小汽车 一辆, 小火车 一列, 小皮球 一个, 小木马 一匹, 小机器人 一个, 小风筝, 红气球 一个, 小树叶 一片, 纸飞机 一架,
    小闹钟 一个, 小雨伞 一把, 小铅笔 一支, 小橡皮 一块, 小尺子 一把, 小书包 一个, 小船, 小飞机 一架, 小石头 一块, 小木头 一块`,
};

/** Many, so that a name is copied from the request and not known by heart. */
function childNames(): string[] {
  const single = [...'明刚华军强林海青东春山杰亮伟文石冬安志龙红丽美兰云雪梅芳玉花秋月雨英'];
  const double = [...'天东乐文圆明亮冬安星朵月甜笑果豆'];
  return [
    ...single.map((name) => `小${name}`),
    ...double.map((name) => name + name),
    '大明',
    '大军',
    '阿明',
    '阿强',
  ];
}

export const heroes: readonly Hero[] = (Object.keys(ROWS) as HeroKind[]).flatMap((kind) =>
  ROWS[kind].split(',').map((row): Hero => {
    const [name, measure] = row.trim().split(/\s+/);
    return { name: name!, kind, measure: measure ?? (kind === 'child' ? '一个' : '一只') }; // a row is not empty
  }),
);

/** Told about in pretrain.txt, never asked for in a dialogue. */
export const HELD_OUT_HEROES: readonly string[] =
  '小河马 小天鹅 小骆驼 小海龟 小蜻蜓 小白马 小黑熊 圆圆 小海 小杰 豆豆 小玉 小渔夫 小竹子 小飞机 小蓝鸟 小山羊 小农夫'.split(
    ' ',
  );

export const dialogueHeroes = heroes.filter(({ name }) => !HELD_OUT_HEROES.includes(name));
export const heldOutHeroes = heroes.filter(({ name }) => HELD_OUT_HEROES.includes(name));

const HOMES: Readonly<Record<HeroKind, readonly string[]>> = {
  land: ['森林里', '山脚下', '大树旁边', '小河边'],
  bird: ['大树上', '森林里', '小河边', '山上'],
  water: ['大海里', '小河里', '池塘里', '湖里'],
  insect: ['花园里', '草地上', '大树下', '树叶下面'],
  child: ['小村子里', '海边', '山脚下', '小镇上'],
  plant: ['花园里', '院子里', '小河边'],
  thing: [],
};

/** Where some live in particular. */
const PARTICULAR: readonly (readonly [RegExp, readonly string[]])[] = [
  [/鸡/u, ['院子里', '小村子里']],
  [/鸭|小鹅|天鹅/u, ['小河边', '湖边']],
  [/企鹅|北极熊/u, ['雪山下', '海边']],
  [/骆驼/u, ['沙漠里']],
  [/狮|长颈鹿|斑马/u, ['草地上', '大树下']],
  [/金鱼|青蛙/u, ['池塘里', '小河里']],
];
const OF_THE_SEA = /海|鲸|鲨|虾/u;

function homesOf({ name, kind }: Hero): readonly string[] {
  const own = PARTICULAR.find(([names]) => names.test(name));
  if (own) return own[1];
  return kind === 'water' && OF_THE_SEA.test(name) ? ['大海里'] : HOMES[kind];
}

const CHILDREN = ['好孩子', '爱笑的孩子', '聪明的孩子'];

/** How a story begins: 从前，有一只小兔子，住在森林里。 */
export function openingOf(random: Random, hero: Hero): string {
  const { name, kind, measure } = hero;
  // The name first, as answers about facts begin with their subject.
  if (isNamed(hero)) return `${name}是一个${random.pick(CHILDREN)}，住在${random.pick(HOMES.child)}。`;
  if (kind === 'thing')
    return `${/月|太阳|星|云/u.test(name) ? '天上' : random.pick(['从前，', '很久以前，'])}有${measure}${name}。`;
  return `从前，有${measure}${name}，${kind === 'plant' ? '长' : '住'}在${random.pick(homesOf(hero))}。`;
}

/** A child with a name of its own. */
export function isNamed({ name, kind }: Hero): boolean {
  return kind === 'child' && !/孩|王子|公主|家|夫|学生/u.test(name);
}

export function pronounOf({ kind, name }: Hero): string {
  if (kind !== 'child') return '它';
  return /红|丽|美|兰|云|雪|梅|芳|玉|花|秋|月|英|朵|甜|笑|公主|女/u.test(name) ? '她' : '他';
}

/**
 * Somebody to meet: children meet children, what swims meets what swims. Who it is follows from the plot, so that it can be
 * remembered; only where that would be the hero itself it is the next one.
 */
export function friendOf(plot: string, hero: Hero, among: readonly Hero[]): Hero {
  const land = ['land', 'bird', 'insect'];
  const near = (kind: HeroKind) =>
    hero.kind === 'child' || hero.kind === 'water' ? kind === hero.kind : land.includes(kind);
  const girl = pronounOf(hero) === '她';
  const sea = OF_THE_SEA.test(hero.name);
  const fits = among.filter(
    (other) =>
      near(other.kind) &&
      (pronounOf(other) === '她') === girl &&
      (hero.kind !== 'water' || OF_THE_SEA.test(other.name) === sea) &&
      isNamed(hero) === isNamed(other),
  );
  const start = hashOf(plot);
  for (let i = 0; i < fits.length; i++) {
    const other = fits[(start + i) % fits.length]!;
    if (other.name !== hero.name && !apart(hero.name, other.name)) return other;
  }
  throw new Error(`${hero.name} has nobody to meet`);
}

/** 小鱼 and 小金鱼 in one story would be one and the same to a reader. */
function apart(a: string, b: string): boolean {
  return a.at(-1) === b.at(-1) || a.includes(b.slice(1)) || b.includes(a.slice(1));
}

/** How often which kind of hero is asked for, of 100. Children's names are the hardest to copy: one character tells them apart. */
const SHARES: Readonly<Record<HeroKind, number>> = {
  land: 30,
  child: 30,
  bird: 10,
  water: 8,
  insect: 7,
  thing: 10,
  plant: 5,
};
const LOT = (Object.keys(SHARES) as HeroKind[]).flatMap((kind) =>
  Array.from({ length: SHARES[kind] }, () => kind),
);

export function anyHero(random: Random, among: readonly Hero[]): Hero {
  const kind = random.pick(LOT);
  return random.pick(among.filter((hero) => hero.kind === kind));
}
