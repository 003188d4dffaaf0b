/** What a look at a corpus counts, and that the coverage it foretells is what the trainer then makes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { coverageOf, lookAtCorpus } from '../../src/data/corpus-look.ts';
import { Random } from '../../src/tensor/index.ts';
import { Tokenizer, trainBpe } from '../../src/tokenizer/index.ts';
import { put, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

test('characters, different ones, bytes, documents and lines', async () => {
  const look = await lookAtCorpus(put(folder, 'a.txt', '好好é\n好😀\n\n好a\n'));
  assert.equal([look.characters, look.counts.length, look.documents, look.lines], [8, 5, 2, 3]);
  assert.is(look.bytes, Buffer.byteLength('好好é\n好😀好a'));
  assert.equal(look.counts[0], { count: 4, bytes: 3 });
  assert.equal([look.whole, look.documentLength], [true, 6]);
  assert.is((await lookAtCorpus(put(folder, 'empty.txt', '\n\n'))).documents, 0);
});

/** Clauses of 3,000 characters, each the rarer the later it comes. */
function manyCharacters(): string[] {
  const random = new Random(4);
  const character = () => String.fromCodePoint(0x4e00 + Math.floor(3000 ** random.float()));
  return Array.from({ length: 400 }, () => Array.from({ length: 80 }, character).join(''));
}

test('the coverage of a size is that of the vocabulary that is made', async () => {
  const documents = manyCharacters();
  const look = await lookAtCorpus(put(folder, 'many.txt', documents.join('\n\n')));
  for (const vocabSize of [600, 1024, 2048]) {
    const coverage = coverageOf(look, vocabSize);
    const tokenizer = new Tokenizer(trainBpe(documents, { vocabSize, shrinkToFit: true, maxPieceLength: 4 }));
    const single = tokenizer.vocabulary.pieces.filter(
      ({ kind, text }) => kind === 'normal' && [...text].length === 1,
    );
    assert.ok(Math.abs(single.length - coverage.characters) <= 1, `${single.length}, ${coverage.characters}`); // "▁"
    const ids = documents.flatMap((text) => tokenizer.encode(text));
    const bytes = ids.filter((id) => tokenizer.piece(id).kind === 'byte').length;
    assert.ok(
      Math.abs(bytes / ids.length - coverage.byteShare) < 0.07,
      `${vocabSize}: ${bytes / ids.length}`,
    );
    const covered = 1 - bytes / 3 / look.characters; // all of them have three bytes
    assert.ok(Math.abs(covered - coverage.share) < 1e-9, `${covered}, ${coverage.share}`);
  }
});

test.run();
