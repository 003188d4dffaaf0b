/**
 * Which neighbouring characters may share a piece. The whole rule is one question about two characters, `joins(left, right)`:
 *
 *   same script         yes   中+国, a+b              digits               no    2+0: numbers are read digit by digit
 *   different scripts   no    国+a                    newline, tab, NUL    no    each is a piece of its own
 *   "▁" + a letter      yes   ▁+t, as in "▁the"       the same symbol      yes   …+… and —+— and =+=
 *   "▁" + 汉字 or sign   no    Chinese has no spaces   two other symbols    no    。+”
 *
 * Because it looks at two characters only, a piece that the trainer learns inside one stretch of text can never be put together
 * across the border of two stretches: the encoder needs no list of borders. Scripts are Unicode's (UAX 24).
 */
const NEVER = 0;
const SPACE = 1;
const SYMBOL = 2;
const FIRST_SCRIPT = 3; // Han, then kana
const FIRST_SPACED_SCRIPT = 5; // after them, the scripts that put spaces between words

const SCRIPT_TESTS: readonly RegExp[] = [
  /\p{Script=Han}/u, // class FIRST_SCRIPT, and so on
  /[\p{Script=Hiragana}\p{Script=Katakana}]/u,
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Hangul}/u,
  /\p{Script=Arabic}/u,
  /\p{Script=Hebrew}/u,
  /\p{Script=Thai}/u,
  /\p{Script=Devanagari}/u,
];

const UNSEEN = 255;
const seen = new Uint8Array(0x110000).fill(UNSEEN); // one regular-expression search for each character, not for each occurrence

/** The class of one code point: NEVER, SPACE, SYMBOL or the number of its script. */
function classOf(codePoint: number): number {
  let found = seen[codePoint]!; // the caller passes code points of a string: 0..0x10FFFF
  if (found === UNSEEN) {
    found = classify(String.fromCodePoint(codePoint));
    seen[codePoint] = found;
  }
  return found;
}

function classify(character: string): number {
  if (character === '▁') return SPACE;
  if (/[\p{Nd}\p{White_Space}\p{Cc}]/u.test(character)) return NEVER;
  const script = SCRIPT_TESTS.findIndex((test) => test.test(character));
  return script < 0 ? SYMBOL : FIRST_SCRIPT + script;
}

/** May these two characters (code points), found side by side, stand in one piece? */
export function joins(left: number, right: number): boolean {
  const leftClass = classOf(left);
  const rightClass = classOf(right);
  if (leftClass === SPACE) return rightClass >= FIRST_SPACED_SCRIPT;
  if (leftClass !== rightClass || leftClass === NEVER) return false;
  return leftClass !== SYMBOL || left === right;
}
