/**
 * The formulas in a text, in digits, Chinese numerals and signs, and what they say.
 *
 *   '37+45=70+12=82'      one chain of three expressions
 *   '三加五等于八。'         the same as 3+5=8; 三五一十五 is 3×5=15
 *   '17÷5=3余2'           true if 17 = 5 × 3 + 2
 *   '一共有13个'           a chain of one number
 */
export interface Expression {
  readonly numbers: readonly number[];
  readonly signs: readonly Sign[];
  /** After 余; null where none is named. */
  readonly rest: number | null;
}

type Sign = '+' | '-' | '×' | '÷';
type Piece = { readonly number: number } | { readonly sign: Sign } | '=' | '是' | '余' | 'gap';

/**
 * Expressions joined by = or 等于 make a chain, and so do 是 and 得 after something to work out (not in 3个5是15); everything else
 * comes between chains.
 */
export function chainsOf(text: string): Expression[][] {
  const chains: Expression[][] = [];
  let chain: Expression[] = [];
  let open: { numbers: number[]; signs: Sign[]; rest: number | null } | null = null;
  let joins = false; // a '=' or a sign waits for a number
  const close = () => {
    if (open !== null) chain.push(open);
    if (chain.length > 0) chains.push(chain);
    [open, chain, joins] = [null, [], false];
  };
  let wait: Sign | '余' | null = null;
  for (const piece of piecesOf(text)) {
    if (typeof piece === 'object' && 'number' in piece) {
      if (open !== null && wait === '余') open.rest = piece.number;
      else if (open !== null && wait !== null) {
        open.numbers.push(piece.number);
        open.signs.push(wait as Sign);
      } else {
        if (open !== null || (chain.length > 0 && !joins)) close(); // two numbers side by side are two statements
        open = { numbers: [wait === '-' ? -piece.number : piece.number], signs: [], rest: null };
      }
      [wait, joins] = [null, false];
    } else if (typeof piece === 'object') {
      if (open === null && piece.sign !== '-') continue;
      wait = piece.sign; // before a number of its own: its sign
    } else if (piece === '余') wait = open === null ? null : '余';
    else if (piece === '=' || (piece === '是' && (chain.length > 0 || (open?.signs.length ?? 0) > 0))) {
      if (open !== null) chain.push(open);
      [open, wait, joins] = [null, null, true];
    } else {
      close();
      wait = null;
    }
  }
  close();
  return chains;
}

/** All expressions of a chain have the same value. */
export function isTrue(chain: readonly Expression[]): boolean {
  return chain.every((expression, i) => i === 0 || areEqual(chain[i - 1]!, expression));
}

function areEqual(left: Expression, right: Expression): boolean {
  if (right.rest === null) return left.rest === null && worth(left) === worth(right);
  const [a, b] = left.numbers;
  const [quotient] = right.numbers;
  return left.signs.join() === '÷' && a === b! * quotient! + right.rest && right.rest < b!;
}

/** × and ÷ before + and -. */
function worth({ numbers, signs }: Expression): number {
  const terms = [numbers[0]!]; // there is at least one
  for (const [i, sign] of signs.entries()) {
    const next = numbers[i + 1]!; // one more than signs
    if (sign === '+' || sign === '-') terms.push(sign === '+' ? next : -next);
    else terms.push(sign === '×' ? terms.pop()! * next : terms.pop()! / next);
  }
  return terms.reduce((sum, term) => sum + term, 0);
}

/** Words that hold a numeral and count nothing. */
const NOT_NUMBERS =
  /(?<![\d一二三四五六七八九十百千])一(?:共|起|样|定|下|些|点|般|道题|算|边|直)|第[一二三四五六七八九十]+|十分|万一/gu;
const PIECES =
  /(\d+)|([零〇一二两三四五六七八九十百千万]+)|(\+|＋|加上|加(?!起来))|(-|－|−|负|减去?)|(×|\*|乘以?|[xX](?=\s*\d))|(÷|\/|除以)|(=|＝|等于)|(是|得)|(余|…+|\.{3,})|([\s“”"]+)|./gsu;
const SIGNS: readonly Sign[] = ['+', '-', '×', '÷'];

function piecesOf(text: string): Piece[] {
  return [...text.replace(NOT_NUMBERS, '，').matchAll(PIECES)].flatMap((match): Piece[] => {
    const [, digits, numeral, ...rest] = match;
    if (digits !== undefined) return [{ number: Number(digits) }];
    if (numeral !== undefined) return numeralPieces(numeral);
    const sign = SIGNS.find((_, i) => rest[i] !== undefined);
    if (sign !== undefined) return [{ sign }];
    const [equals, is, remainder, blank] = rest.slice(SIGNS.length);
    if (equals !== undefined) return ['='];
    if (is !== undefined) return ['是'];
    if (remainder !== undefined) return ['余'];
    return blank === undefined ? ['gap'] : [];
  });
}

/** A number; or the multiplication rhyme: 三五 is 3×5, 三五一十五 is 3×5=15. */
function numeralPieces(text: string): Piece[] {
  const number = readNumeral(text);
  if (number !== null) return [{ number }];
  const [a, b] = [readNumeral(text[0]!), readNumeral(text[1] ?? '')];
  const product = readNumeral(text.slice(2));
  if (a === null || b === null || (product === null && text.length > 2)) return ['gap'];
  return [
    { number: a },
    { sign: '×' },
    { number: b },
    ...(product === null ? [] : ['=' as const, { number: product }]),
  ];
}

const DIGITS = '零一二三四五六七八九';
const UNITS: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1000, 万: 10_000 };

/** 八十二 -> 82, 一百零五 -> 105; null for what is not a number (三五). */
export function readNumeral(text: string): number | null {
  const plain = text.replaceAll('〇', '零').replaceAll('两', '二');
  const shape =
    /^(?:(?<wan>[一二三四五六七八九])万)?零?(?:(?<qian>[一二三四五六七八九])千)?零?(?:(?<bai>[一二三四五六七八九])百)?零?(?<tens>[一二三四五六七八九]?十)?(?<ones>[一二三四五六七八九])?$/u;
  if (plain === '零') return 0;
  if (plain === '' || !shape.test(plain)) return null;
  let [sum, digit] = [0, 0];
  for (const character of plain) {
    const unit = UNITS[character];
    if (unit === undefined) digit = DIGITS.indexOf(character);
    else {
      sum += (digit === 0 ? 1 : digit) * unit;
      digit = 0;
    }
  }
  return sum + digit;
}
