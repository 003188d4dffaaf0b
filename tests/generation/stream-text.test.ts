/** Streaming text: whole characters, and nothing of a stop text. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type ChatOptions, streamText } from '../../src/generation/chat.ts';
import { collect, ScriptedLM, tokenizer } from './scripted.ts';

const prompt = [4, 300 % tokenizer.vocabSize];

/** The pieces that come out when the tokens of these texts are said, one text after the other. */
async function pieces(texts: readonly string[], options: Partial<ChatOptions> = {}): Promise<string[]> {
  const model = new ScriptedLM();
  for (const text of texts) model.script.push(...tokenizer.encode(text));
  return collect(streamText(model, tokenizer, prompt, { maxNewTokens: 40, ...options }));
}

test('characters without a piece are bytes, and come out whole', async () => {
  const text = '好😀很é龘好';
  assert.ok(tokenizer.encode('😀').length === 4 && tokenizer.encode('龘').length === 3, 'these are bytes');
  assert.equal(await pieces([...text]), ['好', '😀', '很', 'é', '龘', '好']);
});

test('a character that is never finished becomes one U+FFFD at the end', async () => {
  const model = new ScriptedLM();
  model.script.push(...tokenizer.encode('好'), ...tokenizer.encode('😀').slice(0, 3));
  assert.equal(await collect(streamText(model, tokenizer, prompt, { maxNewTokens: 9 })), ['好', '\uFFFD']);
});

test('</s> ends the answer, and special tokens are not text', async () => {
  const model = new ScriptedLM();
  model.script.push(
    ...tokenizer.encode('好'),
    tokenizer.userId,
    ...tokenizer.encode('的'),
    tokenizer.eosId,
    9,
  );
  const found = await collect(streamText(model, tokenizer, prompt, { maxNewTokens: 9 }));
  assert.equal(found, ['好', '的']);
  assert.equal(model.script, [9], 'nothing is asked for after the end');
});

test('a stop text over several tokens: held back, and neither it nor what follows comes out', async () => {
  assert.equal(await pieces(['好', '结', '束', '了'], { stop: ['结束'] }), ['好']);
  assert.equal(await pieces(['结', '束', '了'], { stop: ['结束'] }), []);
});

test('what only began like a stop text comes out as soon as that is clear', async () => {
  assert.equal(await pieces(['好', '结', '果', '是'], { stop: ['结束'] }), ['好', '结果', '是']);
  assert.equal(await pieces(['好', '结'], { stop: ['结束'] }), ['好', '结'], 'at the end at the latest');
  assert.equal(await pieces(['结', '结', '束', '了'], { stop: ['结束'] }), ['结']);
  assert.equal(await pieces(['好', '好', '的', '好', '好', '吗', '了'], { stop: ['好好吗'] }), ['好好的']);
});

test('several stop texts: the first in the text wins, an empty one counts nothing', async () => {
  assert.equal(await pieces(['好', '结', '束', '了'], { stop: ['了', '', '束'] }), ['好', '结']);
  assert.equal(await pieces(['好', '了'], { stop: [''] }), ['好', '了']);
  assert.equal(await pieces(['好', '是', '的', '了'], { stop: ['是的了吗', '的了'] }), ['好', '是']);
});

test('a stop text with a character made of bytes', async () => {
  assert.equal(await pieces([...'好😀了'], { stop: ['😀'] }), ['好']);
});

test('a stop text completed by the very last token', async () => {
  assert.equal(await pieces(['好', '结', '束'], { stop: ['结束'], maxNewTokens: 3 }), ['好']);
});

test('maxNewTokens counts tokens', async () => {
  assert.equal(await pieces([...'好的😀'], { maxNewTokens: 6 }), ['好', '的', '😀']);
  assert.equal(await pieces([...'好的好'], { maxNewTokens: 2 }), ['好', '的']);
});

test.run();
