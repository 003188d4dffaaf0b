/** Drawn answers: they depend on the seed and on nothing else. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePrompt } from '../../src/data/rows/pairs.ts';
import { answerPrompts } from '../../src/evaluation/answers.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';

const model = tinyModel({ initializerRange: 0.3 }).eval(); // sharp enough for texts to differ

test('drawn answers: the same for the same seed, whatever else is asked; others for another seed', async () => {
  const prompts = Array.from({ length: 40 }, (_, i) =>
    encodePrompt(tokenizer, '中国小猫在河边'.slice(0, 1 + (i % 7))),
  );
  const texts = async (n: number, seed: number) =>
    (await answerPrompts(model, tokenizer, prompts.slice(0, n), { seed })).map(({ text }) => text);
  const [all, few, other] = [await texts(40, 1), await texts(9, 1), await texts(40, 2)];
  assert.equal(
    all.slice(0, 9).map((text) => text.slice(0, 4)),
    few.map((text) => text.slice(0, 4)),
  );
  assert.ok(all.filter((text, i) => text === other[i]).length < 8);
  assert.is.not(all[0], all[7], 'one prompt asked twice is answered twice');
});

test.run();
