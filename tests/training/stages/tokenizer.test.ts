/** The stage tokenizer: what it reads, how long its pieces are, and a size that the corpus does not allow. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeTokenizer } from '../../../src/formats/hf/tokenizer-files.ts';
import type { MakePlace } from '../../../src/training/stage.ts';
import { tokenizer } from '../../../src/training/stages/tokenizer.ts';
import { put, refusesLater, temporaryFolder } from '../../data/temporary.ts';
import { sampleDocuments } from '../../tokenizer/sample.ts';
import { placeAt } from './place.ts';

const WORD = '葡萄';
const dialogue = { question: WORD.repeat(3), answer: `${WORD}。${WORD}！` };

/** A corpus without the word, and dialogues with it. */
function dataOf({ dialogues }: { readonly dialogues: number }): string {
  const data = temporaryFolder();
  put(data, 'pretrain.txt', [...sampleDocuments(), '我们一起去公园'.repeat(30)].join('\n\n'));
  const lines = new Array<string>(dialogues).fill(JSON.stringify(dialogue));
  if (dialogues > 0) put(data, 'sft.jsonl', lines.join('\n'));
  return data;
}
async function made(data: string, changes: Partial<MakePlace> = {}) {
  const { files, reporter } = placeAt(data).place;
  const place = { files, reporter, vocabSize: 420, isAskedFor: true, context: 16, quick: false };
  return decodeTokenizer(await tokenizer.make!({ ...place, ...changes }), 'made'); // it trains nothing
}

test('words of the dialogues are learned too', async () => {
  const [without, own] = [await made(dataOf({ dialogues: 0 })), await made(dataOf({ dialogues: 50 }))];
  assert.is(own.encode(WORD).length, 1);
  assert.ok(without.encode(WORD).length > 1, 'control: the corpus does not have it');
});

test('no piece is longer than four characters, though the corpus repeats a phrase of seven', async () => {
  const { vocabulary } = await made(dataOf({ dialogues: 0 }));
  const special = /^<.*>$/u;
  const lengths = vocabulary.pieces.flatMap(({ text }) => (special.test(text) ? [] : [[...text].length]));
  assert.is(Math.max(...lengths), 4);
});

test('the size of a preset shrinks to what the corpus allows; one that was asked for is refused', async () => {
  const data = put(temporaryFolder(), 'little.txt', '天地玄黄');
  const { vocabSize } = await made(data, { vocabSize: 4000, isAskedFor: false });
  assert.ok(vocabSize < 400, `${vocabSize}`);
  await refusesLater(
    () => made(data, { vocabSize: 4000 }),
    'larger than this corpus allows',
    'without --vocab-size',
  );
});

test('a size that was asked for and is too small for all characters is kept: the rarest are bytes', async () => {
  const rare = Array.from({ length: 200 }, (_, i) => String.fromCodePoint(0x5000 + i)).join('');
  const data = put(
    temporaryFolder(),
    'many.txt',
    `${'天地玄黄我们一起去公园看花吃饭'.repeat(50)}\n\n${rare}`,
  );
  const made300 = await made(data, { vocabSize: 300 });
  assert.is(made300.vocabSize, 300);
  assert.equal(
    ['天', '\u50c7'].map((text) => made300.encode(text).length),
    [1, 3],
  );
});

test.run();
