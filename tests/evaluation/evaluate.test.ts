import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateData } from '../../src/data/layout.ts';
import type { Question } from '../../src/data/questions.ts';
import { encodePrompt } from '../../src/data/rows/pairs.ts';
import { answerPrompts } from '../../src/evaluation/answers.ts';
import { scoreTexts } from '../../src/evaluation/bits-per-byte.ts';
import { evaluateModel } from '../../src/evaluation/evaluate.ts';
import { answerQuestions } from '../../src/evaluation/exact-match.ts';
import type { JudgedAnswer } from '../../src/evaluation/judged-answers.ts';
import { Chat } from '../../src/generation/chat.ts';
import { fromArray, noGrad } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { put, refusesLater, temporaryFolder } from '../data/temporary.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';

const model = tinyModel({ initializerRange: 0.3 }).eval(); // sharp enough for texts to differ
const CONTEXT = 32;
const shipped = fileURLToPath(new URL('../../data', import.meta.url));

/** -log2 p of every id after the first, one stretch of the context at a time, in float64 from the logits. */
function bitsByHand(ids: readonly number[]): number {
  let bits = 0;
  for (let start = 0; start < ids.length - 1; start += CONTEXT) {
    const inputs = ids.slice(start, Math.min(start + CONTEXT, ids.length - 1));
    const logits = noGrad(() =>
      model.forward(fromArray(Int32Array.from(inputs), [1, inputs.length])),
    ).toArray();
    const V = model.config.vocabSize;
    for (let t = 0; t < inputs.length; t++) {
      const row = Array.from(logits.subarray(t * V, (t + 1) * V));
      const max = Math.max(...row);
      const logSum = max + Math.log(row.reduce((sum, x) => sum + Math.exp(x - max), 0));
      bits += (logSum - row[ids[start + t + 1]!]!) / Math.LN2;
    }
  }
  return bits;
}

const texts = ['中国的首都是北京。', '一', '小猫在河边喝水。'.repeat(12), 'the animal', '龙😀'];
const idsOf = (text: string) => [tokenizer.eosId, ...tokenizer.encode(text), tokenizer.eosId];

test('bits per byte = the sum by hand over the bytes, a long text in stretches', async () => {
  assert.ok(idsOf(texts[2]!).length > 2 * CONTEXT);
  const { bitsPerByte, perplexity, tokens } = await scoreTexts(model, tokenizer, texts);
  const bits = texts.reduce((sum, text) => sum + bitsByHand(idsOf(text)), 0);
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  assert.is(
    tokens,
    texts.reduce((sum, text) => sum + idsOf(text).length - 1, 0),
  );
  assert.is(bitsPerByte.n, texts.length);
  allClose([bitsPerByte.value], [bits / bytes], { relative: 1e-5 });
  allClose([perplexity], [2 ** (bits / tokens)], { relative: 1e-4 });
  assert.ok(bitsPerByte.low < bitsPerByte.value && bitsPerByte.value < bitsPerByte.high);
});

test('the score of a text does not depend on its neighbours in the batch', async () => {
  const many = Array.from({ length: 37 }, (_, i) => texts[i % 5]!.slice(0, 1 + (i % 9)));
  const together = await scoreTexts(model, tokenizer, many);
  let bits = 0;
  let bytes = 0;
  for (const text of many) {
    const alone = await scoreTexts(model, tokenizer, [text]);
    bits += alone.bitsPerByte.value * Buffer.byteLength(text);
    bytes += Buffer.byteLength(text);
  }
  allClose([together.bitsPerByte.value], [bits / bytes], { relative: 1e-5 });
});

const ask = (text: string): Question => ({ relation: 'r', question: text, answer: 'x', accepted: ['x'] });

test('answers in batches = the answers of a chat, one by one; a question longer than the context has none', async () => {
  const questions = ['中国', '一只小猫在河边', 'a', '0123456789012345678901234567890123', '老虎'].map(ask);
  const progress: number[] = [];
  const answers = await answerQuestions(model, tokenizer, questions, (done) => progress.push(done));
  assert.equal(progress, [5]);
  for (const [i, { question, text, correct }] of answers.entries()) {
    assert.is(question, questions[i]);
    assert.is(correct, false);
    if (i === 3) {
      assert.is(text, '');
      continue;
    }
    const chat = new Chat(model, tokenizer, { maxNewTokens: 10 });
    let alone = '';
    for await (const piece of chat.say(question.question)) alone += piece;
    // The longest question of a batch limits the answers of all; what both have must agree.
    const common = Math.min(alone.length, text.length, 3);
    assert.ok(common > 0);
    assert.is(text.slice(0, common), alone.slice(0, common));
  }
});

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

