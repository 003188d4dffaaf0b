/** Formulas in a text: what counts as one, and whether it is true. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chainsOf, isTrue, readNumeral } from '../../../src/evaluation/kinds/formula.ts';

/** 37+45=82 as '37+45=82': numbers and signs as they were understood. */
const shown = (text: string) =>
  chainsOf(text).map((chain) =>
    chain
      .map(({ numbers, signs, rest }) => {
        const formula = numbers.map((n, i) => `${n}${signs[i] ?? ''}`).join('');
        return rest === null ? formula : `${formula}余${rest}`;
      })
      .join('='),
  );

test('the same formula in digits, characters, words and signs', () => {
  for (const text of [
    '8+5=13',
    '8 + 5 = 13',
    '８+5=13'.replace('８', '8'),
    '八加五等于十三',
    '8加上5是13',
    '八加5得十三。',
  ])
    assert.equal(shown(text), ['8+5=13'], text);
  for (const text of [
    '3×5=15',
    '3*5=15',
    '3x5=15',
    '三乘五等于十五',
    '三乘以5等于15',
    '三五一十五',
    '三五得十五',
  ])
    assert.equal(shown(text), ['3×5=15'], text);
  assert.equal(shown('17÷5=3余2'), ['17÷5=3余2']);
  assert.equal(shown('17除以5等于3……2'), ['17÷5=3余2']);
  assert.equal(shown('3-5=-2，三减五等于负二'), ['3-5=-2', '3-5=-2']);
});

test('chains, numbers between words, and words that hold a numeral', () => {
  assert.equal(shown('37+45=70+12=82。'), ['37+45=70+12=82']);
  assert.equal(shown('小明有8个苹果，又买了5个，一共有13个。'), ['8', '5', '13']);
  assert.equal(shown('3个5是15'), ['3', '5', '15'], 'no statement that 5 is 15');
  assert.equal(shown('8和5加起来是13'), ['8', '5', '13']);
  assert.equal(shown('一起想一想，第一步'), ['1'], '想一想');
  assert.equal(shown('26加十一算出来是37'), ['26+11', '37']);
  assert.equal(shown('法国的首都是巴黎。'), []);
});

test('a chain is true if all its parts have one value; × and ÷ come first', () => {
  const cases: [string, boolean][] = [
    ['37+45=70+12=82', true],
    ['37+45=70+13=82', false],
    ['37+45=70+12=83', false],
    ['12×13=10×13+2×13=130+26=156', true],
    ['12-2×3=6', true],
    ['12-2×3=30', false],
    ['17÷5=3余2', true],
    ['17÷5=2余7', false],
    ['17÷5=3', false],
    ['15÷5=3', true],
    ['17+5=3余2', false],
    ['8', true],
  ];
  for (const [text, right] of cases) assert.is(isTrue(chainsOf(text)[0]!), right, text);
});

test('Chinese numerals', () => {
  const cases: [string, number | null][] = [
    ['零', 0],
    ['十', 10],
    ['十三', 13],
    ['八十二', 82],
    ['一百零五', 105],
    ['一百一十', 110],
    ['两千', 2000],
    ['一万', 10_000],
    ['三五', null],
    ['十十', null],
    ['', null],
  ];
  for (const [text, number] of cases) assert.is(readNumeral(text), number, text);
});

test.run();
