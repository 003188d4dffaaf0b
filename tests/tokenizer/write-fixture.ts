/**
 * Writes the files of tests/golden/tokenizer that this project makes; called by tests/golden/make_tokenizer_golden.py, which then
 * asks SentencePiece and Transformers what they make of them. `fixtureFiles` is also what the tests compare the stored files
 * with.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  readSentencePieceModel,
  Tokenizer,
  tokenizerConfig,
  trainBpe,
  writeSentencePieceModel,
  writeTokenizerJson,
} from '../../src/tokenizer/index.ts';
import { sampleDocuments } from './sample.ts';

export const GOLDEN = new URL('../golden/tokenizer/', import.meta.url);

/** File name -> contents. `prefix/tokenizer.model` (made by Python) is read for its tokenizer.json. */
export function fixtureFiles(): Map<string, Uint8Array | string> {
  const own = new Tokenizer(trainBpe(sampleDocuments(), { vocabSize: 460, characterCoverage: 0.998 }));
  const prefix = readSentencePieceModel(readFileSync(new URL('prefix/tokenizer.model', GOLDEN)));
  return new Map<string, Uint8Array | string>([
    ['own/tokenizer.model', writeSentencePieceModel(own.vocabulary)],
    ['own/tokenizer.json', writeTokenizerJson(own.vocabulary)],
    ['own/tokenizer_config.json', JSON.stringify(tokenizerConfig(own, { contextLength: 128 }), null, 1)],
    ['prefix/tokenizer.json', writeTokenizerJson(prefix)],
  ]);
}

if (process.argv[1]?.endsWith('write-fixture.ts')) {
  for (const [name, contents] of fixtureFiles()) writeFileSync(new URL(name, GOLDEN), contents);
}
