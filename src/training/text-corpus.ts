/**
 * The text of a run as token ids: turned into a file once, and read from it by position, so that its size does not matter for
 * memory. Pretraining learns from all of it; instruction tuning rehearses some of it.
 */
import { join } from 'node:path';
import { TokenFile, TokenFileWriter } from '../data/bytes/token-file.ts';
import { type DataFiles, heldOutDocuments, trainingDocuments } from '../data/layout.ts';
import { guardDisk } from '../errors.ts';
import { Turns } from '../event-loop.ts';
import { makeDirectories } from '../storage/disk.ts';
import type { Tokenizer } from '../tokenizer/index.ts';

/** Of a .bin corpus, this share of the end is held out. */
const HELD_OUT_SHARE = 0.02;
/** Tokens that are hashed at once. */
const HASHED_TOKENS = 1 << 20;

/** The tokens to train on, piece by piece, for a fingerprint. */
export function* trainingTokens({ tokens, length }: Corpus): Generator<Uint16Array> {
  for (let start = 0; start < length; start += HASHED_TOKENS)
    yield tokens.read(start, Math.min(HASHED_TOKENS, length - start));
}

export interface Corpus {
  readonly tokens: TokenFile;
  /** Tokens to train on; what lies after them in the file is held out. */
  readonly length: number;
  readonly heldOut: TokenFile;
  readonly heldOutStart: number;
}

interface CorpusOptions {
  readonly maxDocuments: number;
  readonly signal: AbortSignal | undefined;
}

/** Tokenize the corpus into `folder` (or open the .bin that was given). */
export async function tokenizeCorpus(
  files: DataFiles,
  tokenizer: Tokenizer,
  folder: string,
  { maxDocuments, signal }: CorpusOptions,
): Promise<Corpus> {
  guardDisk(folder, () => makeDirectories(folder));
  if (files.pretrain.endsWith('.bin')) {
    const tokens = new TokenFile(files.pretrain);
    tokens.checkVocabulary(tokenizer.vocabSize);
    const length = tokens.length - Math.floor(tokens.length * HELD_OUT_SHARE);
    return { tokens, length, heldOut: tokens, heldOutStart: length };
  }
  const turns = new Turns(signal);
  const write = async (name: string, texts: Iterable<string>) => {
    const path = join(folder, `${name}.bin`);
    const writer = new TokenFileWriter(path, tokenizer.vocabSize);
    try {
      let n = 0;
      for (const text of texts) {
        if (n++ === maxDocuments) break;
        writer.add([...tokenizer.encode(text), tokenizer.eosId]);
        if (turns.due) await turns.take();
      }
      writer.finish();
    } catch (error) {
      writer.discard();
      throw error;
    }
    return new TokenFile(path);
  };
  const tokens = await write('text', trainingDocuments(files));
  const heldOut = await write('heldout', heldOutDocuments(files));
  return { tokens, length: tokens.length, heldOut, heldOutStart: 0 };
}
