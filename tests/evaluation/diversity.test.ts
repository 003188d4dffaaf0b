import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diversity } from '../../src/evaluation/diversity.ts';

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

test.run();
