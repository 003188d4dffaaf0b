/**
 * Stage 1, pretraining: learn the language (and the facts told in it) by predicting every next token of plain text.
 *
 * The corpus is turned into a token file once; rows are read from it by position, so its size does not matter for memory.
 */

import { TokenFile, writeTokenFile } from '../data/bytes/token-file.ts';
import { type DataFiles, heldOutDocuments, trainingDocuments } from '../data/layout.ts';
import { PretrainRows } from '../data/rows/pretrain-rows.ts';
import { type Row, RowStream } from '../data/rows/rows.ts';
import { maskedCrossEntropy } from '../losses/cross-entropy.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { Batch } from './batch.ts';
import { fingerprint } from './checkpoint.ts';
import { type Objective, ofRows } from './loop.ts';
import type { Reporter } from './reporter.ts';
import type { StageSettings } from './settings.ts';

/** Held-out rows used during training; the evaluation at the end reads all of the text. */
const HELD_OUT_ROWS = 64;
/** Of a .bin corpus, this share of the end is held out. */
const HELD_OUT_SHARE = 0.02;

export interface PretrainData {
  readonly tokens: TokenFile;
  /** Tokens to train on; what lies behind them in the file is held out. */
  readonly length: number;
  readonly heldOut: TokenFile;
  readonly heldOutStart: number;
}

/** Tokenize the corpus into `folder` (or open the .bin that was given). */
export function preparePretrainData(
  files: DataFiles,
  tokenizer: Tokenizer,
  folder: string,
  limits: { readonly maxDocuments: number },
  reporter: Reporter,
): PretrainData {
  if (files.pretrain.endsWith('.bin')) {
    const tokens = new TokenFile(files.pretrain);
    tokens.checkVocabulary(tokenizer.vocabSize);
    const length = tokens.length - Math.floor(tokens.length * HELD_OUT_SHARE);
    return { tokens, length, heldOut: tokens, heldOutStart: length };
  }
  const encoded = function* (texts: Iterable<string>) {
    let n = 0;
    for (const text of texts) {
      if (n++ === limits.maxDocuments) return;
      yield [...tokenizer.encode(text), tokenizer.eosId];
    }
  };
  const write = (name: string, texts: Iterable<string>) => {
    const path = `${folder}/${name}.bin`;
    writeTokenFile(path, encoded(texts), tokenizer.vocabSize);
    return new TokenFile(path);
  };
  const tokens = write('pretrain', trainingDocuments(files));
  const heldOut = write('heldout', heldOutDocuments(files));
  reporter.note(
    `corpus: ${tokens.length.toLocaleString('en')} tokens, ${heldOut.length.toLocaleString('en')} held out`,
  );
  return { tokens, length: tokens.length, heldOut, heldOutStart: 0 };
}

export interface StageData<Item = Row, Items = Batch> {
  readonly rowsInEpoch: (epoch: number) => number;
  readonly objective: Objective<Item, Items>;
  /** SHA-256 of the training data. */
  readonly data: string;
}

export function pretrainStage(
  model: CausalLM,
  tokenizer: Tokenizer,
  data: PretrainData,
  settings: StageSettings,
  { context, seed }: { readonly context: number; readonly seed: number },
): StageData {
  const options = {
    context,
    seed,
    eosId: tokenizer.eosId,
    shuffle: settings.shuffle,
    packing: settings.packing,
  };
  const source = new PretrainRows(data.tokens, options, data.length);
  const rows = new RowStream(source);
  const objective: Objective = {
    ...ofRows,
    stage: 'pretrain',
    model,
    rows,
    heldOut: heldOutRows(data, options),
    loss: (batch, total) => maskedCrossEntropy(model, batch, total),
  };
  const sample = data.tokens.read(0, Math.min(data.length, 1 << 20));
  return {
    rowsInEpoch: () => source.rowsInEpoch(),
    objective,
    data: fingerprint(sample, Uint32Array.of(data.length)),
  };
}

function heldOutRows(data: PretrainData, options: ConstructorParameters<typeof PretrainRows>[1]): Row[] {
  const tokens = data.heldOut.length - data.heldOutStart;
  if (tokens < 2) return [];
  const source = new PretrainRows(
    data.heldOut,
    { ...options, shuffle: false },
    data.heldOut.length,
    data.heldOutStart,
  );
  return Array.from({ length: Math.min(HELD_OUT_ROWS, source.rowsInEpoch()) }, (_, i) => source.row(0, i));
}
