/** Preference pairs as the stages read and batch them. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateData } from '../../src/data/layout.ts';
import { fingerprintOfPairs, ofPairs, pairBatch, readPairs } from '../../src/training/pair-data.ts';
import { silentReporter } from '../../src/training/reporter.ts';
import { put, refusesLater, temporaryFolder } from '../data/temporary.ts';
import { pairs } from './alignment.ts';
import { tinyTokenizer as tokenizer } from './tiny.ts';

test('a batch: all chosen answers, then all rejected ones, in the order of the pairs', () => {
  const [a, b] = [pairs[0]!, pairs[3]!];
  assert.equal(pairBatch([a, b]).answers, [a.chosen, b.chosen, a.rejected, b.rejected]);
  assert.is(ofPairs.tokens(a), a.chosen.ids.length + a.rejected.ids.length);
});

test('the fingerprint sees which answer is the chosen one, where it begins, and the order', () => {
  const [a, b] = [pairs[0]!, pairs[1]!];
  const later = { ...a, chosen: { ...a.chosen, answerStart: a.chosen.answerStart + 1 } };
  const prints = [[a, b], [b, a], [{ ...a, chosen: a.rejected, rejected: a.chosen }, b], [later, b], [a]].map(
    fingerprintOfPairs,
  );
  assert.is(new Set(prints).size, 5);
  assert.is(fingerprintOfPairs([{ ...a, quality: 'another' }, b]), prints[0], 'a label is not learned from');
});

test('quick: 240 pairs of training, all held-out ones; a note for each file; none at all is refused', async () => {
  const folder = temporaryFolder();
  const lines = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      JSON.stringify({ prompt: `${i}`, chosen: '是的。', rejected: '不是。' }),
    ).join('\n');
  put(folder, 'pretrain.txt', '一');
  put(folder, 'preferences.jsonl', lines(250));
  put(folder, 'preferences-heldout.jsonl', lines(245));
  const files = locateData(folder);
  const notes: string[] = [];
  const reporter = { ...silentReporter, note: (text: string) => void notes.push(text) };
  const quick = await readPairs(files, tokenizer, { context: 32, quick: true }, reporter);
  assert.equal([quick.pairs.length, quick.heldOut.length, notes.length], [240, 245, 2]);
  assert.is((await readPairs(files, tokenizer, { context: 32 }, reporter)).pairs.length, 250);
  const without = { ...files, preferencesHeldOut: null };
  assert.equal((await readPairs(without, tokenizer, { context: 32 }, reporter)).heldOut, []);
  await refusesLater(
    () => readPairs({ ...files, preferences: null }, tokenizer, { context: 32 }, reporter),
    'needs preferences',
  );
});

test.run();
