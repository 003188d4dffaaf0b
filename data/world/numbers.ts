/**
 * Numbers in prose: little word problems, comparisons, counting, tens and ones, sequences.
 */
import type { Random } from '../../src/tensor/random.ts';
import { isHeldOutPair } from './arithmetic.ts';
import { stage } from './cast.ts';
import { counted, expand, hanzi } from './text.ts';

const MONTHS = Array.from({ length: 12 }, (_, i) => `${hanzi(i + 1)}月`);
const DAYS = ['星期一', '星期二', '星期三', '星期四', '星期五', '星期六', '星期日'];
const ZODIAC = ['鼠', '牛', '虎', '兔', '龙', '蛇', '马', '羊', '猴', '鸡', '狗', '猪'];

/** One document about numbers. */
export function numberDocument(random: Random): string {
  return random.pick(KINDS)(random);
}

/** a, b with a + b = c; `most` bounds the sum. Half of the draws stay within 20, none is a held-out pair. */
function sum(random: Random): { a: number; b: number; c: number } {
  const most = random.int(2) === 0 ? 20 : 100;
  const c = 2 + random.int(most - 1);
  const a = 1 + random.int(c - 1);
  const b = c - a;
  return isHeldOutPair(a, b) || isHeldOutPair(c, a) ? sum(random) : { a, b, c };
}

function wordProblem(random: Random): string {
  const { a, b, c } = sum(random);
  const template = random.pick([
    '{n}有{a}个{f}，{m}又给了他{b}个，现在他有{c}个{f}。因为{A}加{B}等于{C}。',
    '{n}家有{c}个{f}，[分给大家|送给{m}家]{a}个，还剩{b}个。因为{C}减{A}等于{B}。',
    '树上有{c}只鸟，飞走了{a}只，树上还有{b}只鸟。',
    '树上有{a}只鸟，又飞来了{b}只，树上一共有{c}只鸟。',
    '教室里有{a}个男生和{b}个女生，一共有{c}个学生。{A}加{B}等于{C}。',
    '一本书有{c}页，{n}看了{a}页，还有{b}页没有看。{C}减{A}等于{B}。',
    '{n}[存了|有]{c}元钱，买{th}用了{a}元，还剩{b}元。',
    '车上有{a}个人，到站以后又上来{b}个人，现在车上有{c}个人。',
    '{n}做了{a}道题，{m}做了{b}道题，两个人一共做了{c}道题。',
    '盘子里有{a}个{f}和{b}个{g}，一共有{c}个水果。',
  ]);
  return stage(random, template, {
    a: counted(a),
    b: counted(b),
    c: counted(c),
    A: hanzi(a),
    B: hanzi(b),
    C: hanzi(c),
  });
}

function comparison(random: Random): string {
  const lines = Array.from({ length: 2 + random.int(3) }, () => {
    const big = 2 + random.int(99);
    const small = 1 + random.int(big - 1);
    const say = random.int(2) === 0 ? String : hanzi;
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

function counting(random: Random): string {
  const step = random.pick([1, 1, 1, 2, 5, 10]);
  const length = 5 + random.int(5);
  const start = 1 + random.int(99 - step * (length - 1) > 0 ? 99 - step * (length - 1) : 1);
  const say = random.int(2) === 0 ? String : hanzi;
  const numbers = Array.from({ length }, (_, i) => say(start + i * step));
  const back = random.int(3) === 0;
  if (back) numbers.reverse();
  const how = back ? '倒着数' : step === 1 ? '一个一个地数' : `${counted(step)}个${counted(step)}个地数`;
  return expand(random, `[{n}${how}|我们${how}|从${numbers[0]}开始，${how}]：${numbers.join('，')}。`, {
    n: random.pick(['小明', '小红', '弟弟', '妹妹', '小兔', '小熊']),
  });
}

function places(random: Random): string {
  const n = 11 + random.int(89);
  const [tens, ones] = [Math.floor(n / 10), n % 10];
  if (ones === 0)
    return `${hanzi(n)}里有${counted(tens)}个十，没有别的。所以${hanzi(tens)}个十就是${hanzi(n)}，写作${n}。`;
  return expand(
    random,
    '{n}里有{t}个十和{o}个一[，写作{d}|，十位是{T}，个位是{O}|。{n}的前面是{p}，后面是{q}]。',
    {
      n: hanzi(n),
      d: String(n),
      t: counted(tens),
      o: counted(ones),
      T: hanzi(tens),
      O: hanzi(ones),
      p: hanzi(n - 1),
      q: hanzi(n + 1),
    },
  );
}

function sequence(random: Random): string {
  const ring = random.pick([MONTHS, DAYS, ZODIAC]);
  const length = 3 + random.int(ring.length - 3);
  const start = random.int(ring === DAYS ? 7 : ring.length - length + 1);
  const part = Array.from({ length }, (_, i) => ring[(start + i) % ring.length]!);
  return expand(random, `[{n}背给{m}听|按顺序说一说|{n}一边走一边背|儿歌里唱]：${part.join('，')}。`, {
    n: random.pick(['小明', '小红', '弟弟', '妹妹', '小刚', '小丽']),
    m: random.pick(['妈妈', '爸爸', '老师', '奶奶', '爷爷']),
  });
}

const KINDS = [wordProblem, wordProblem, wordProblem, comparison, counting, places, sequence];
