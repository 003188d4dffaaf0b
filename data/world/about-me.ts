/**
 * What a user says of themselves and asks back a turn or two later: name, age, where they live, what they like, their pet.
 * Nothing can be learned by heart here: one name, colour, ... in six is kept for evaluation.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Turn, Turns } from './fact-chains.ts';
import { oneIn } from './hash.ts';
import { fill, hanzi } from './text.ts';

interface Trait {
  readonly name: string;
  readonly values: readonly string[];
  readonly tell: readonly string[];
  readonly reply: string;
  readonly ask: readonly string[];
  readonly answer: string;
  /** A short clause that may follow another: 我叫小明，今年8岁。 */
  readonly clause: string;
}

const GIVEN = [...'明红刚华军丽强美雨林云花雪文天东乐兰春秋星月平安青海山石木金玉冰亮'];
const FAMILY = [...'王李张刘陈杨黄周吴马高白方江林'];
const NAMES = [
  ...GIVEN.map((name) => `小${name}`),
  ...GIVEN.map((name) => name + name),
  ...FAMILY.flatMap((family) => GIVEN.map((name) => family + name)),
  ...FAMILY.flatMap((family, i) =>
    GIVEN.map((name, j) => family + GIVEN[(i * 5 + j * 3 + 1) % GIVEN.length]! + name),
  ),
];
const words = (list: string) => list.trim().split(/\s+/);
const ANIMALS = words(`
  猫 狗 兔子 熊猫 大象 松鼠 马 鱼 鸟 长颈鹿 猴子 羊 企鹅 乌龟 老虎 狮子 鸭子 蝴蝶 青蛙 燕子 牛 猪 鸡 鹅 蛇 熊 鹿 老鼠 蜜蜂 蚂蚁
  金鱼 鲸鱼 海豚 白兔 黑猫 白马 小羊 小牛 小鸡 小鸭 大熊 花猫 黄牛 山羊 水牛 白鹅 小象 大马 海鸟 猫头鹰 小老虎 小猴子 小狮子 小金鱼`);
const COLOURS = words(`
  红色 黄色 蓝色 绿色 白色 黑色 紫色 灰色 金色 银色 橙色 天蓝色 草绿色 大红色 深红色 深蓝色 深绿色 深灰色 浅红色 浅蓝色
  浅绿色 浅黄色 金黄色 雪白色 火红色 海蓝色 紫红色 黄绿色 蓝绿色 蓝紫色 银白色 银灰色`);
const FOODS = words(`
  苹果 香蕉 橘子 桃子 草莓 西瓜 葡萄 梨 饺子 面条 米饭 饼干 鸡蛋 鱼 月饼 粽子 汤圆 包子 糖 牛奶糖 牛肉 羊肉 鸡肉 鱼汤 鸡汤 豆子
  白菜 青菜 玉米 花生 面包 蛋糕 水果 水果糖 炒饭 炒面 蛋汤 菜包子 肉包子 牛肉面 鸡蛋面 红豆 绿豆 苹果饼 肉饼 青豆 米糕`);
const HOMES = words(`
  北京 上海 广州 南京 西安 成都 杭州 武汉 长沙 天津 海口 昆明 沈阳 长春 济南 福州 农村 山上 海边 河边 城里 学校旁边 公园旁边
  山下 湖边 江边 南方 北方 中国 四川 云南 山东 山西 河南 河北 湖南 湖北 江西 海南 广东 广西 三楼 五楼 八楼 大山里 小河边`);
const DOINGS = words(`
  踢球 画画 游泳 唱歌 跑步 看书 跳舞 爬山 写字 做饭 种花 听音乐 讲故事 看星星 打球 画花 画鸟 画山水 种树 种菜 看海 看雪 看花
  看月亮 听故事 听歌 写信 写诗 读书 读诗 下棋 散步 睡觉 骑车 骑马 钓鱼 做手工 做数学题 做游戏 做包子 弹钢琴 拉二胡 喝茶
  喝牛奶 吃水果 养花 养鱼 养鸟`);
const PETS = words(`
  花花 白白 黑黑 黄黄 球球 豆豆 米米 毛毛 乐乐 圆圆 点点 雪球 小白 小黑 小黄 小花 大黄 大白 果果 糖糖 阿黄 阿白 阿花 小雪
  小点 小豆 小米 大米 豆子 米粒 小雨 雨点 小星 星星 小月 月月 天天 小云 云云 多多 小红 红豆 绿豆 花生 小虎 小龙 大虎 小石头
  小太阳 小月亮`);
const AGES = Array.from({ length: 85 }, (_, i) => i + 4).flatMap((n) =>
  n < 20 ? [`${n}`, hanzi(n)] : [`${n}`],
);

