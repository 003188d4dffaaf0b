/** Which tasks the data and the model allow. */
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readChoiceFolder } from '../../src/data/choices.ts';
import { heldOutDocuments, locateData } from '../../src/data/layout.ts';
import { readQuestions } from '../../src/data/questions.ts';
import { scoreTexts } from '../../src/evaluation/bits-per-byte.ts';
import { chooseGen } from '../../src/evaluation/choice-gen.ts';
import { choiceAccuracy, chooseOptions, scoreOptions } from '../../src/evaluation/choice-ppl.ts';
import { evaluateModel } from '../../src/evaluation/evaluate.ts';
import { majorityBaseline } from '../../src/evaluation/exact-match.ts';
import { tasksOf } from '../../src/evaluation/tasks.ts';
import { allClose } from '../close.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { listen, saying } from './fake-model.ts';

const model = tinyModel({ initializerRange: 0.3 }).eval(); // sharp enough for texts to differ
const shipped = fileURLToPath(new URL('../../data', import.meta.url));

test('the tasks of the shipped data: those without answers for a base model', async () => {
  const files = { ...locateData(shipped), questions: new Map<string, string>() };
  const options = { limit: 3 };
  const base = await evaluateModel(model, tokenizer, files, { ...options, chat: false });
  const kinds = Object.keys(base).filter((task) => task.startsWith('minimal-pairs-'));
  assert.equal(
    Object.keys(base).filter((task) => !kinds.includes(task)),
    ['bits-per-byte', 'perplexity', 'choice-ppl', 'choice-ppl-token', 'choice-ppl-letter', 'minimal-pairs'],
  );
});

test('data without held-out text or questions gives no numbers rather than wrong ones', async () => {
  const folder = temporaryFolder();
  const few = locateData(put(folder, 'few.txt', '一\n\n二'));
  assert.equal(await evaluateModel(model, tokenizer, few), {});
  const bin = locateData(put(folder, 'tokens.bin', Uint8Array.of(6, 0, 2, 0)));
  assert.equal(await evaluateModel(model, tokenizer, bin), {});
});

test('each multiple-choice task measures what its name says, on questions spread over all of them', async () => {
  const files = locateData(shipped);
  const all = readChoiceFolder(files.choices!);
  const [limit, shots] = [10, 1];
  const wide = tinyModel({ initializerRange: 0.3, maxPositionEmbeddings: 160 }).eval();
  const questions = Array.from(
    { length: limit },
    (_, i) => all.questions[Math.floor((i * all.questions.length) / limit)]!,
  );
  const set = { questions, examples: all.examples };
  const texts = await scoreOptions(wide, tokenizer, set, { shots });
  const letters = await scoreOptions(wide, tokenizer, set, { shots, variant: 'letter' });
  const expected = {
    'choice-ppl': choiceAccuracy(chooseOptions(texts)),
    'choice-ppl-token': choiceAccuracy(chooseOptions(texts, 'token')),
    'choice-ppl-letter': choiceAccuracy(chooseOptions(letters)),
  };
  assert.equal(
    await evaluateModel(wide, tokenizer, files, { limit, shots, tasks: ['choice-ppl'] }),
    expected,
  );
  const values = Object.values(expected).map(({ value }) => value);
  assert.is(new Set(values).size, 3, `control: the tasks differ (${values})`);

  const speaking = () => saying('答案是B', 160);
  const generated = await evaluateModel(speaking(), tokenizer, files, {
    limit,
    shots,
    tasks: ['choice-gen'],
  });
  const chosen = await chooseGen(speaking(), tokenizer, set, { shots });
  assert.equal(generated, { 'choice-gen': choiceAccuracy(chosen) });
  const heard = [0, shots].map(async (count) => {
    const model = speaking();
    const prompts = listen(model);
    await evaluateModel(model, tokenizer, files, { limit: 1, shots: count, tasks: ['choice-gen'] });
    return prompts[0]![0]!.length;
  });
  const [without, withOne] = await Promise.all(heard);
  assert.ok(withOne! > without!, 'the worked example is shown');
});

test('perplexity per token has the interval that follows from that of bits per byte', async () => {
  const files = locateData(shipped);
  const results = await evaluateModel(model, tokenizer, files, { tasks: ['bits-per-byte'], limit: 6 });
  const { 'bits-per-byte': bits, perplexity } = results;
  const texts = heldOutDocuments(files, 6);
  const { tokens } = await scoreTexts(model, tokenizer, texts);
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  for (const end of ['low', 'value', 'high'] as const)
    allClose([perplexity![end]], [2 ** ((bits![end] * bytes) / tokens)], { relative: 1e-9 });
  assert.is(perplexity!.n, 6);
});

test('a limit holds for every task; the win rate needs a key, held-out pairs and another model', async () => {
  const files = locateData(shipped);
  const results = await evaluateModel(model, tokenizer, files, {
    limit: 5,
    tasks: ['minimal-pairs', 'judge', ...files.questions.keys()],
  });
  for (const task of ['minimal-pairs', 'judge-score', ...files.questions.keys()])
    assert.is(results[task]!.n, 5, task);
  for (const [task, path] of files.questions)
    assert.is(results[task]!.chance, majorityBaseline(readQuestions(path)), `${task}: over all questions`);
  const tasks = (changes: Partial<typeof files>, baseline: [] | null) => [
    ...tasksOf({ ...files, ...changes }, { chat: true, baseline }).keys(),
  ];
  assert.ok(tasks({}, []).includes('win-rate'));
  assert.not.ok(tasks({}, null).includes('win-rate'));
  for (const missing of [{ answerKey: null }, { preferencesHeldOut: null }]) {
    assert.not.ok(tasks(missing, []).includes('win-rate'));
    assert.not.ok(tasks(missing, []).includes('judge'));
  }
});

test.run();
