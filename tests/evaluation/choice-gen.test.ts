/** Multiple choice by answering, from models that say one thing. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LETTERS } from '../../src/data/choices.ts';
import { chooseGen, chosenLetter } from '../../src/evaluation/choice-gen.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { balanced, shipped, value } from './choice-questions.ts';
import { saying } from './fake-model.ts';

const short = { questions: shipped.questions.slice(0, 32), examples: shipped.examples };
const share = (letter: number) =>
  short.questions.filter(({ answer }) => answer === letter).length / short.questions.length;

test('always A is chance, naming the right option is 100 %, and a question that does not fit is wrong', async () => {
  assert.is(value(await chooseGen(saying('A'), tokenizer, balanced)), 0.25);
  assert.is(value(await chooseGen(saying('我想是一。'), tokenizer, balanced)), 1);
  assert.is(value(await chooseGen(saying('A', 8), tokenizer, balanced)), 0);
});

test('the letter in an answer', () => {
  const options = ['三十', '三十一', '北京', 'C'];
  const cases: [string, number | null][] = [
    ['A', 0],
    ['B.', 1],
    ['C。因为很大', 2],
    ['D、', 3],
    ['（B）', 1],
    ['答案是C。', 2],
    ['答案：D', 3],
    ['我选B，不是A。', 1],
    ['应该选择 C', 2],
    ['四月有三十天。', 0],
    ['三十一。', 1],
    ['碳的元素符号是C。', 3], // the option C, which is D
    ['是三十或者北京。', null],
    ['正确的是B', 1],
    ['A和B都对。', null],
    ['ABBA', null],
    ['Apple', null],
    ['我不知道。', null],
    ['', null],
  ];
  for (const [answer, choice] of cases) assert.is(chosenLetter(answer, options), choice, answer);
});

test('the shipped questions: no place of the right answer is better than another', async () => {
  for (const [i, letter] of LETTERS.entries()) {
    const right = shipped.questions.filter(({ answer }) => answer === i).length;
    assert.is(right / shipped.questions.length, 0.25, letter);
  }
  assert.is(value(await chooseGen(saying('B', 256), tokenizer, short)), share(1));
});

test.run();
