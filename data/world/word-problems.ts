/**
 * Little word problems: 小明有3个苹果，又买了5个，现在有几个？ -> 3+5=8，现在有8个苹果。
 * The answer first writes the sum, with its steps, then says what was asked. No held-out pair is among the numbers.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import { isHeldOut, resultOf, type Sign, type Sum, sumOf, sums, worked } from './arithmetic.ts';
import { stage } from './cast.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { fill, hanzi } from './text.ts';

const DIALOGUES = 440;
const TEXTS = 250; // documents of pretrain.txt

/** Sign, question, the end of the answer. {a} and {b} are the numbers, {c} the result, {k}{i} a measure word and its thing. */
const SHAPES: readonly (readonly [Sign, string, string])[] = [
  ['+', '{n}有{a}{k}{i}，又买了{b}{k}，现在有{q}{k}？', '现在有{c}{k}{i}。'],
  ['+', '{n}有{a}{k}{i}，[{m}|{e}]又给了{b}{k}，{n}现在有{q}{k}{i}？', '{n}现在有{c}{k}{i}。'],
  ['+', '[树上|草地上|水边]有{a}只鸟，又飞来[了|]{b}只，[现在|一共]有{q}只鸟？', '一共有{c}只鸟。'],
  ['+', '盘子里有{a}个{f}和{b}个{g}，一共有{q}个水果？', '一共有{c}个水果。'],
  ['+', '教室里有{a}个男生和{b}个女生，一共有{q}个学生？', '一共有{c}个学生。'],
  ['+', '{n}有{a}{k}{i}，{m}有{b}{k}，两个人一共有{q}{k}？', '两个人一共有{c}{k}{i}。'],
  ['+', '车上有{a}个人，到站又上来{b}个，现在车上有{q}个人？', '现在车上有{c}个人。'],
  ['+', '{n}今年{a}岁，{b}年以后是{q}岁？', '{b}年以后是{c}岁。'],
  ['+', '{n}做了{a}道题，还有{b}道没做，一共有{q}道题？', '一共有{c}道题。'],
  ['-', '{n}有{a}{k}{i}，[送给{m}|给了{m}]{b}{k}，还剩{q}{k}？', '还剩{c}{k}{i}。'],
  ['-', '[{n}|我]有{a}个{f}，吃了{b}个，还剩{q}个[？|{f}？]', '还剩{c}个{f}。'],
  ['-', '[{n}|妈妈|我]有{a}{k}{i}，[用了|送人|卖了]{b}{k}，还[剩|有]{q}{k}？', '还剩{c}{k}{i}。'],
  ['-', '车上有{a}个人，[到站|]下去了{b}个，[还有|还剩|车上还有]{q}个人？', '车上还有{c}个人。'],
  ['+', '[妈妈|爸爸|奶奶|我]买了{a}个{f}，又买了{b}个，一共[有|买了]{q}个？', '一共有{c}个{f}。'],
  ['+', '我今年{a}岁，{b}年[后|以后]我{q}岁？', '{b}年以后你{c}岁。'],
  ['+', '我有{a}{k}{i}，{m}给了我{b}{k}，我[现在|一共]有{q}{k}？', '你现在有{c}{k}{i}。'],
  ['-', '我有{a}{k}{i}，[弟弟|妹妹|{m}]有{b}{k}，我多{q}{k}？', '你多{c}{k}。'],
  ['÷', '{a}个{f}分给{b}个小朋友，[每人|每个人]{q}个？', '每人{c}个{f}。'],
  ['×', '[一个盘子|一个盒子]里有{a}个{f}，{b}个里有{q}个？', '一共有{c}个{f}。'],
  ['-', '盘子里有{a}个{f}，[{n}吃了|拿走了]{b}个，还剩{q}个？', '还剩{c}个{f}。'],
  ['-', '[树上|屋顶上]有{a}只鸟，飞走[了|]{b}只，[还剩|还有]{q}只？', '还剩{c}只鸟。'],
  ['-', '一本书有{a}页，{n}看了{b}页，还有{q}页没看？', '还有{c}页没看。'],
  ['-', '{n}有{a}元，买{th}用了{b}元，还剩{q}元？', '还剩{c}元。'],
  ['-', '{n}有{a}{k}{i}，{m}有{b}{k}，{n}比{m}多{q}{k}？', '{n}比{m}多{c}{k}。'],
  ['-', '班里有{a}个学生，男生有{b}个，女生有{q}个？', '女生有{c}个。'],
  ['-', '{n}今年{a}岁，[弟弟|妹妹]今年{b}岁，{n}大{q}岁？', '{n}大{c}岁。'],
  ['×', '每个盘子里有{a}个{f}，{b}个盘子里一共有{q}个{f}？', '一共有{c}个{f}。'],
  ['×', '一支铅笔{a}元，买{b}支要{q}元？', '要{c}元。'],
  ['×', '教室里有{a}排桌子，每排{b}张，一共有{q}张桌子？', '一共有{c}张桌子。'],
  ['×', '{n}每天看{a}页书，{b}天一共看{q}页？', '一共看{c}页。'],
  ['÷', '把{a}个{f}平均分给{b}个小朋友，每人分到{q}个？', '每人分到{c}个{f}。'],
  ['÷', '有{a}个{f}，每{b}个装一袋，可以装{q}袋？', '可以装{c}袋。'],
  ['÷', '一本书{b}元，{a}元可以买{q}本？', '可以买{c}本书。'],
];

