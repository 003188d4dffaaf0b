/** A stage's place with the tiny model in it: what `prepare` and `make` are called with, without a run around them. */
import { locateData } from '../../../src/data/layout.ts';
import { Random } from '../../../src/tensor/index.ts';
import type { StagePlace } from '../../../src/training/stage.ts';
import { temporaryFolder } from '../../data/temporary.ts';
import { tinyModel, tinySettings, tinyTokenizer } from '../tiny.ts';

export const CONTEXT = 16;

/** Over the data at `data`; `notes` are what the person is told. */
export function placeAt(
  data: string,
  changes: Partial<StagePlace> = {},
): { place: StagePlace; notes: string[] } {
  const notes: string[] = [];
  const silent = { begin: () => {}, advance: () => {}, end: () => {} };
  const place: StagePlace = {
    ...{ name: 'stage', tokenizer: tinyTokenizer, model: tinyModel(), start: null, random: new Random(1) },
    ...{ files: locateData(data), own: {}, settings: tinySettings({ batchSize: 1 }), context: CONTEXT },
    ...{
      seed: 1,
      quick: false,
      corpus: temporaryFolder(),
      willRun: () => true,
      willHave: () => true,
      directoryOf: () => '',
    },
    reporter: { ...silent, note: (text) => void notes.push(text) },
    ...changes,
  };
  return { place, notes };
}
