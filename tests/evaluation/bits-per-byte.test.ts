/** Bits per byte against a sum by hand. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { scoreTexts } from '../../src/evaluation/bits-per-byte.ts';
import { fromArray, noGrad } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';

const model = tinyModel({ initializerRange: 0.3 }).eval(); // sharp enough for texts to differ
const CONTEXT = 32;

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

test.run();