const TRAITS: readonly Trait[] = [
  {
    name: 'name',
    values: NAMES,
    tell: [
      '我叫{v}。',
      '我叫{v}',
      '我的名字叫{v}。',
      '我的名字是{v}。',
      '你好，我叫{v}。',
      '你好！我是{v}。',
      '我是{v}。',
    ],
    reply: '你好，{v}！很高兴认识你。',
    ask: [
      '我叫什么名字？',
      '我叫什么？',
      '我叫什么名字',
      '你还记得我叫什么吗？',
      '你知道我的名字吗？',
      '我的名字是什么？',
      '我是谁？',
      '那我叫什么名字？',
      '你还记得我的名字吗？',
    ],
    answer: '你叫{v}。',
    clause: '我叫{v}',
  },
  {
    name: 'colour',
    values: COLOURS,
    tell: ['我最喜欢的颜色是{v}。', '我最喜欢{v}。', '我喜欢{v}。', '我喜欢的颜色是{v}。'],
    reply: '{v}很好看。',
    ask: ['我最喜欢什么颜色？', '我喜欢什么颜色？', '你还记得我喜欢什么颜色吗？', '我最喜欢的颜色是什么？'],
    answer: '你最喜欢{v}。',
    clause: '最喜欢{v}',
  },
  {
    name: 'animal',
    values: ANIMALS,
    tell: ['我最喜欢的动物是{v}。', '我最喜欢{v}。', '我喜欢{v}。', '我很喜欢{v}。'],
    reply: '{v}真有意思。',
    ask: ['我最喜欢什么动物？', '我喜欢什么动物？', '你还记得我喜欢什么动物吗？', '我最喜欢的动物是什么？'],
    answer: '你最喜欢{v}。',
    clause: '最喜欢的动物是{v}',
  },
  {
    name: 'food',
    values: FOODS,
    tell: ['我最喜欢吃{v}。', '我爱吃{v}。', '我喜欢吃{v}。', '我最爱吃的是{v}。'],
    reply: '{v}很好吃。',
    ask: ['我最喜欢吃什么？', '我爱吃什么？', '你还记得我爱吃什么吗？', '我喜欢吃什么？'],
    answer: '你爱吃{v}。',
    clause: '爱吃{v}',
  },
  {
    name: 'age',
    values: AGES,
    tell: ['我今年{v}岁。', '我{v}岁。', '我{v}岁了。', '我今年{v}岁了。'],
    reply: '好的，我记住了，你今年{v}岁。',
    ask: ['我今年几岁？', '我几岁了？', '我多大了？', '你还记得我几岁吗？', '我今年多大？', '我几岁'],
    answer: '你今年{v}岁。',
    clause: '今年{v}岁',
  },
  {
    name: 'home',
    values: HOMES,
    tell: ['我住在{v}。', '我家在{v}。', '我住在{v}', '我家住在{v}。'],
    reply: '{v}是个好地方。',
    ask: ['我住在哪里？', '我家在哪里？', '我住在哪儿？', '你还记得我住在哪里吗？', '我住在什么地方？'],
    answer: '你住在{v}。',
    clause: '住在{v}',
  },
  {
    name: 'doing',
    values: DOINGS,
    tell: ['我喜欢{v}。', '我最喜欢{v}。', '我很喜欢{v}。', '我平时喜欢{v}。'],
    reply: '{v}真有意思。',
    ask: ['我喜欢做什么？', '我平时喜欢做什么？', '你还记得我喜欢做什么吗？', '我最喜欢做什么？'],
    answer: '你喜欢{v}。',
    clause: '喜欢{v}',
  },
  ...['小猫', '小狗', '小鸟', '兔子'].map((pet): Trait => {
    const one = `一只${pet}`;
    return {
      name: `pet-${pet}`,
      values: PETS,
      tell: [`我有${one}，叫{v}。`, `我家有${one}，名字叫{v}。`, `我的${pet}叫{v}。`],
      reply: '{v}，真好听的名字！',
      ask: [`我的${pet}叫什么？`, `我的${pet}叫什么名字？`, `你还记得我的${pet}叫什么吗？`],
      answer: `你的${pet}叫{v}。`,
      clause: `有${one}叫{v}`,
    };
  }),
];

/** Much of what people say of themselves is their name. */
const pickTrait = (random: Random) => (random.int(5) < 2 ? TRAITS[0]! : random.pick(TRAITS));

const valuesOf = ({ name, values }: Trait, reserved: boolean) =>
  values.filter((value) => oneIn(6, `${name}=${value}`) === reserved);

/**
 * Something is said, then perhaps something else (a turn of `filler`), then it is asked back. With `reserved`, the value is one
 * that training never has.
 */
export function recall(random: Random, filler: (random: Random) => Turn, reserved = false): Turns {
  const trait = pickTrait(random);
  const value = random.pick(valuesOf(trait, reserved));
  const other = pickOther(random, trait);
  const otherValue = random.pick(valuesOf(other, reserved));
  const tell = (t: Trait, v: string): Turn => [fill(random.pick(t.tell), { v }), fill(t.reply, { v })];
  const ask = (t: Trait, v: string): Turn => [fill(random.pick(t.ask), { v }), fill(t.answer, { v })];
  const draw = random.int(20);
  if (draw < 8) return { turns: [tell(trait, value), ask(trait, value)], answer: value };
  if (draw < 13) return { turns: [tell(trait, value), filler(random), ask(trait, value)], answer: value };
  if (draw < 17) {
    const both = [tell(trait, value), tell(other, otherValue)];
    return random.int(2) === 0
      ? { turns: [...both, ask(trait, value)], answer: value }
      : { turns: [...both, ask(other, otherValue)], answer: otherValue };
  }
  // Two things in one sentence, the name first.
  const [first] = TRAITS as readonly [Trait];
  const second = trait === first ? other : trait;
  const name = random.pick(valuesOf(first, reserved));
  const v = random.pick(valuesOf(second, reserved));
  const clause = fill(second.clause, { v });
  const said: Turn = [
    `我叫${name}，${clause.startsWith('今年') ? '' : '我'}${clause}。`,
    fill(first.reply, { v: name }),
  ];
  return random.int(2) === 0
    ? { turns: [said, ask(first, name)], answer: name }
    : { turns: [said, ask(second, v)], answer: v };
}

/** Another trait, but not a second pet. */
function pickOther(random: Random, trait: Trait): Trait {
  const other = pickTrait(random);
  return other === trait || (other.name.startsWith('pet') && trait.name.startsWith('pet'))
    ? pickOther(random, trait)
    : other;
}
