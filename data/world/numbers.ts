/**
 * Numbers in prose: counting, tens and ones, sequences.
 */
import type { Random } from '../../src/tensor/random.ts';
import { counted, expand, hanzi } from './text.ts';

const MONTHS = Array.from({ length: 12 }, (_, i) => `${hanzi(i + 1)}月`);
const DAYS = ['星期一', '星期二', '星期三', '星期四', '星期五', '星期六', '星期日'];
const ZODIAC = ['鼠', '牛', '虎', '兔', '龙', '蛇', '马', '羊', '猴', '鸡', '狗', '猪'];

/** One document about numbers. */
export function numberDocument(random: Random): string {
  return random.pick(KINDS)(random);
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

const KINDS = [counting, places, sequence];
