import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attentionFigure, packed } from '../../src/report/attention-map.ts';
import { attention, T } from './weights.ts';

test('all weights travel with the page as two digits, and a token stays text', () => {
  assert.equal(packed(attention).heads, [['999900990000'], ['995050009900']]);
  const html = attentionFigure(attention);
  assert.is(html.match(/<rect[^>]*fill-opacity/g)?.length, (T * (T + 1)) / 2);
  assert.is(html.match(/<\/script>/g)?.length, 1, 'a token must not end the script element');
  assert.not.match(html, /<b>/);
  assert.match(html, /<option value="1" selected>2</);
});

test.run();
