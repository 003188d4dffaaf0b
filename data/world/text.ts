/**
 * Small tools for writing Chinese text from templates.
 *
 * A template knows two things: `{name}` is replaced by a slot, and `[a|b|c]` by one of its alternatives, which may
 * themselves contain slots and brackets. Nothing more, so that a page of templates still reads as a page of Chinese.
 *
 * Example: expand(random, '{who}[高兴地|慢慢地]走了。', { who: '小明' }) -> '小明慢慢地走了。'
 */
import type { Random } from '../../src/tensor/random.ts';

export type Slots = Readonly<Record<string, string>>;

/** Replace every `{name}`; a slot that is missing is a mistake in the template and throws. */
export function fill(template: string, slots: Slots): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = slots[name];
    if (value === undefined) throw new Error(`Template "${template}" wants {${name}}, which is not given`);
    return value;
  });
}

/** Choose among all `[a|b]` alternatives, innermost last, then fill the slots. */
export function expand(random: Random, template: string, slots: Slots): string {
  return fill(choose(random, template), slots);
}

function choose(random: Random, template: string): string {
  let out = '';
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('[', at);
    if (open < 0) return out + template.slice(at);
    out += template.slice(at, open);
    const alternatives: string[] = [];
    let depth = 1;
    let start = open + 1;
    let end = start;
    for (; end < template.length && depth > 0; end++) {
      const c = template[end];
      if (c === '[') depth++;
      else if (c === ']') depth--;
      if ((c === '|' && depth === 1) || depth === 0) {
        alternatives.push(template.slice(start, end));
        start = end + 1;
      }
    }
    if (depth > 0) throw new Error(`Template "${template}" has an open bracket`);
    out += choose(random, random.pick(alternatives));
    at = end;
  }
  return out;
}

const DIGITS = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'] as const;

/** 0 to 1000 as it is read aloud: 12 -> 十二, 105 -> 一百零五. */
export function hanzi(n: number): string {
  if (!Number.isInteger(n) || n < 0 || n > 1000) {
    throw new RangeError(`hanzi: wanted a whole number from 0 to 1000, got ${n}`);
  }
  if (n === 1000) return '一千';
  if (n < 10) return DIGITS[n]!;
  const [tens, ones] = [Math.floor(n / 10) % 10, n % 10];
  if (n < 100) return `${tens > 1 ? DIGITS[tens] : ''}十${ones ? DIGITS[ones] : ''}`;
  const rest = n % 100;
  const head = `${DIGITS[Math.floor(n / 100)]}百`;
  if (rest === 0) return head;
  if (rest < 10) return `${head}零${DIGITS[rest]}`;
  return `${head}${DIGITS[tens]}十${ones ? DIGITS[ones] : ''}`;
}

/** The number in front of a measure word: 两个, but 十二个. */
export function counted(n: number): string {
  return n === 2 ? '两' : hanzi(n);
}

/** The sentence without its closing mark, for weaving into a longer one. */
export function bare(sentence: string): string {
  return sentence.replace(/[。！？]$/, '');
}
