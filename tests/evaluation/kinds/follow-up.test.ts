import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isRightFollowUp } from '../../../src/evaluation/kinds/follow-up.ts';

const say = (role: 'user' | 'assistant', content: string) => ({ role, content });
const capital = {
  messages: [
    say('user', '法国的首都是哪里？'),
    say('assistant', '法国的首都是巴黎。'),
    say('user', '那德国呢？'),
  ],
  answer: '柏林',
  accepted: ['德国的首都是柏林。'],
};
const book = {
  messages: [say('user', '是谁写的？')],
  answer: '《红楼梦》',
  accepted: ['他写了《红楼梦》。'],
};
const sum = { messages: [say('user', '再加2呢？')], answer: '15', accepted: ['13+2=15。'] };
const isRight = (text: string, asked = capital, finished = true) =>
  isRightFollowUp({ text, finished }, asked);

test('the accepted sentence, the answer alone, or in words that were expected', () => {
  for (const text of [
    '德国的首都是柏林。',
    '柏林',
    '柏林。',
    '是柏林！',
    '它的首都是柏林。',
    '柏林是德国的首都。',
  ])
    assert.is(isRight(text), true, text);
  assert.is(isRight('是《红楼梦》。', book), true);
  assert.is(isRight('红楼梦', book), true);
  for (const text of ['13+2=15。', '15', '等于十五。', '一共是15个。'])
    assert.is(isRight(text, sum), true, text);
});

test('wrong: another answer, two answers, a denied one, more talk, no end', () => {
  for (const text of [
    '',
    '巴黎。',
    '德国的首都是巴黎。',
    '德国的首都是柏林或者巴黎。',
    '德国的首都不是柏林。',
    '法国的首都是柏林。',
    '德国的首都是柏林。法国的首都是巴黎。',
    '德国的首都。',
    '我不知道。',
  ])
    assert.is(isRight(text), false, text);
  const doubting = { ...capital, messages: [say('user', '德国的首都不是巴黎吗？')] };
  assert.equal([isRight('不是柏林。', doubting), isRight('是柏林。', doubting)], [false, true]);
  assert.is(isRight('柏林。', capital, false), false, 'cut off');
  for (const text of ['13+2=16。', '15-2=13。', '13+3=15。', '我不知道。'])
    assert.is(isRight(text, sum), false, text);
});

test.run();
