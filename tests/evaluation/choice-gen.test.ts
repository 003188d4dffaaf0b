/** Multiple choice by answering, from models that say one thing. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LETTERS } from '../../src/data/choices.ts';
import { chooseGen, chosenLetter } from '../../src/evaluation/choice-gen.ts';
import { choicePrompt } from '../../src/evaluation/choice-prompts.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { balanced, numbered, shipped, value } from './choice-questions.ts';
import { listen, saying } from './fake-model.ts';

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

/** The options differ in place; the first question is too long for a short context. */
const mixed = {
  questions: numbered.map((question, i) =>
    i === 1 ? { ...question, question: '小猫在河边喝水'.repeat(20) } : question,
  ),
  examples: shipped.examples,
};

test('an answer is read with the options of its own question, also where others do not fit', async () => {
  const chosen = await chooseGen(saying('一', 110), tokenizer, mixed);
  assert.equal(
    chosen.map(({ question, choice }) => [question, choice]),
    mixed.questions.map((question, i) => [question, i === 1 ? null : i % 4]),
  );
});

test('sixteen tokens stay free for the answer; as many worked examples as asked for stand before it', async () => {
  const [question] = numbered;
  const length = choicePrompt(tokenizer, question!, {
    variant: 'letter',
    chat: true,
    examples: [],
    room: 999,
  })!.length;
  const one = { questions: [question!], examples: shipped.examples };
  const choice = async (context: number) =>
    (await chooseGen(saying('A', context), tokenizer, one))[0]!.choice;
  assert.equal([await choice(length + 16), await choice(length + 15)], [0, null]);
  for (const shots of [0, 1, 2]) {
    const model = saying('A', 400);
    const heard = listen(model);
    await chooseGen(model, tokenizer, one, { shots });
    const examples = shipped.examples.get('world')!.slice(0, shots);
    const prompt = choicePrompt(tokenizer, question!, { variant: 'letter', chat: true, examples, room: 384 });
    assert.equal(heard[0], [prompt]);
  }
  const base = saying('A', 400);
  const heard = listen(base);
  await chooseGen(base, tokenizer, one, { chat: false });
  assert.equal(
    heard[0]![0],
    choicePrompt(tokenizer, question!, { variant: 'letter', chat: false, examples: [], room: 384 }),
  );
});

test('every way of naming a letter, for every letter', () => {
  const options = ['甲', '乙', '丙', '丁'];
  for (const [i, letter] of LETTERS.entries()) {
    const other = LETTERS[(i + 1) % 4];
    for (const answer of [
      letter,
      `${letter}。`,
      `（${letter}）`,
      `答案是${letter}。`,
      `选${letter}，不选${other}`,
      `我觉得 ${letter} 对`,
    ])
      assert.is(chosenLetter(answer, options), i, answer);
    assert.is(chosenLetter(`就是${options[i]}。`, options), i);
    assert.is(chosenLetter(`是${options[i]}还是${options[(i + 1) % 4]}`, options), null);
    assert.is(chosenLetter(`${letter}或${other}`, options), null);
  }
  assert.is(
    chosenLetter('三十一天', ['三十', '三十一', '一', '天']),
    null,
    'two options are named, 三十 is not',
  );
  assert.is(chosenLetter('三十一', ['三十', '三十一', '一', '十一']), 1);
});

test.run();