test('evaluateModel: all tasks the data has, some of them, or a sentence about one that it has not', async () => {
  const folder = temporaryFolder();
  put(folder, 'pretrain.txt', '中国');
  put(folder, 'heldout.txt', texts.slice(0, 2).join('\n\n'));
  const records = ['一', '二', '三'].map((text) => JSON.stringify(ask(text)));
  put(folder, 'eval/facts-seen.jsonl', records.join('\n'));
  const files = locateData(folder);
  const told: string[] = [];
  const all = await evaluateModel(model, tokenizer, files, {
    limit: 2,
    onTask: (task, total) => told.push(`${task} ${total}`),
    onAnswers: (task, answers) => told.push(`${task}: ${answers.length}`),
  });
  assert.equal(Object.keys(all), ['bits-per-byte', 'perplexity', 'facts-seen']);
  assert.equal(told, ['bits-per-byte 2', 'facts-seen 2', 'facts-seen: 2']);
  assert.equal([all['facts-seen']!.n, all['facts-seen']!.chance], [2, 1]);
  const { low, value, high } = all.perplexity!;
  assert.ok(low <= value && value <= high);
  assert.equal(Object.keys(await evaluateModel(model, tokenizer, files, { tasks: ['facts-seen'] })), [
    'facts-seen',
  ]);
  await refusesLater(
    () => evaluateModel(model, tokenizer, files, { tasks: ['facts-new'] }),
    'no task "facts-new"',
    'bits-per-byte, facts-seen',
  );
});

test('the tasks of the shipped data: all for a model that answers, those without answers for a base model', async () => {
  const files = { ...locateData(shipped), questions: new Map<string, string>() };
  const options = { limit: 3 };
  const base = await evaluateModel(model, tokenizer, files, { ...options, chat: false });
  const kinds = Object.keys(base).filter((task) => task.startsWith('minimal-pairs-'));
  assert.equal(
    Object.keys(base).filter((task) => !kinds.includes(task)),
    ['bits-per-byte', 'perplexity', 'choice-ppl', 'choice-ppl-token', 'choice-ppl-letter', 'minimal-pairs'],
  );
  let answers: readonly JudgedAnswer[] = [];
  const told: string[] = [];
  const chat = await evaluateModel(model, tokenizer, files, {
    ...options,
    tasks: ['choice-gen', 'judge'],
    onTask: (task) => told.push(task),
    onJudged: (judged) => {
      answers = judged;
    },
  });
  assert.equal(told, ['choice-gen', 'judge']);
  assert.is(answers.length, 3);
  for (const task of ['choice-gen', 'judge-score', 'judge-fact', 'answer-length', 'distinct-2', 'repetition'])
    assert.is(chat[task]!.n, 3, task);
  const again = await evaluateModel(model, tokenizer, files, {
    ...options,
    tasks: ['judge', 'win-rate'],
    baseline: answers,
    onTask: (task) => told.push(task),
  });
  assert.equal(told, ['choice-gen', 'judge', 'judge'], 'the questions are asked once for both tasks');
  assert.equal([again['win-rate']!.value, again['win-rate-decided']!.n], [0.5, 0], 'a model against itself');
  await refusesLater(
    () => evaluateModel(model, tokenizer, files, { tasks: ['win-rate'] }),
    'win-rate',
    '--against DIR',
  );
});

test('data without held-out text or questions gives no numbers rather than wrong ones', async () => {
  const folder = temporaryFolder();
  const few = locateData(put(folder, 'few.txt', '一\n\n二'));
  assert.equal(await evaluateModel(model, tokenizer, few), {});
  const bin = locateData(put(folder, 'tokens.bin', Uint8Array.of(6, 0, 2, 0)));
  assert.equal(await evaluateModel(model, tokenizer, bin), {});
});

test.run();
