/**
 * The files of a tokenizer, as Hugging Face Transformers and SentencePiece read them:
 *
 *   tokenizer.json  tokenizer.model  tokenizer_config.json  and the one-line file that tokenizer_config.json names
 *
 * The first two hold the same vocabulary. tokenizer.json is opened; tokenizer.model only where it is missing.
 */
import {
  AUTO_MAP_FILE,
  readSentencePieceModel,
  readTokenizerJson,
  Tokenizer,
  tokenizerConfig,
  writeSentencePieceModel,
  writeTokenizerJson,
} from '../../tokenizer/index.ts';
import { bytesOf, type FileMap, type Files, pathIn, textOf } from '../file-map.ts';
import { prettyJson } from '../json.ts';

const JSON_FILE = 'tokenizer.json';
const SENTENCEPIECE_FILE = 'tokenizer.model';

/** `contextLength` in tokens. */
export function encodeTokenizer(tokenizer: Tokenizer, contextLength: number): FileMap {
  return new Map<string, Uint8Array | string>([
    [JSON_FILE, writeTokenizerJson(tokenizer.vocabulary)],
    [SENTENCEPIECE_FILE, writeSentencePieceModel(tokenizer.vocabulary)],
    ['tokenizer_config.json', prettyJson(tokenizerConfig(tokenizer, { contextLength }))],
    AUTO_MAP_FILE,
  ]);
}

/** Which file `decodeTokenizer` opens, given which files there are. */
export function tokenizerFile(isThere: (name: string) => boolean): string {
  return isThere(JSON_FILE) ? JSON_FILE : SENTENCEPIECE_FILE;
}

/** `directory` names the place in errors. */
export function decodeTokenizer(files: Files, directory: string): Tokenizer {
  const name = tokenizerFile((file) => files.has(file));
  const path = pathIn(directory, name);
  const vocabulary =
    name === JSON_FILE
      ? readTokenizerJson(textOf(files, name, directory), path)
      : readSentencePieceModel(bytesOf(files, name, directory), path);
  return new Tokenizer(vocabulary, path);
}
