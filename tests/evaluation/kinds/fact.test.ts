import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Question } from '../../../src/data/questions.ts';
import { isAccepted } from '../../../src/evaluation/kinds/fact.ts';

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

test('any of the accepted sentences counts, with any final mark; blanks around either do not', () => {
  const asked: Question = {
    relation: 'r',
    question: '？',
    answer: '甲',
    accepted: ['甲是一。', ' 一是甲 ', '甲'],
  };
  for (const sentence of ['甲是一', '一是甲', '甲'])
    for (const mark of ['', '。', '．', '.', '！', '!', '？', '?', '！！'])
      assert.ok(isAccepted(` ${sentence}${mark}\n`, asked), sentence + mark);
  for (const text of ['甲是一，', '甲甲', '是', '甲是一。一是甲。'])
    assert.not.ok(isAccepted(text, asked), text);
});

test.run();
