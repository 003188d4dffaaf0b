import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isRightIntroduction, sortSentences } from '../../../src/evaluation/kinds/introduction.ts';

const about = {
  subject: '长城',
  statements: ['长城是中国古代的建筑。', '长城在中国的北方。', '很多人喜欢去看“长城”，它很有名。'],
};
const isRight = (text: string, finished = true) => isRightIntroduction({ text, finished }, about);

test('two true statements or more, each once, with pronouns and marks as one likes', () => {
  for (const text of [
    '长城是中国古代的建筑。长城在中国的北方。',
    '长城是中国古代的建筑。它在中国的北方。',
    '长城在中国的北方！长城是中国古代的建筑。',
    '“长城”是中国古代的建筑。很多人喜欢去看长城，长城很有名。',
  ])
    assert.is(isRight(text), true, text);
});

test('wrong: one statement, one said twice, an untrue one, a fragment, another subject, no end', () => {
  for (const text of [
    '',
    '长城是中国古代的建筑。',
    '长城是中国古代的建筑。长城是中国古代的建筑。',
    '长城是中国古代的建筑。它是中国古代的建筑。',
    '长城是中国古代的建筑。长城在中国的南方。',
    '长城是中国古代的建筑。长城在中国的北方。长城是动物。',
    '长城是中国古代的建筑。长城在中国的北方',
    '长城是中国古代的建筑，长城在中国的北方。',
    '长江是中国古代的建筑。长江在中国的北方。',
    '对不起，我不知道。',
  ])
    assert.is(isRight(text), false, text);
  assert.is(isRight('长城是中国古代的建筑。长城在中国的北方。', false), false, 'cut off');
});

test('sentences are sorted into statements about the subject and others', () => {
  const { own, others } = sortSentences(['它在中国的北方。', '长城在中国的北方。', '你好。'], about);
  assert.equal([own.size, others], [1, ['你好。']]);
});

test.run();