/** Things that one can buy, have and give away, with their measure words. */
const THINGS: readonly (readonly [string, string])[] = [
  ['个', '苹果'],
  ['个', '橘子'],
  ['个', '球'],
  ['个', '鸡蛋'],
  ['支', '铅笔'],
  ['本', '书'],
  ['朵', '花'],
  ['条', '鱼'],
  ['张', '画'],
  ['块', '糖'],
  ['块', '饼干'],
  ['把', '尺子'],
];

const within = (of: readonly Sum[], most: number) =>
  of.filter(
    (sum) =>
      !isHeldOut(sum) && sum.numbers.every((n) => n >= 1 && n <= most) && !resultOf(sum).includes('余'),
  );
const SMALL: Readonly<Record<Sign, readonly Sum[]>> = {
  '+': within(sums.plusSmall, 19),
  '-': within(sums.minusSmall, 20).filter((sum) => resultOf(sum) !== '0'),
  '×': within(sums.times, 9).filter(({ numbers }) => numbers.every((n) => n > 1)),
  '÷': [2, 3, 4, 5, 6, 7, 8, 9].flatMap((b) => [2, 3, 4, 5, 6, 7, 8, 9].map((q) => sumOf(b * q, '÷', b))),
};
const LARGE: Readonly<Record<Sign, readonly Sum[]>> = {
  ...SMALL,
  '+': [...sums.plusOnes, ...sums.plusTens].filter(
    (sum) => sum.numbers.every((n) => n > 1) && Number(resultOf(sum)) < 100,
  ),
  '-': [...sums.minusOnes, ...sums.minusTens].filter(({ numbers: [a, b] }) => b! > 1 && a! - b! > 1),
};

/** Question and answer. */
function problem(random: Random): readonly [string, string] {
  const [sign, question, end] = random.pick(SHAPES);
  const old = question.includes('岁');
  const sum = random.pick((!old && random.int(3) === 0 ? LARGE : SMALL)[sign]);
  const [a, b] = sum.numbers as readonly [number, number];
  const say = random.int(6) === 0 ? spoken : String;
  const c = resultOf(sum);
  const [k, i] = random.pick(THINGS);
  const q = Number(c) > 10 || random.int(3) === 0 ? '多少' : '几';
  // One cast for both sides: the answer is written behind the question and cut off again.
  const both = stage(random, `${question}#{steps}，${end}`, {
    a: '{a}',
    b: '{b}',
    c,
    k,
    i,
    q,
    steps: worked(sum),
  });
  const [asked, answered] = both.split('#') as [string, string];
  return [fill(asked, { a: say(a), b: say(b) }), fill(answered, { a: `${a}`, b: `${b}` })];
}

/** 两个, but 十二个. */
const spoken = (n: number) => (n === 2 ? '两' : hanzi(n));

function drawn(random: Random, n: number): Dialogue[] {
  const made = new Map<string, Dialogue>();
  while (made.size < n) {
    const [question, answer] = problem(random);
    made.set(question, talk('word-problem', question, answer));
  }
  return [...made.values()];
}

const TOLD: readonly (readonly [Sign, string])[] = [
  ['+', '{n}有{a}个{f}，{m}又给了他{b}个，现在他有{c}个{f}。因为{A}加{B}等于{C}。'],
  ['-', '{n}家有{a}个{f}，[分给大家|送给{m}家]{b}个，还剩{c}个。因为{A}减{B}等于{C}。'],
  ['-', '树上有{a}只鸟，飞走了{b}只，树上还有{c}只鸟。'],
  ['+', '树上有{a}只鸟，又飞来了{b}只，树上一共有{c}只鸟。'],
  ['+', '教室里有{a}个男生和{b}个女生，一共有{c}个学生。{A}加{B}等于{C}。'],
  ['-', '一本书有{a}页，{n}看了{b}页，还有{c}页没有看。{A}减{B}等于{C}。'],
  ['-', '{n}[存了|有]{a}元钱，买{th}用了{b}元，还剩{c}元。'],
  ['+', '车上有{a}个人，到站以后又上来{b}个人，现在车上有{c}个人。'],
  ['+', '{n}做了{a}道题，{m}做了{b}道题，两个人一共做了{c}道题。'],
  ['+', '盘子里有{a}个{f}和{b}个{g}，一共有{c}个水果。'],
];

/** For pretrain.txt: two problems with their answers. */
function askedDocument(random: Random): string {
  return [problem(random), problem(random)]
    .map(([question, answer]) => `${random.pick(['题：', '应用题：', '问：'])}${question}答：${answer}`)
    .join('');
}

/** Told in characters. */
function toldDocument(random: Random): string {
  const [sign, told] = random.pick(TOLD);
  const sum = random.pick((random.int(3) === 0 ? LARGE : SMALL)[sign]);
  const [a, b] = sum.numbers as readonly [number, number];
  const c = Number(resultOf(sum));
  return stage(random, told, {
    a: spoken(a),
    b: spoken(b),
    c: spoken(c),
    A: hanzi(a),
    B: hanzi(b),
    C: hanzi(c),
  });
}

export const wordProblems: Ability = {
  name: 'word-problems',
  texts: (random) => Array.from({ length: TEXTS }, () => askedDocument(random)),
  documents: {
    share: 10,
    write: (random) => (random.int(2) === 0 ? askedDocument(random) : toldDocument(random)),
  },
  dialogues: (random) => drawn(random, DIALOGUES),
  heldOut: (random) => drawn(random, 12),
  evaluation: () => new Map(),
};
