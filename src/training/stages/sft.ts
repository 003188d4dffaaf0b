/**
 * Stage 2, supervised fine-tuning (SFT): learn to answer, from dialogues.
 *
 *   L = - mean over the tokens of the answers of log p(token | question, answer so far)
 *
 * The same loss as in pretraining, looking at answers only: questions are there to be read, not to be learned.
 */
import { readDialogues } from '../../data/dialogues.ts';
import { type Row, RowStream } from '../../data/rows/rows.ts';
import { requireDialogue, SftRows } from '../../data/rows/sft-rows.ts';
import { UserError } from '../../errors.ts';
import { AdamW } from '../../optim/adamw.ts';
import { fingerprintOf } from '../checkpoint.ts';
import { languageLoss } from '../language-loss.ts';
import { QUICK, totalSteps } from '../settings.ts';
import { defineStage, forPreset, type StagePlace } from '../stage.ts';
import { ofRows, supervised } from '../supervised.ts';

const QUICK_DIALOGUES = 600;

export const sft = defineStage({
  name: 'sft',
  startsFrom: 'pretrain',
  learnsFrom: 'dialogues',
  leaves: 'chat',
  chatRank: 1,
  lossUnit: 'nats per token',
  knobs: {},
  ignores: ['packing'],
  settings: (preset) =>
    forPreset(
      {
        pico: { epochs: 6, batchSize: 8 },
        nano: { epochs: 4, batchSize: 8 },
        micro: { epochs: 3, learningRate: 1e-3, batchSize: 8 },
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
    const { name, files, tokenizer, model, random, settings, context, seed, reporter, signal } = place;
    const path = files.sft;
    if (path === null) throw new UserError(`The stage ${name} needs dialogues`); // the run has checked that there are
    const options = { context, seed, shuffle: settings.shuffle };
    const dialogues = take(readDialogues(path), place.quick ? QUICK_DIALOGUES : Infinity);
    const source = await SftRows.inTurns(dialogues, tokenizer, { ...options, source: path }, signal);
    reporter.note(`dialogues: ${source.kept.toLocaleString('en')}${leftOut(source, context)}`);
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
      fingerprint: fingerprintOf(source.content()),
    };
  },
});

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
