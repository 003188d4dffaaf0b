/** Multiple choice by perplexity, on models whose preferences are known. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { choiceAccuracy, chooseOptions, scoreOptions } from '../../src/evaluation/choice-ppl.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { balanced, value } from './choice-questions.ts';
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

test.run();
