import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Question } from '../../src/data/questions.ts';
import { exactMatch, isAccepted, majorityBaseline } from '../../src/evaluation/exact-match.ts';
import { ratio, wilson } from '../../src/evaluation/intervals.ts';
import { formatResults } from '../../src/evaluation/table.ts';
import { allClose } from '../close.ts';

test('Wilson: known values', () => {
  // successes, n, low, high (R: binom::binom.wilson)
  const known: [number, number, number, number][] = [
    [8, 10, 0.4901625, 0.9433178],
    [0, 10, 0, 0.2775328],
    [10, 10, 0.7224672, 1],
    [1, 2, 0.0945312, 0.9054688],
    [50, 100, 0.4038315, 0.5961685],
  ];
  for (const [successes, n, low, high] of known) {
    const estimate = wilson(successes, n);
    assert.is(estimate.value, successes / n);
    assert.is(estimate.n, n);
    allClose([estimate.low, estimate.high], [low, high], { absolute: 1e-6 });
  }
});

test('Wilson: within [0, 1], around the value, narrower with more questions, everything open with none', () => {
  for (let n = 1; n < 40; n++) {
    for (let k = 0; k <= n; k++) {
      const { value, low, high } = wilson(k, n);
      assert.ok(0 <= low && low <= value + 1e-12 && value <= high + 1e-12 && high <= 1, `${k}/${n}`);
    }
  }
  const width = (k: number, n: number) => wilson(k, n).high - wilson(k, n).low;
  assert.ok(width(100, 200) < width(10, 20));
  assert.equal(wilson(0, 0), { value: 0, low: 0, high: 1, n: 0 });
});

test('ratio of sums: value and interval by hand', () => {
  const pairs = [
    { y: 2, x: 1 },
    { y: 3, x: 2 },
    { y: 7, x: 3 },
  ];
  const { value, low, high, n } = ratio(pairs);
  assert.equal([value, n], [2, 3]);
  const half = (1.959963984540054 * Math.sqrt(((0 + 1 + 1) * 3) / 2)) / 6;
  allClose([low, high], [2 - half, 2 + half]);
  const single = ratio([{ y: 3, x: 2 }]);
  assert.equal([single.value, single.low, single.high], [1.5, 1.5, 1.5]);
  const proportional = ratio([1, 2, 5].map((x) => ({ x, y: 3 * x })));
  allClose([proportional.low, proportional.high], [3, 3]);
});

const question = (relation: string, answer: string, ...accepted: string[]): Question => ({
  relation,
  question: '？',
  answer,
  accepted: [answer, ...accepted],
});

test('an answer counts up to surrounding blanks and the final punctuation, and nothing more', () => {
  const asked = question('largest', '蓝鲸', '世界上最大的动物是蓝鲸。');
  for (const text of ['蓝鲸', ' 蓝鲸\n', '蓝鲸。', '蓝鲸！', '蓝鲸.', '世界上最大的动物是蓝鲸', '蓝鲸。。']) {
    assert.ok(isAccepted(text, asked), text);
  }
  for (const text of [
    '',
    '。',
    '蓝',
    '蓝鲸蓝鲸',
    '是蓝鲸。',
    '蓝 鲸',
    '蓝鲸。大',
    '世界上最大的动物是大象。',
  ]) {
    assert.not.ok(isAccepted(text, asked), text);
  }
});

test('majority baseline: the most frequent answer of each relation', () => {
  const questions = [
    ...['红', '红', '蓝'].map((answer) => question('colour', answer)),
    ...['一', '二'].map((answer) => question('number', answer)),
  ];
  assert.is(majorityBaseline(questions), 3 / 5);
  assert.is(majorityBaseline([]), 0);
  assert.is(majorityBaseline([question('a', 'x')]), 1);
});

test('exactMatch: share, interval and baseline', () => {
  const answered = Array.from({ length: 10 }, (_, i) => ({
    question: question('r', i < 4 ? '甲' : String(i)),
    text: '',
    correct: i < 8,
  }));
  const { value, low, high, n, chance } = exactMatch(answered);
  assert.equal([value, n, chance], [0.8, 10, 0.4]);
  allClose([low, high], [0.4901625, 0.9433178], { absolute: 1e-6 });
});

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
