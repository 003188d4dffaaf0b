/** What a person reads in ten seconds: the four numbers, each of the stage it belongs to. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { numbersOf, sentenceOf } from '../../src/report/summary.ts';
import { madeUp } from './made-up.ts';

const at = (value: number, chance?: number) => ({
  ...{ value, low: value - 0.01, high: value + 0.01, n: 9 },
  ...(chance === undefined ? {} : { chance }),
});
const evaluation = {
  pretrain: { 'bits-per-byte': at(0.265) },
  sft: { 'bits-per-byte': at(0.34), 'facts-unseen': at(0.9, 0.1), sums: at(0.95) },
  ppo: { 'bits-per-byte': at(0.4), 'facts-unseen': at(0.92, 0.1), sums: at(0.96), 'win-rate': at(0.66, 0.5) },
  dpo: { 'bits-per-byte': at(0.5), 'facts-unseen': at(0.8, 0.1), sums: at(0.7), 'win-rate': at(0.61, 0.5) },
};
const speaking = (stage: string) => ({ ...madeUp, evaluation, showcase: { stage, shown: [] } });

test('facts and sums of the stage that talks; bits per byte before and after the dialogues; the best win rate', () => {
  assert.equal(numbersOf(speaking('ppo')), [
    { name: 'facts, asked in new words', value: '92.0%', note: 'ppo; guessing: 10.0%' },
    { name: 'sums', value: '96.0%', note: 'ppo' },
    { name: 'bits per byte', value: '0.265 → 0.340', note: 'pretrain → sft; lower is better' },
    { name: 'win rate', value: '66.0%', note: 'ppo; 95%: 65.0% – 67.0%' },
  ]);
  assert.is(numbersOf(speaking('sft'))[1]!.value, '95.0%');
});

test('what was not measured is left out; without a stage that talks, the last one that was asked', () => {
  assert.equal(numbersOf({ ...madeUp, evaluation: null }), []);
  const few = { pretrain: { 'bits-per-byte': at(0.3) }, sft: { sums: at(0.5) } };
  assert.equal(
    numbersOf({ ...madeUp, evaluation: few, showcase: null }).map(({ value, note }) => `${value} ${note}`),
    ['50.0% sft', '0.300 pretrain'],
  );
  assert.is(sentenceOf({ ...madeUp, model: null, settings: null, sessions: [] }), '');
});

test.run();
