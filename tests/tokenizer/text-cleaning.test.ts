/** What happens to text before anything else looks at it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cleanText, wellFormed } from '../../src/tokenizer/text-cleaning.ts';

test('cleaning: lone surrogates, spaces, dummy prefix', () => {
  assert.is(wellFormed('a\uD83Db\uDE00😀'), 'a\uFFFDb\uFFFD😀');
  assert.is(cleanText(' 你 好', false), '▁你▁好');
  assert.is(cleanText(' 你', true), '▁▁你');
  assert.is(cleanText('', true), '');
  assert.is(cleanText('\0\t\uFEFF', false), '\0\t\uFEFF');
});

test.run();
