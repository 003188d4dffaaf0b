/**
 * Stage 0, the tokenizer: learn a vocabulary from the corpus (and from the dialogues, whose words must not fall apart either).
 *
 *   characters  ->  merge the most frequent pair of neighbours, again and again  ->  pieces          (tokenizer/bpe-trainer.ts)
 */
import { readDialogues } from '../../data/dialogues.ts';
import { type DataFiles, trainingDocuments } from '../../data/layout.ts';
import { UserError } from '../../errors.ts';
import { encodeTokenizer } from '../../formats/hf/tokenizer-files.ts';
import { Tokenizer, type TrainOptions, trainBpeInTurns } from '../../tokenizer/index.ts';
import { QUICK } from '../settings.ts';
import { defineStage } from '../stage.ts';

/** Longer pieces would swallow whole phrases of a small corpus, and the words in them would not be seen anywhere else. */
const MAX_PIECE_CHARACTERS = 4;

export const tokenizer = defineStage({
  name: 'tokenizer',
  startsFrom: null,
  learnsFrom: 'text',
  leaves: 'vocabulary',
  knobs: {},
  settings: () => ({}),

  check({ files }) {
    if (files.pretrain.endsWith('.bin')) {
      throw new UserError(
        `${files.pretrain} holds token ids, no text to learn a tokenizer from; name its model with --init-from`,
      );
    }
  },

  async make({ files, vocabSize, isAskedFor, context, quick, reporter, signal }) {
    reporter.begin('tokenizer', vocabSize);
    const texts = trainingTexts(files, quick ? QUICK.documents : Infinity);
    const options: TrainOptions = {
      vocabSize,
      shrinkToFit: !isAskedFor, // make the best of a corpus that does not allow this size
      spellRareCharacters: true, // and of any size that was asked for
      maxPieceLength: MAX_PIECE_CHARACTERS,
      onProgress(phase, done, total) {
        if (phase === 'reading') {
          if (done % 1000 === 0) reporter.advance(0, `reading, ${done.toLocaleString('en')} documents`);
          return;
        }
        if (done % 256 === 0 || done === total) reporter.advance(vocabSize - total + done, 'merging pairs');
      },
    };
    const vocabulary = await trainBpeInTurns(texts, options, signal).catch((error: unknown) => {
      if (!isAskedFor || !(error instanceof UserError)) throw error;
      throw new UserError(`${error.message}; without --vocab-size it takes what the corpus allows`);
    });
    const made = new Tokenizer(vocabulary);
    reporter.end(`${made.vocabSize.toLocaleString('en')} tokens`);
    return encodeTokenizer(made, context);
  },
});

function* trainingTexts(files: DataFiles, maxDocuments: number): Generator<string> {
  let n = 0;
  for (const text of trainingDocuments(files)) {
    if (n++ === maxDocuments) break;
    yield text;
  }
  if (files.sft === null) return;
  for (const { messages } of readDialogues(files.sft)) for (const { content } of messages) yield content;
}
