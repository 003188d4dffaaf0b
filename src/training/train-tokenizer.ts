/**
 * Stage 0, the tokenizer: learn a vocabulary from the corpus (and from the dialogues, whose words must not fall apart either).
 */
import { readDialogues } from '../data/dialogues.ts';
import { type DataFiles, trainingDocuments } from '../data/layout.ts';
import { Tokenizer, trainBpe } from '../tokenizer/index.ts';
import type { Reporter } from './reporter.ts';

/** Longer pieces would swallow whole phrases of a small corpus, and the words in them would not be seen anywhere else. */
const MAX_PIECE_CHARACTERS = 4;

export interface TokenizerSettings {
  readonly vocabSize: number;
  /** Make the best of a corpus that does not allow this size. */
  readonly shrinkToFit: boolean;
  readonly maxDocuments: number;
}

export function trainTokenizer(files: DataFiles, settings: TokenizerSettings, reporter: Reporter): Tokenizer {
  reporter.begin('tokenizer', settings.vocabSize);
  const vocabulary = trainBpe(trainingTexts(files, settings.maxDocuments), {
    vocabSize: settings.vocabSize,
    shrinkToFit: settings.shrinkToFit,
    maxPieceLength: MAX_PIECE_CHARACTERS,
    onProgress(phase, done, total) {
      if (phase === 'reading') return;
      if (done % 256 === 0 || done === total)
        reporter.advance(settings.vocabSize - total + done, 'merging pairs');
    },
  });
  const tokenizer = new Tokenizer(vocabulary);
  reporter.end(`${tokenizer.vocabSize.toLocaleString('en')} tokens`);
  return tokenizer;
}

function* trainingTexts(files: DataFiles, maxDocuments: number): Generator<string> {
  let n = 0;
  for (const text of trainingDocuments(files)) {
    if (n++ === maxDocuments) break;
    yield text;
  }
  if (files.sft === null) return;
  for (const { messages } of readDialogues(files.sft)) for (const { content } of messages) yield content;
}
