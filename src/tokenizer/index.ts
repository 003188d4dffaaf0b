/** The tokenizer's public names, in the order in which a reader meets them. */

export {
  CHARACTER_COVERAGE,
  FITTED_CHARACTER_SHARE,
  type TrainOptions,
  trainBpe,
  trainBpeInTurns,
} from './bpe-trainer.ts';
export {
  CHAT_TEMPLATE,
  checkMessages,
  encodeDialogue,
  type Message,
} from './chat-template.ts';
export { readSentencePieceModel, writeSentencePieceModel } from './sentencepiece-model.ts';
export {
  BOS,
  byteOfPiece,
  bytePiece,
  CHATGLM3_CONTROL_TOKENS,
  CONTROL_TOKENS,
  EOS,
  FIRST_BYTE_ID,
  FIRST_PIECE_ID,
  ROLES,
  type Role,
  roleToken,
  UNK,
} from './special-tokens.ts';
export { type DecodeOptions, StreamDecoder } from './stream-decoder.ts';
export { cleanText, SPACE_SYMBOL, wellFormed } from './text-cleaning.ts';
export { Tokenizer } from './tokenizer.ts';
export { AUTO_MAP_FILE, tokenizerConfig } from './tokenizer-config.ts';
export { readTokenizerJson, writeTokenizerJson } from './tokenizer-json.ts';
export {
  makeVocabulary,
  type Piece,
  type PieceKind,
  type Vocabulary,
  withControlTokens,
} from './vocabulary.ts';
