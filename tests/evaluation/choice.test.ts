import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ChoiceQuestion, LETTERS, readChoiceFolder } from '../../src/data/choices.ts';
import { chooseGen, chosenLetter } from '../../src/evaluation/choice-gen.ts';
import { choiceAccuracy, chooseOptions, scoreOptions } from '../../src/evaluation/choice-ppl.ts';
import { choicePrompt } from '../../src/evaluation/choice-prompts.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { liking, saying } from './fake-model.ts';

const shipped = readChoiceFolder(fileURLToPath(new URL('../../data/eval/choice', import.meta.url)));
const short = { questions: shipped.questions.slice(0, 32), examples: shipped.examples };
const value = (chosen: Parameters<typeof choiceAccuracy>[0]) => choiceAccuracy(chosen).value;
const share = (letter: number) =>
  short.questions.filter(({ answer }) => answer === letter).length / short.questions.length;

/** The right option is always 一, at every place equally often; the wrong ones are always the same. */
const numbered: ChoiceQuestion[] = Array.from({ length: 16 }, (_, i) => {
  const options = ['天', '人', '小'];
  options.splice(i % 4, 0, '一');
  return { subject: 'world', question: `第${i}个是什么？`, options, answer: i % 4 };
});
const balanced = { questions: numbered, examples: shipped.examples };

const choosePpl = async (...args: Parameters<typeof scoreOptions>) =>
  chooseOptions(await scoreOptions(...args));

test('a model that always prefers the letter A scores chance, in every mode with letters', async () => {
  const model = liking({ A: 5 });
  const chosen = await choosePpl(model, tokenizer, balanced, { variant: 'letter' });
  assert.ok(chosen.every(({ choice }) => choice === 0));
  const { value: accuracy, low, high, n, chance } = choiceAccuracy(chosen);
  assert.equal([accuracy, n, chance], [0.25, 16, 0.25]);
  assert.ok(low < 0.25 && 0.25 < high);
  assert.is(value(await chooseGen(saying('A'), tokenizer, balanced)), 0.25);
});

test('the option is judged by its text, wherever it stands: the right one liked 100 %, a wrong one 0 %', async () => {
  assert.is(value(await choosePpl(liking({ 一: 5 }), tokenizer, balanced)), 1);
  assert.is(value(await choosePpl(liking({ 天: 5 }), tokenizer, balanced)), 0);
  assert.is(value(await choosePpl(liking({ 一: 5 }), tokenizer, balanced, { chat: false })), 1);
  assert.is(value(await chooseGen(saying('我想是一。'), tokenizer, balanced)), 1);
});

test('a model that likes all options equally has no answer, and gains nothing from their order', async () => {
  const chosen = await choosePpl(liking({}), tokenizer, balanced);
  assert.ok(chosen.every(({ choice }) => choice === null));
  assert.is(value(chosen), 0);
});

test('perplexity a token does not punish the long option for its length, that of the statement does', async () => {
  const questions = [{ subject: 'x', question: '？', options: ['天', '一一一一', '人', '小'], answer: 1 }];
  const set = { questions, examples: new Map() };
  const model = liking({ 一: 3 }); // four tokens of log p -2.8 against one of -5.8
  const scored = await scoreOptions(model, tokenizer, set);
  assert.is(value(chooseOptions(scored, 'token')), 1);
  assert.is(value(chooseOptions(scored)), 0);
});

test('k-shot: examples of the subject in front, as many as fit, never the question cut', () => {
  const question = numbered[0]!;
  const examples = shipped.examples.get('world')!;
  const ids = (shots: number, room: number, chat = false) =>
    choicePrompt(tokenizer, question, {
      variant: 'text',
      chat,
      examples: examples.slice(0, shots),
      room,
    });
  const text = (shots: number, room = 999) => tokenizer.decode(ids(shots, room)!, { skipSpecial: true });
  assert.is(text(0), '第0个是什么？是');
  assert.is(text(1), `${examples[0]!.question}是${examples[0]!.options[0]}。第0个是什么？是`);
  const two = ids(2, 999)!.length;
  assert.is(
    text(2, two - 1),
    text(1).replace(examples[0]!.question, examples[1]!.question).replace('大洋洲', '杜甫'),
  );
  assert.is(ids(2, 3), null);
  const markers = ids(3, 999, true)!.filter((id) => id === tokenizer.eosId).length;
  assert.is(markers, 7, 'three questions and answers, then the question');
});

test('with letters the options are shown in order', () => {
  const ids = choicePrompt(tokenizer, numbered[1]!, {
    variant: 'letter',
    chat: false,
    examples: [],
    room: 999,
  })!;
  assert.is(
    tokenizer.decode(ids, { skipSpecial: true }),
    '问题：第1个是什么？\nA. 天\nB. 一\nC. 人\nD. 小回答：',
  );
});

test('a question that does not fit is a wrong answer, not an error', async () => {
  const chosen = await choosePpl(liking({ 一: 5 }, 8), tokenizer, balanced);
  assert.equal([choiceAccuracy(chosen).n, value(chosen)], [16, 0]);
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
