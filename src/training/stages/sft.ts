/**
 * Stage 2, supervised fine-tuning (SFT): learn to answer, from dialogues.
 *
 *   L = - mean over the tokens of the answers of log p(token | question, answer so far)
 *
 * The same loss as in pretraining, looking at answers only: questions are there to be read, not to be learned. In between it goes
 * on with the text of pretraining, all of it learned: what is not rehearsed is forgotten (data/rows/mixed-rows.ts).
 */
import { readDialogues } from '../../data/dialogues.ts';
import { MixedRows } from '../../data/rows/mixed-rows.ts';
import { PretrainRows } from '../../data/rows/pretrain-rows.ts';
import { type Row, type RowSource, RowStream } from '../../data/rows/rows.ts';
import { requireDialogue, SftRows } from '../../data/rows/sft-rows.ts';
import { UserError } from '../../errors.ts';
import type { KnobTable, ValuesOf } from '../../knobs.ts';
import { AdamW } from '../../optim/adamw.ts';
import { fingerprintOf } from '../checkpoint.ts';
import { languageLoss } from '../language-loss.ts';
import { coolingDown, QUICK, totalSteps } from '../settings.ts';
import { defineStage, forPreset, type StagePlace } from '../stage.ts';
import { ofRows, supervised } from '../supervised.ts';
import { tokenizeCorpus, trainingTokens } from '../text-corpus.ts';

const QUICK_DIALOGUES = 600;

const knobs = {
  textShare: {
    ...{ type: 'number', min: 0, max: 0.9, default: 0.35 },
    help: 'share of the rows that are text of pretraining, so that it is not forgotten',
  },
  textWeight: {
    ...{ type: 'number', above: 0, max: 100, default: 1 },
    help: 'how much a token of that text counts, against 1 for a token of an answer',
  },
  questionWeight: {
    ...{ type: 'number', min: 0, max: 1, default: 0 },
    help: 'how much a token of a question counts: 0 reads it, more also learns to ask',
  },
} as const satisfies KnobTable;

type Place = StagePlace<ValuesOf<typeof knobs>>;

export const sft = defineStage({
  name: 'sft',
  share: 5,
  startsFrom: 'pretrain',
  learnsFrom: 'dialogues',
  leaves: 'chat',
  chatRank: 1,
  lossUnit: 'nats per token',
  knobs,
  ignores: ['packing'],
  settings: (preset) =>
    forPreset(
      {
        pico: { ...coolingDown, epochs: 3, batchSize: 8 },
        nano: { ...coolingDown, epochs: 3, learningRate: 1.5e-3, batchSize: 4 },
        micro: { ...coolingDown, epochs: 2, learningRate: 7e-4, batchSize: 8 },
        large: { learningRate: 3e-4, batchSize: 1, gradAccum: 16, finalShare: 0, warmup: 100, epochs: 3 },
      },
      preset,
    ),
  quick: QUICK.languageStage,

  rehearse({ files, tokenizer, context }) {
    for (const path of [files.sft, files.sftHeldOut])
      if (path !== null) requireDialogue(readDialogues(path), tokenizer, { context, source: path });
  },

  async prepare(place) {
    const { name, files, tokenizer, model, random, settings, context, seed, own, reporter, signal } = place;
    const path = files.sft;
    if (path === null) throw new UserError(`The stage ${name} needs dialogues`); // the run has checked that there are
    const { questionWeight } = own;
    const options = { context, seed, shuffle: settings.shuffle, questionWeight };
    const dialogues = take(readDialogues(path), place.quick ? QUICK_DIALOGUES : Infinity);
    const rows = await SftRows.inTurns(dialogues, tokenizer, { ...options, source: path }, signal);
    reporter.note(`dialogues: ${rows.kept.toLocaleString('en')}${leftOut(rows, context)}${mixedWith(own)}`);
    const text = own.textShare > 0 ? await textRows(place) : null;
    const { textShare: share, textWeight } = own;
    const source = text === null ? rows : new MixedRows(rows, text.rows, { share, textWeight });
    const objective = {
      ...ofRows,
      stage: name,
      model,
      rows: new RowStream(source),
      heldOut: await heldOutRows(place),
      loss: languageLoss(model),
    };
    const optimizer = new AdamW(model, settings);
    return {
      ...{ model, tokenizer, optimizer, random },
      ...supervised(objective, optimizer, settings),
      steps: totalSteps(settings, (epoch) => source.rowsInEpoch(epoch)),
      fingerprint: fingerprintOf([...rows.content(), ...(text?.tokens ?? [])]),
    };
  },
});

/** The text of pretraining, to be read again between dialogues. */
async function textRows(place: Place): Promise<{ rows: RowSource; tokens: Iterable<Uint16Array> }> {
  const { files, tokenizer, corpus, quick, signal, context, seed, settings } = place;
  const maxDocuments = quick ? QUICK.documents : Infinity;
  const data = await tokenizeCorpus(files, tokenizer, corpus, { maxDocuments, signal });
  const { shuffle } = settings;
  const options = { context, seed, eosId: tokenizer.eosId, shuffle, packing: 'isolated' as const };
  return { rows: new PretrainRows(data.tokens, options, data.length), tokens: trainingTokens(data) };
}

function mixedWith({ textShare }: ValuesOf<typeof knobs>): string {
  return textShare === 0 ? '' : `; ${(100 * textShare).toFixed(0)}% of the rows are text of pretraining`;
}

function leftOut({ tooLong, empty }: SftRows, context: number): string {
  const reasons = [
    ...(tooLong > 0
      ? [`${tooLong.toLocaleString('en')} left out: longer than the context of ${context} tokens`]
      : []),
    ...(empty > 0 ? [`${empty.toLocaleString('en')} left out: a question or an answer is empty`] : []),
  ];
  return reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
}

async function heldOutRows({ files, tokenizer, context, seed, signal }: StagePlace): Promise<Row[]> {
  const path = files.sftHeldOut;
  if (path === null) return [];
  const options = { context, seed, shuffle: false, source: path };
  const source = await SftRows.inTurns(readDialogues(path), tokenizer, options, signal);
  return Array.from({ length: source.rowsInEpoch(0) }, (_, i) => source.row(0, i));
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let n = 0;
  for (const item of items) {
    if (n++ === count) return;
    yield item;
  }
}
