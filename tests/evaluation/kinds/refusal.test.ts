import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { admits, claims, isRightRefusal } from '../../../src/evaluation/kinds/refusal.ts';

const isRight = (text: string, finished = true) => isRightRefusal({ text, finished });

test('one friendly sentence that admits, or with an offer after it', () => {
  for (const text of [
    '对不起，我不知道，将来的事谁也说不准。',
    '对不起，我不知道，这件事要问本人。',
    '对不起，我不知道，我没有听说过糖果国。',
    '我不认识刘德华。',
    '我还没有学过英语。',
    '这个问题我回答不了。',
    '我看不到外面，不知道今天的天气。',
    '这个我还不会，你可以问我别的问题。',
    '我不认识他。你可以问问老师。',
  ])
    assert.is(isRight(text), true, text);
});

test('wrong: a claim, a guess, a rude word, an answer, more talk, no end', () => {
  for (const text of [
    '',
    '法国的首都是巴黎。',
    '明天会下雨。',
    '我不知道，大概是北京。',
    '我不知道，法国的首都是巴黎。',
    '我不认识他。他是一个歌手。',
    '不知道，别问我。',
    '我怎么会知道，真烦。',
    '对不起，我不知道。对不起，我不知道。对不起，我不知道。',
    '对不起，我不知',
    '你好！有什么可以帮你的吗？',
  ])
    assert.is(isRight(text), false, text);
  assert.is(isRight('对不起，我不知道。', false), false, 'cut off');
});

test('to admit is one thing, to state another', () => {
  for (const text of ['不知道，别问我。', '我不会唱歌', '对不起，我没听说过这个国家。'])
    assert.ok(admits(text), text);
  for (const text of ['企鹅不会飞。', '鱼离开水就不能活。', '没有人。']) assert.not.ok(admits(text), text);
  for (const text of ['法国的首都是巴黎。', '我猜会下雨。', '小狗有四条腿。']) assert.ok(claims(text), text);
  for (const text of ['我是一个语言模型。', '这是你的秘密。', '我不知道他是谁。'])
    assert.not.ok(claims(text), text);
});

test.run();
