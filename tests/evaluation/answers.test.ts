/** Answers: drawn ones depend on the seed and on nothing else; when one is finished, and whose it is. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePrompt } from '../../src/data/rows/pairs.ts';
import { answerPrompts } from '../../src/evaluation/answers.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { FixedLM, liking } from './fake-model.ts';

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

const BATCH = 32;
/** Steps of a model that is asked `batches` times: what it likes first, then the end. */
const thenEnds = (liked: Readonly<Record<number, number>>, batches: number) =>
  Array.from({ length: 2 * batches }, (_, i) => (i % 2 === 0 ? liked : { [tokenizer.eosId]: 40 }));

test('drawn at temperature 1: each token as often as the model says, neither sharper nor flatter', async () => {
  const [a, b] = [tokenizer.idOf('大')!, tokenizer.idOf('小')!];
  const n = 20 * BATCH;
  const model = new FixedLM(thenEnds({ [a]: 30 + Math.log(3), [b]: 30 }, 20));
  const prompts = Array.from({ length: n }, () => [tokenizer.assistantId]);
  const texts = (await answerPrompts(model, tokenizer, prompts, { seed: 3 })).map(({ text }) => text);
  const share = texts.filter((text) => text === '大').length / n;
  assert.ok(Math.abs(share - 0.75) < 0.04, `${share}`); // at temperature 0.7: 0.83, at 1.3: 0.70
  assert.is(texts.filter((text) => text === '小').length, n - n * share);
});

test('an answer is finished if it ended by itself, also with the last token it may have', async () => {
  const id = tokenizer.idOf('大')!;
  const endsAfter = (tokens: number) =>
    new FixedLM([...Array.from({ length: tokens }, () => ({ [id]: 20 })), { [tokenizer.eosId]: 20 }]);
  const answer = async (tokens: number) =>
    (await answerPrompts(endsAfter(tokens), tokenizer, [[tokenizer.assistantId]]))[0]!;
  const { length } = '大'.repeat(48);
  assert.equal(await answer(0), { text: '', finished: true });
  assert.equal(await answer(length - 1), { text: '大'.repeat(47), finished: true });
  assert.equal(await answer(length), { text: '大'.repeat(48), finished: false });
});

test('no character is torn, whatever the model prefers, greedy or drawn', async () => {
  const byte = (value: string) => tokenizer.idOf(`<0x${value}>`)!;
  // E5 wants two more bytes; the model wants letters, or E5 again.
  const torn = { [byte('E5')]: 9, [tokenizer.idOf('大')!]: 8.5, [byte('BB')]: 5 };
  const prompts = [1, 2, 3].map((length) => new Array<number>(length).fill(tokenizer.assistantId));
  for (const seed of [undefined, 1]) {
    const answers = await answerPrompts(
      new FixedLM([torn], 60),
      tokenizer,
      prompts,
      seed === undefined ? {} : { seed },
    );
    for (const { text } of answers) {
      assert.not.match(text, /\uFFFD/u);
      assert.ok(text.length >= 16, text);
    }
  }
  const [greedy] = await answerPrompts(new FixedLM([torn], 60), tokenizer, prompts);
  assert.is(greedy!.text, '\u5EFB'.repeat(16), 'E5 BB BB, and again');
});

test('the context ends an answer too: a prompt that fills it has room for one token, a longer one for none', async () => {
  const prompts = [19, 20, 21, 18].map((length) => new Array<number>(length).fill(tokenizer.userId));
  const progress: number[] = [];
  const onProgress = (done: number) => progress.push(done);
  const answers = await answerPrompts(liking({ 大: 9 }, 20), tokenizer, prompts, { onProgress });
  assert.equal(
    answers.map(({ text, finished }) => [text.length, finished]),
    [
      [2, false],
      [1, false],
      [0, false],
      [3, false],
    ],
  );
  assert.equal(progress, [4]);
  const ending = await answerPrompts(new FixedLM([{ [tokenizer.eosId]: 9 }], 20), tokenizer, prompts);
  assert.equal(
    ending.map(({ finished }) => finished),
    [true, true, false, true],
  );
});

test('greedy answers, over several batches of mixed lengths: each what its prompt alone gets', async () => {
  const texts = '中国小猫在河边喝水的大象今天天气'.split('');
  const prompts = Array.from({ length: 270 }, (_, i) =>
    encodePrompt(tokenizer, texts.slice(i % 5, (i % 5) + 1 + ((7 * i) % 9)).join('')),
  );
  const progress: number[] = [];
  const together = await answerPrompts(model, tokenizer, prompts, {
    onProgress: (done) => progress.push(done),
  });
  assert.equal(progress, [128, 256, 270]);
  for (const i of [0, 13, 127, 128, 147, 269]) {
    const [alone] = await answerPrompts(model, tokenizer, [prompts[i]!]);
    assert.is(together[i]!.text.slice(0, 3), alone!.text.slice(0, 3), `prompt ${i}`);
  }
});

test.run();
