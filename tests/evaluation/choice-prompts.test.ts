/** Multiple-choice questions as prompts. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChoiceQuestion } from '../../src/data/choices.ts';
import { choicePrompt } from '../../src/evaluation/choice-prompts.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { numbered, shipped } from './choice-questions.ts';

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
  const lead = (question: string) => (question.endsWith('？') ? `${question}是` : `问题：${question}回答：`);
  const solved = ({ question, options, answer }: ChoiceQuestion) =>
    `${lead(question)}${options[answer]}。第0个是什么？是`;
  assert.is(text(1), solved(examples[0]!));
  const two = ids(2, 999)!.length;
  assert.is(text(2, two - 1), solved(examples[1]!), 'the first is left out');
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

test('a prompt that fills its room to the last token fits; the first examples go first', () => {
  const examples = shipped.examples.get('world')!.slice(0, 3);
  for (const variant of ['text', 'letter'] as const)
    for (const chat of [true, false]) {
      const prompt = (some: typeof examples, room: number) =>
        choicePrompt(tokenizer, numbered[2]!, { variant, chat, examples: some, room });
      for (let first = 0; first <= 3; first++) {
        const kept = prompt(examples.slice(first), 9999)!;
        assert.equal(prompt(examples, kept.length), kept, `${variant} ${chat} ${first}`);
        const next = first < 3 ? prompt(examples.slice(first + 1), 9999) : null;
        assert.equal(prompt(examples, kept.length - 1), next);
      }
      assert.is(
        prompt([], 9999)![0],
        chat ? tokenizer.userId : tokenizer.eosId,
        'after the end of another text',
      );
    }
});

test('a worked example shows its right answer, wherever it stands among the options', () => {
  for (const variant of ['text', 'letter'] as const)
    for (const example of numbered.slice(0, 4)) {
      const ids = choicePrompt(tokenizer, numbered[5]!, {
        variant,
        chat: true,
        examples: [example],
        room: 999,
      })!;
      const said = tokenizer.decode(ids).split('<|assistant|>')[1]!.split('</s>')[0];
      assert.is(said, variant === 'text' ? '一' : 'ABCD'[example.answer]);
    }
});

test.run();
