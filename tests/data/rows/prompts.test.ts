import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Preference } from '../../../src/data/preferences.ts';
import { makePrompts, requirePrompts } from '../../../src/data/rows/prompts.ts';
import { tinyTokenizer as tokenizer } from '../../training/tiny.ts';
import { refuses } from '../temporary.ts';

const pair = (prompt: string, chosen: string, rejected: string, quality = 'all'): Preference => {
  return { prompt, chosen, rejected, quality, place: 'test:1' };
};

test('prompts: each once, those without room or without a known fact left out; one alone is refused', () => {
  const preferences = [
    pair('中国首都？', '首都是北京。', '北京。', 'sentence'),
    pair('中国首都？', '首都是北京。', '首都是南京。', 'fact'),
    pair('法国首都？', '首都是巴黎。', '巴黎', 'sentence'),
    pair('你好', '你好！', '走开', 'polite'),
    pair('很'.repeat(30), '一', '二'),
  ];
  const options = { context: 28, maxNewTokens: 8, needsFact: false, source: 'p.jsonl' };
  const all = makePrompts(preferences, tokenizer, options);
  assert.equal(
    all.prompts.map(({ fact }) => fact),
    ['北京', '巴黎', null],
  );
  assert.is(all.note, '3 prompts (left out: 1 leave no room for 8 new tokens)');
  assert.is(makePrompts(preferences, tokenizer, { ...options, needsFact: true }).prompts.length, 2);
  refuses(() => makePrompts(preferences.slice(3), tokenizer, options), 'only one prompt', 'at least two');
  refuses(() => makePrompts([], tokenizer, options), 'no prompt to draw answers to');
});

test('a prompt whose good answers are all cut off by the limit is left out; one short answer keeps it', () => {
  const long = '很'.repeat(8); // and `</s>`
  const preferences = [
    pair('讲故事', long, '不'),
    pair('你好', '你好！', '走开'),
    pair('再见', '再见！', '走开'),
    pair('唱歌', long, '不'),
    pair('唱歌', '好。', '不'),
  ];
  const options = { context: 28, maxNewTokens: 8, needsFact: false, source: 'p.jsonl' };
  const { prompts, note } = makePrompts(preferences, tokenizer, options);
  assert.equal(
    prompts.map(({ question }) => question),
    ['你好', '再见', '唱歌'],
  );
  assert.is(note, '3 prompts (left out: to 1 the chosen answer is longer than 8 tokens)');
  assert.is(makePrompts(preferences, tokenizer, { ...options, maxNewTokens: 9 }).prompts.length, 4);
});

test('what cannot give two prompts is refused before any work, without reading on after the second', () => {
  const endless = function* (): Generator<Preference> {
    yield pair('一', 'a', 'b');
    yield pair(' ', 'a', 'b');
    yield pair('二', 'a', 'b');
    throw new Error('read too far');
  };
  requirePrompts(endless(), 'p.jsonl');
  const one = pair('一', 'a', 'b');
  refuses(() => requirePrompts([one, one], 'p.jsonl'), 'p.jsonl: only one prompt');
  refuses(() => requirePrompts([pair('', 'a', 'b')], 'p.jsonl'), 'p.jsonl: no prompt');
});

test.run();
