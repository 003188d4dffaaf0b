/**
 * Stage 2, supervised fine-tuning (SFT): learn to answer, from dialogues. The loss looks at answers only.
 */
import { readDialogues } from '../data/dialogues.ts';
import { type Row, RowStream } from '../data/rows/rows.ts';
import { SftRows } from '../data/rows/sft-rows.ts';
import { maskedCrossEntropy } from '../losses/cross-entropy.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { fingerprint } from './checkpoint.ts';
import { ofRows } from './loop.ts';
import type { StageData } from './pretrain.ts';
import type { Reporter } from './reporter.ts';
import type { StageSettings } from './settings.ts';

export interface SftFiles {
  readonly train: string;
  readonly heldOut: string | null;
  readonly maxDialogues: number;
}

export function sftStage(
  model: CausalLM,
  tokenizer: Tokenizer,
  files: SftFiles,
  settings: StageSettings,
  { context, seed }: { readonly context: number; readonly seed: number },
  reporter: Reporter,
): StageData {
  const options = { context, seed, shuffle: settings.shuffle };
  const source = new SftRows(take(readDialogues(files.train), files.maxDialogues), tokenizer, {
    ...options,
    source: files.train,
  });
  reporter.note(`dialogues: ${source.kept.toLocaleString('en')}${leftOut(source, context)}`);
  const rows = new RowStream(source);
  return {
    rowsInEpoch: (epoch) => source.rowsInEpoch(epoch),
    objective: {
      ...ofRows,
      stage: 'sft',
      model,
      rows,
      heldOut: files.heldOut === null ? [] : heldOutRows(files.heldOut, tokenizer, options),
      loss: (batch, total) => maskedCrossEntropy(model, batch, total),
    },
    data: fingerprint(...source.content()),
  };
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

function heldOutRows(path: string, tokenizer: Tokenizer, options: { context: number; seed: number }): Row[] {
  const source = new SftRows(readDialogues(path), tokenizer, { ...options, shuffle: false, source: path });
  return Array.from({ length: source.rowsInEpoch(0) }, (_, i) => source.row(0, i));
}

function* take<T>(items: Iterable<T>, count: number): Generator<T> {
  let n = 0;
  for (const item of items) {
    if (n++ === count) return;
    yield item;
  }
}
