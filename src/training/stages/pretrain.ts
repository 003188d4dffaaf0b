/**
 * Stage 1, pretraining: learn the language (and the facts told in it) by predicting every next token of plain text.
 *
 *   L = - mean over all tokens of log p(token | what precedes it in its document)
 *
 * The corpus is turned into a token file once (text-corpus.ts), and rows are read from it by position.
 */
import { PretrainRows } from '../../data/rows/pretrain-rows.ts';
import { type Row, RowStream } from '../../data/rows/rows.ts';
import { AdamW } from '../../optim/adamw.ts';
import { fingerprintOf } from '../checkpoint.ts';
import { languageLoss } from '../language-loss.ts';
import { coolingDown, QUICK, totalSteps } from '../settings.ts';
import { defineStage, forPreset } from '../stage.ts';
import { ofRows, supervised } from '../supervised.ts';
import { type Corpus, tokenizeCorpus, trainingTokens } from '../text-corpus.ts';

/** Held-out rows used during training; the evaluation at the end reads all of the text. */
const HELD_OUT_ROWS = 64;

export const pretrain = defineStage({
  name: 'pretrain',
  share: 8,
  startsFrom: 'tokenizer',
  learnsFrom: 'text',
  leaves: 'base',
  lossUnit: 'nats per token',
  knobs: {},
  settings: (preset) =>
    forPreset(
      {
        // A fact is not known for having been read once: three times, in many different words (docs/log.md).
        pico: { ...coolingDown, epochs: 3 },
        nano: { ...coolingDown, epochs: 3, learningRate: 2e-3, batchSize: 4 },
        micro: { ...coolingDown, epochs: 3, learningRate: 1e-3, batchSize: 8 },
        // The reference's learning rate and warm-up, in batches that a laptop can hold.
        large: { learningRate: 3e-4, batchSize: 1, gradAccum: 16, finalShare: 0, warmup: 200 },
      },
      preset,
    ),
  quick: QUICK.languageStage,

  async prepare(place) {
    const { name, files, tokenizer, model, random, settings, context, seed, corpus, reporter, signal } =
      place;
    const limits = { maxDocuments: place.quick ? QUICK.documents : Infinity };
    const data = await tokenizeCorpus(files, tokenizer, corpus, { ...limits, signal });
    if (data.heldOut !== data.tokens)
      reporter.note(`corpus: ${count(data.length)} tokens, ${count(data.heldOut.length)} held out`);
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
      fingerprint: fingerprintOf(trainingTokens(data)),
    };
  },
});

function count(n: number): string {
  return n.toLocaleString('en');
}

function heldOutRows(data: Corpus, options: ConstructorParameters<typeof PretrainRows>[1]): Row[] {
  const { heldOut, heldOutStart } = data;
  if (heldOut.length - heldOutStart < 2) return [];
  const source = new PretrainRows(heldOut, { ...options, shuffle: false }, heldOut.length, heldOutStart);
  return Array.from({ length: Math.min(HELD_OUT_ROWS, source.rowsInEpoch()) }, (_, i) => source.row(0, i));
}
