/**
 * Stage 1, pretraining: learn the language (and the facts told in it) by predicting every next token of plain text.
 *
 *   L = - mean over all tokens of log p(token | what precedes it in its document)
 *
 * The corpus is turned into a token file once; rows are read from it by position, so its size does not matter for memory.
 */
import { join } from 'node:path';
import { TokenFile, TokenFileWriter } from '../../data/bytes/token-file.ts';
import { type DataFiles, heldOutDocuments, trainingDocuments } from '../../data/layout.ts';
import { PretrainRows } from '../../data/rows/pretrain-rows.ts';
import { type Row, RowStream } from '../../data/rows/rows.ts';
import { guardDisk } from '../../errors.ts';
import { Turns } from '../../event-loop.ts';
import { AdamW } from '../../optim/adamw.ts';
import { makeDirectories } from '../../storage/disk.ts';
import type { Tokenizer } from '../../tokenizer/index.ts';
import { fingerprintOf } from '../checkpoint.ts';
import { languageLoss } from '../language-loss.ts';
import type { Reporter } from '../reporter.ts';
import { QUICK, totalSteps } from '../settings.ts';
import { defineStage, forPreset } from '../stage.ts';
import { ofRows, supervised } from '../supervised.ts';

/** Held-out rows used during training; the evaluation at the end reads all of the text. */
const HELD_OUT_ROWS = 64;
/** Of a .bin corpus, this share of the end is held out. */
const HELD_OUT_SHARE = 0.02;
/** Tokens that are hashed at once. */
const HASHED_TOKENS = 1 << 20;

export const pretrain = defineStage({
  name: 'pretrain',
  startsFrom: 'tokenizer',
  learnsFrom: 'text',
  leaves: 'base',
  lossUnit: 'nats per token',
  knobs: {},
  settings: (preset) =>
    forPreset(
      {
        pico: {},
        nano: { batchSize: 8 },
        micro: { learningRate: 1e-3, batchSize: 8 },
        // The reference's learning rate and warm-up, in batches that a laptop can hold.
        large: { learningRate: 3e-4, batchSize: 1, gradAccum: 16, finalShare: 0, warmup: 200 },
      },
      preset,
    ),
  quick: QUICK.languageStage,

  async prepare(place) {
    const { name, files, tokenizer, model, random, settings, context, seed, corpus, reporter, signal } =
      place;
    guardDisk(corpus, () => makeDirectories(corpus));
    const limits = { maxDocuments: place.quick ? QUICK.documents : Infinity };
    const data = await tokenizeCorpus(files, tokenizer, corpus, { ...limits, reporter, signal });
    const { shuffle, packing } = settings;
    const options = { context, seed, eosId: tokenizer.eosId, shuffle, packing };
    const source = new PretrainRows(data.tokens, options, data.length);
    const objective = {
      ...ofRows,
      stage: name,
      model,
      rows: new RowStream(source),
      heldOut: heldOutRows(data, options),
      loss: languageLoss(model),
    };
    const optimizer = new AdamW(model, settings);
    return {
      ...{ model, tokenizer, optimizer, random },
      ...supervised(objective, optimizer, settings),
      steps: totalSteps(settings, () => source.rowsInEpoch()),
      fingerprint: fingerprintOf(allOf(data)),
    };
  },
});

function* allOf({ tokens, length }: Corpus): Generator<Uint16Array> {
  for (let start = 0; start < length; start += HASHED_TOKENS)
    yield tokens.read(start, Math.min(HASHED_TOKENS, length - start));
}

interface Corpus {
  readonly tokens: TokenFile;
  /** Tokens to train on; what lies after them in the file is held out. */
  readonly length: number;
  readonly heldOut: TokenFile;
  readonly heldOutStart: number;
}

interface CorpusOptions {
  readonly maxDocuments: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal | undefined;
}

/** Tokenize the corpus into `folder` (or open the .bin that was given). */
async function tokenizeCorpus(
  files: DataFiles,
  tokenizer: Tokenizer,
  folder: string,
  { maxDocuments, reporter, signal }: CorpusOptions,
): Promise<Corpus> {
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
  const tokens = await write('pretrain', trainingDocuments(files));
  const heldOut = await write('heldout', heldOutDocuments(files));
  reporter.note(
    `corpus: ${tokens.length.toLocaleString('en')} tokens, ${heldOut.length.toLocaleString('en')} held out`,
  );
  return { tokens, length: tokens.length, heldOut, heldOutStart: 0 };
}

function heldOutRows(data: Corpus, options: ConstructorParameters<typeof PretrainRows>[1]): Row[] {
  const { heldOut, heldOutStart } = data;
  if (heldOut.length - heldOutStart < 2) return [];
  const source = new PretrainRows(heldOut, { ...options, shuffle: false }, heldOut.length, heldOutStart);
  return Array.from({ length: Math.min(HELD_OUT_ROWS, source.rowsInEpoch()) }, (_, i) => source.row(0, i));
}
