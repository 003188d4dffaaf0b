import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatResults, formatsOf, intervalOf } from '../../src/evaluation/table.ts';

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

test('an interval is left out only where it is the value itself; every task of shares is in percent', () => {
  const show = (x: number) => String(x);
  const of = (value: number, low: number, high: number) => intervalOf({ value, low, high, n: 1 }, show, '-');
  assert.equal(
    [of(0, 0, 0.3), of(1, 0.7, 1), of(1, 1, 1), of(0.5, 0.4, 0.6)],
    ['0-0.3', '0.7-1', '', '0.4-0.6'],
  );
  const shares = [
    'facts-seen',
    'reward-accuracy',
    'choice-ppl',
    'choice-gen',
    'minimal-pairs',
    'judge-score',
    'judge-fact',
  ];
  for (const task of [...shares, 'win-rate', 'win-rate-decided', 'distinct-2', 'repetition']) {
    const { show: percent, chance } = formatsOf(task, { value: 0, low: 0, high: 0, n: 1, chance: 0.125 });
    assert.equal([percent(0.1234), chance], ['12.3%', '12.5%'], task);
  }
  for (const task of ['bits-per-byte', 'perplexity', 'answer-length']) {
    const { show: number, chance } = formatsOf(task, { value: 0, low: 0, high: 0, n: 1 });
    assert.equal(
      [0.1234, 99.9994, 100.4, -1234.5, chance].map((x) => (typeof x === 'number' ? number(x) : x)),
      [...['0.123', '99.999', '100', '-1,234', '']],
    );
  }
});

test.run();
