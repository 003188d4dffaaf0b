import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatResults } from '../../src/evaluation/table.ts';

test('the table: aligned columns, shares in percent, bits as they are', () => {
  const text = formatResults({
    pretrain: { 'bits-per-byte': { value: 1.23456, low: 1.2, high: 1.3, n: 7 } },
    sft: {
      'facts-seen': { value: 0.5, low: 0.25, high: 0.75, n: 100, chance: 0.125 },
      perplexity: { value: 3161.879, low: 99.9, high: 100, n: 7 },
      'distinct-1': { value: 0.2, low: 0.2, high: 0.2, n: 7 }, // without an interval
    },
  });
  assert.equal(text.split('\n'), [
    'stage     task           value    95% interval  guessing    n',
    'pretrain  bits-per-byte  1.235  1.200 .. 1.300              7',
    'sft       facts-seen     50.0%  25.0% .. 75.0%     12.5%  100',
    'sft       perplexity     3,162   99.900 .. 100              7',
    'sft       distinct-1     20.0%                              7',
  ]);
});

test.run();
