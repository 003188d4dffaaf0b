import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diversity } from '../../src/evaluation/diversity.ts';
import { allClose } from '../close.ts';

test('degenerate answers show: one sentence for everything, one word for ever', () => {
  const good = ['法国的首都是巴黎。', '猫爱吃鱼。', '一年有十二个月。'];
  const same = good.map(() => good[0]!);
  const loops = good.map(() => '的'.repeat(40));
  const [a, b, c] = [good, same, loops].map((texts) => diversity(texts));
  assert.ok(b!['distinct-2']!.value < a!['distinct-2']!.value);
  assert.ok(c!['distinct-2']!.value < 0.02 && c!.repetition!.value > 0.95);
  assert.equal([a!.repetition!.value, b!.repetition!.value], [0, 0]);
  assert.is(c!['answer-length']!.value, 40);
  assert.is(a!['distinct-1']!.value, new Set(good.join('')).size / good.join('').length);
  assert.is(diversity(['', '']).repetition!.value, 0);
});

test('by hand: n-grams stay within an answer; repetition is a mean over answers; blanks around are no text', () => {
  const {
    'answer-length': length,
    'distinct-1': one,
    'distinct-2': two,
    repetition,
  } = diversity([' abab\n', 'abc', 'x', '']);
  assert.is(length!.value, (4 + 3 + 1 + 0) / 4);
  assert.is(one!.value, 4 / 8); // a b c x
  assert.is(two!.value, 3 / 5); // ab ba ab, ab bc
  allClose([repetition!.value], [(1 - 2 / 3) / 4]);
  for (const { n } of [length!, one!, two!, repetition!]) assert.is(n, 4);
  assert.is(diversity(['😀😀', '😀龙'])['distinct-1']!.value, 2 / 4, 'characters, not halves of them');
});

test.run();
