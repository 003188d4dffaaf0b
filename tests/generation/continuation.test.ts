/**
 * A model that was taught no dialogue goes on with a text: no role markers, the end of what does not fit, another draw each
 * time.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { Continuation } from '../../src/generation/continuation.ts';
import { collect, ScriptedLM, tokenizer } from './scripted.ts';

const options = { maxNewTokens: 8, temperature: 0 };

test('the text comes out whole, and ends with the model', async () => {
  const model = new ScriptedLM();
  const pages = new Continuation(model, tokenizer, options);
  model.willSay('是蓝色的。');
  assert.is((await collect(pages.say('天空'))).join(''), '天空是蓝色的。');
  model.willSay('也是。');
  assert.is((await collect(pages.say('海'))).join(''), '海也是。', 'nothing is remembered');
  assert.is(pages.forgotten, 0);
});

test('the prompt is a document that begins so, or the end of one that is too long', () => {
  const pages = new Continuation(new ScriptedLM(24), tokenizer, options);
  assert.equal(pages.promptFor('天空'), [tokenizer.eosId, ...tokenizer.encode('天空')]);
  const long = '天空是蓝色的，海也是蓝色的。'.repeat(9);
  assert.equal(pages.promptFor(long), tokenizer.encode(long).slice(-16));
});

test('the same beginning goes on differently, and after /clear as at first', async () => {
  const flat = new ScriptedLM();
  const pages = new Continuation(flat, tokenizer, { maxNewTokens: 12, temperature: 100 });
  const say = async () => (await collect(pages.say('海'))).join('');
  const first = await say();
  assert.is.not(await say(), first);
  pages.clear();
  assert.is(await say(), first);
});

test('instructions are for a model that chats', () => {
  const make = () => new Continuation(new ScriptedLM(), tokenizer, { ...options, system: '你好' });
  assert.throws(make, (error: Error) => error instanceof UserError && /--system is for/.test(error.message));
});

test.run();
