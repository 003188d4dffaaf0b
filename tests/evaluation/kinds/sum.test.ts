import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isRightSum } from '../../../src/evaluation/kinds/sum.ts';

test('the last number is the result, and nothing contradicts it', () => {
  const cases: [string, string, string, boolean][] = [
    ['8+5=', '13', '8+5=13。', true],
    ['8+5=', '13', '13', true],
    ['8加5等于几？', '13', '八加五等于十三。', true],
    ['8+5=', '13', '14。', false],
    ['8+5=', '13', '8+5', false],
    ['8+5=', '13', '', false],
    ['8+5=', '13', '我不知道。', false],
    ['8+5=', '13', '6+7=13。', false], // another sum
    ['8+5=', '13', '5+8=13。', true],
    ['8+5=', '13', '8+5=13，也就是14。', false],
    ['8+5=', '13', '8+5=14，也就是13。', false],
    ['8+5=', '13', '答案是12，不对，13。', false],
    ['8+5=', '13', '答案是13。', true],
    ['37+45', '82', '37+45=70+12=82。', true],
    ['37+45', '82', '37+45=70+13=82。', false],
    ['12+5-3', '14', '12+5-3=17-3=14。', true],
    ['17÷5等于几？', '3余2', '17÷5=3余2。', true],
    ['17÷5等于几？', '3余2', '17÷5=3余3。', false],
    ['17÷5等于几？', '3余2', '17÷5=3。', false],
    ['三五得几？', '15', '三五一十五。', true],
    ['3-5=？', '-2', '3-5=-2。', true],
    ['3-5=？', '-2', '3-5=2。', false],
    ['小明有8个苹果，又买了5个，一共有多少个？', '13', '8+5=13，一共有13个。', true],
    ['小明有8个苹果，又买了5个，一共有多少个？', '13', '小明有8个，一共有13个。', true],
    ['小明有8个苹果，又买了5个，一共有多少个？', '13', '一共有13个，还有8个。', false],
  ];
  for (const [question, answer, text, right] of cases)
    assert.is(isRightSum(text, { question, answer, accepted: ['-'] }), right, `${question} ${text}`);
});

test('what is accepted is right, whatever it says', () => {
  const asked = { question: '9÷0=？', answer: '', accepted: ['0不能做除数。'] };
  assert.is(isRightSum('0不能做除数', asked), true);
  assert.is(isRightSum('9÷0=0。', asked), false);
});

test.run();
