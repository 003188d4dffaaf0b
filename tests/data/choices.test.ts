import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { choiceFiles, readChoiceFolder, readChoices } from '../../src/data/choices.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

test('C-Eval: id first, explanation last, _dev and _val in the names', () => {
  const data = `${folder}/ceval`;
  put(
    data,
    'dev/law_dev.csv',
    'id,question,A,B,C,D,answer,explanation\n0,甲？,一,二,三,四,C,"1. 因为，\n2. 所以"\n',
  );
  put(
    data,
    'val/law_val.csv',
    'id,question,A,B,C,D,answer\n0,乙？,一,二,三,四,A\n1,丙____。,一,二,三,四,D\n',
  );
  put(data, 'test/law_test.csv', 'id,question,A,B,C,D\n0,丁？,一,二,三,四\n');
  const { questions, examples } = readChoiceFolder(data);
  assert.equal(questions, [
    { subject: 'law', question: '乙？', options: ['一', '二', '三', '四'], answer: 0 },
    { subject: 'law', question: '丙____。', options: ['一', '二', '三', '四'], answer: 3 },
  ]);
  assert.equal(examples.get('law'), [
    { subject: 'law', question: '甲？', options: ['一', '二', '三', '四'], answer: 2 },
  ]);
  refuses(() => readChoices(`${data}/test/law_test.csv`), 'law_test.csv:2', 'no column "answer"', 'use val');
});

test('CMMLU: an unnamed first column, capital Question and Answer, questions in test/', () => {
  const data = `${folder}/cmmlu`;
  put(data, 'dev/anatomy.csv', ',Question,A,B,C,D,Answer\n0,甲？,1,2,3,4,B\n');
  put(data, 'test/anatomy.csv', ',Question,A,B,C,D,Answer\n0,乙？,1,2,3,4,c\n');
  put(data, 'test/law.csv', ',Question,A,B,C,D,Answer\n0,丙？,1,2,3,4,D\n');
  const { questions, examples } = readChoiceFolder(data);
  assert.equal(
    questions.map(({ subject, answer }) => `${subject} ${answer}`),
    ['anatomy 2', 'law 3'],
  );
  assert.is(examples.get('anatomy')![0]!.answer, 1);
  assert.is(examples.get('law'), undefined);
});

test('the files that are read, in the order of their names; val before test', () => {
  const data = `${folder}/files`;
  for (const name of ['val/b_val.csv', 'val/a_val.CSV', 'test/c_test.csv', 'val/notes.txt', 'dev/z_dev.csv'])
    put(data, name, 'question,A,B,C,D,answer\n甲？,1,2,3,4,A\n');
  assert.equal(choiceFiles(data), {
    questions: [`${data}/val/a_val.CSV`, `${data}/val/b_val.csv`],
    examples: [`${data}/dev/z_dev.csv`],
  });
});

test('folders and files that cannot be used are refused', () => {
  refuses(() => readChoiceFolder(`${folder}/none`), 'none', 'no .csv file in val/ or test/');
  put(folder, 'hollow/val/a.csv', 'question,A,B,C,D,answer\n');
  refuses(() => readChoiceFolder(`${folder}/hollow`), 'hollow', 'no question');
  const bad = put(folder, 'letter.csv', 'question,A,B,C,D,answer\n甲？,1,2,3,4,E\n');
  refuses(() => readChoices(bad), 'letter.csv:2', 'A, B, C or D', '"E"');
  const wide = put(folder, 'wide.csv', 'question,A,B,C,D,answer\n甲？,1,2,3,4,Ａ\n');
  refuses(() => readChoices(wide), 'wide.csv:2', '"Ａ"');
  const three = put(folder, 'three.csv', 'question,A,B,C,answer\n甲？,1,2,3,A\n');
  refuses(() => readChoices(three), 'three.csv:2', 'no column "D"');
});

test.run();
