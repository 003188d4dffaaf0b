/** What happens to text before anything else looks at it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../src/tensor/random.ts';
import { cleanText, wellFormed } from '../../src/tokenizer/text-cleaning.ts';

test('cleaning: lone surrogates, spaces, dummy prefix', () => {
  assert.is(wellFormed('a\uD83Db\uDE00😀'), 'a\uFFFDb\uFFFD😀');
  assert.is(cleanText(' 你 好', false), '▁你▁好');
  assert.is(cleanText(' 你', true), '▁▁你');
  assert.is(cleanText('', true), '');
  assert.is(cleanText('\0\t\uFEFF', false), '\0\t\uFEFF');
});

test('every lone surrogate, every space, one prefix: for any text', () => {
  const random = new Random(3);
  const signs = ['a', ' ', '  ', '▁', '\ud800', '\udfff', '😀', '\u3000', '\n', '\ud83d'];
  for (let round = 0; round < 300; round++) {
    const text = Array.from({ length: random.int(8) }, () => random.pick(signs)).join('');
    const whole = [...text].map((sign) => (/^\p{Surrogate}$/u.test(sign) ? '\ufffd' : sign)).join('');
    assert.is(wellFormed(text), whole);
    const spaced = whole.split(' ').join('▁');
    assert.equal(
      [cleanText(text, false), cleanText(text, true)],
      [spaced, spaced === '' ? '' : `▁${spaced}`],
    );
  }
});

test.run();
