/** Multiple choice by perplexity, on models whose preferences are known. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { choiceAccuracy, chooseOptions, scoreOptions } from '../../src/evaluation/choice-ppl.ts';
import { answersOf, choicePrompt } from '../../src/evaluation/choice-prompts.ts';
import { scoreAnswers } from '../../src/scoring/log-probs.ts';
import { allClose } from '../close.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { balanced, shipped, value } from './choice-questions.ts';
import { liking } from './fake-model.ts';

const choosePpl = async (...args: Parameters<typeof scoreOptions>) =>
  chooseOptions(await scoreOptions(...args));

test('a model that always prefers the letter A scores chance, by perplexity', async () => {
  const model = liking({ A: 5 });
  const chosen = await choosePpl(model, tokenizer, balanced, { variant: 'letter' });
  assert.ok(chosen.every(({ choice }) => choice === 0));
  const { value: accuracy, low, high, n, chance } = choiceAccuracy(chosen);
  assert.equal([accuracy, n, chance], [0.25, 16, 0.25]);
  assert.ok(low < 0.25 && 0.25 < high);
});

test('the option is judged by its text, wherever it stands: the right one liked 100 %, a wrong one 0 %', async () => {
  assert.is(value(await choosePpl(liking({ 一: 5 }), tokenizer, balanced)), 1);
  assert.is(value(await choosePpl(liking({ 天: 5 }), tokenizer, balanced)), 0);
  assert.is(value(await choosePpl(liking({ 一: 5 }), tokenizer, balanced, { chat: false })), 1);
});

test('a model that likes all options equally has no answer, and gains nothing from their order', async () => {
  const chosen = await choosePpl(liking({}), tokenizer, balanced);
  assert.ok(chosen.every(({ choice }) => choice === null));
  assert.is(value(chosen), 0);
});

test('perplexity per token does not punish the long option for its length, that of the statement does', async () => {
  const questions = [{ subject: 'x', question: '？', options: ['天', '一一一一', '人', '小'], answer: 1 }];
  const set = { questions, examples: new Map() };
  const model = liking({ 一: 3 }); // four tokens of log p -2.8 against one of -5.8
  const scored = await scoreOptions(model, tokenizer, set);
  assert.is(value(chooseOptions(scored, 'token')), 1);
  assert.is(value(chooseOptions(scored)), 0);
});

test('a question that does not fit is a wrong answer, not an error', async () => {
  const chosen = await choosePpl(liking({ 一: 5 }, 8), tokenizer, balanced);
  assert.equal([choiceAccuracy(chosen).n, value(chosen)], [16, 0]);
});

test('an option is scored by its own tokens alone, after its own prompt, for both variants and any examples', async () => {
  const model = tinyModel({ initializerRange: 0.3, maxPositionEmbeddings: 256 }).eval();
  const questions = [3, 0, 2].map((answer, i) => ({
    ...{ subject: 'world', question: `第${i}问？`, options: ['天', '小猫', '在河边喝水', '一'], answer },
  }));
  const set = { questions, examples: shipped.examples };
  for (const variant of ['text', 'letter'] as const)
    for (const { shots, chat } of [
      { shots: 0, chat: true },
      { shots: 1, chat: false },
      { shots: 2, chat: true },
    ]) {
      const done: number[] = [];
      const onProgress = (n: number) => done.push(n);
      const scored = await scoreOptions(model, tokenizer, set, { variant, chat, shots, onProgress });
      assert.equal(done.at(-1), questions.length, 'progress counts questions');
      for (const [i, { question, options }] of scored.entries()) {
        assert.is(question, questions[i]);
        const examples = shipped.examples.get('world')!.slice(0, shots);
        const prompt = choicePrompt(tokenizer, question, { variant, chat, examples, room: 250 })!;
        const endings = answersOf(question, variant).map((text) => tokenizer.encode(text));
        const answers = endings.map((ids) => ({ ids: [...prompt, ...ids], answerStart: prompt.length }));
        const expected = await scoreAnswers(model, answers);
        allClose(
          options.map(({ logProb }) => logProb),
          expected,
          { absolute: 1e-3 },
        );
        assert.equal(
          options.map(({ tokens }) => tokens),
          endings.map(({ length }) => length),
        );
      }
    }
});

test('a question fits if its prompt and its longest option do: to the token', async () => {
  const question = { subject: 'x', question: '？', options: ['天', '小猫在河边喝水', '人', '小'], answer: 0 };
  const prompt = choicePrompt(tokenizer, question, { variant: 'text', chat: true, examples: [], room: 99 })!;
  const longest = Math.max(...question.options.map((text) => tokenizer.encode(text).length));
  const set = { questions: [question], examples: new Map() };
  const options = async (context: number) =>
    (await scoreOptions(liking({}, context), tokenizer, set))[0]!.options.length;
  const needed = prompt.length + longest - 1; // the last token is predicted, not read
  assert.equal([await options(needed), await options(needed - 1)], [4, 0]);
  const empty = { ...question, options: ['天', '', '人', '小'] };
  assert.equal((await scoreOptions(liking({}), tokenizer, { ...set, questions: [empty] }))[0]!.options, []);
});

test('two best options that are equal are no choice; equal ones below the best do not matter', () => {
  const scored = (...logProbs: number[]) => {
    const options = logProbs.map((logProb, i) => ({ logProb, tokens: i + 1 }));
    return [{ question: balanced.questions[0]!, options }];
  };
  const choice = (unit: 'statement' | 'token', ...logProbs: number[]) =>
    chooseOptions(scored(...logProbs), unit)[0]!.choice;
  assert.is(choice('statement', -2, -1, -2, -3), 1);
  assert.is(choice('statement', -1, -2, -1, -3), null);
  assert.is(choice('token', -1, -4, -6, -2), 3); // -1, -2, -2, -0.5
  assert.is(choice('token', -1, -2, -6, -8), null); // -1, -1, -2, -2
  assert.is(choice('statement', -1, -2, -6, -8), 0);
  assert.is(chooseOptions(scored(-2, -3, -6, -1))[0]!.choice, 3, 'by the statement, if nothing is said');
  assert.is(choice('statement'), null);
});

test.run();
