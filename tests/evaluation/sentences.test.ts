/** What can be seen in text without understanding it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { hasLoop, isBare, isFullSentence, rudeness, sentencesOf } from '../../src/evaluation/sentences.ts';

test('sentences end at their marks, keep a closing quote, and need no mark at the end of the text or of a line', () => {
  assert.equal(sentencesOf('他说：“好。”我走了！真的？是'), ['他说：“好。”', '我走了！', '真的？', '是']);
  assert.equal(sentencesOf('第一行\n第二行。'), ['第一行', '第二行。']);
  assert.equal(sentencesOf(' \n'), []);
});

test('a full sentence names its subject or a pronoun, has a predicate and an end', () => {
  assert.ok(isFullSentence('猫爱吃鱼。', '猫'));
  assert.ok(isFullSentence('它爱吃鱼。', '猫'), 'a pronoun stands for the subject');
  for (const text of ['狗爱吃鱼。', '猫爱吃鱼', '猫。', '猫是。', '猫吃鱼，。'])
    assert.not.ok(isFullSentence(text, '猫'), text);
});

test('bare: nothing but the fragment, whatever marks stand around it', () => {
  assert.ok(isBare('“巴黎”。', '巴黎'));
  assert.not.ok(isBare('是巴黎。', '巴黎'));
});

test('rude is what scolds or sends away, not a word that contains the character', () => {
  for (const text of ['真笨。', '别来烦我。', '自己查。', '这都不懂？']) assert.ok(rudeness(text), text);
  for (const text of ['大象很笨重。', '他自己吃饭。', '别人知道。']) assert.not.ok(rudeness(text), text);
});

test('a loop is a stretch three times in a row, or a character four times', () => {
  for (const text of ['好的好的好的', '的的的的', '一二三一二三一二三']) assert.ok(hasLoop(text), text);
  for (const text of ['好的好的', '的的的', '一二三，一二三，四']) assert.not.ok(hasLoop(text), text);
});

test('the predicate comes after something; a mark, a quote and a line each end a sentence once', () => {
  for (const text of ['是猫。', '有猫。']) assert.not.ok(isFullSentence(text, '猫'), text);
  for (const text of ['猫是动物。', '猫是动物！', '猫是动物？”']) assert.ok(isFullSentence(text, '猫'), text);
  assert.ok(isFullSentence('有人说是猫。', ''), 'of nothing in particular');
  assert.equal(sentencesOf('真的？！是的。」（对）好\n\n再见!'), [
    '真的？！',
    '是的。」',
    '（对）好',
    '再见!',
  ]);
});

test('loops at their borders: how long the stretch, how often, where in the text', () => {
  const stretch = (length: number) =>
    Array.from({ length }, (_, i) => String.fromCodePoint(0x4e00 + i)).join('');
  for (const length of [2, 3, 19, 20]) {
    assert.ok(hasLoop(stretch(length).repeat(3)), String(length));
    assert.not.ok(hasLoop(stretch(length).repeat(2)), String(length));
  }
  assert.not.ok(hasLoop(stretch(21).repeat(3)), 'longer stretches are not looked for');
  assert.ok(hasLoop(`开头${stretch(4).repeat(3)}结尾`));
  assert.ok(hasLoop('好\n好\n好\n'), 'over the end of a line too');
});

test.run();
