/** Which tasks the data and the model allow. */
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateData } from '../../src/data/layout.ts';
import { evaluateModel } from '../../src/evaluation/evaluate.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';

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

test.run();
