/**
 * Training `pico` for some steps on any backend, anywhere: the real training loop on rows made up here, in Node or in a page.
 *
 * Nothing reads synchronously, so a device whose memory JavaScript cannot see trains the same way. One call at a time: new
 * tensors are made on the default backend, which is this one until the last step is done.
 */
import { type Row, RowStream } from '../../src/data/rows/rows.ts';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { preset } from '../../src/models/presets.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { type Backend, getDefaults, IGNORE_INDEX, Random, setDefaults } from '../../src/tensor/index.ts';
import { trainingLoop } from '../../src/training/loop.ts';
import { stageSettings } from '../../src/training/settings.ts';
import { ofRows, supervised } from '../../src/training/supervised.ts';

const config = preset('pico');

export interface PicoSize {
  /** Rows of a step (B), tokens of a row (T). */
  readonly rows: number;
  readonly length: number;
}
export const picoSize: PicoSize = { rows: 4, length: 64 };

/** Rows of two documents that count in steps of their own; the first tokens of a row are no targets. */
function row(index: number, T: number): Row {
  const random = new Random(index + 1);
  const [start, step, cut] = [random.int(config.vocabSize), 1 + random.int(3), 20 + random.int(20)];
  const at = (t: number) => (start + step * t) % config.vocabSize;
  return {
    inputs: Int32Array.from({ length: T }, (_, t) => at(t)),
    targets: Int32Array.from({ length: T }, (_, t) => (t < 3 ? IGNORE_INDEX : at(t + 1))),
    documents: Uint16Array.from({ length: T }, (_, t) => (t < cut ? 0 : 1)),
  };
}

/** The loss of every step. `afterStep` is called with the number of steps done, while the model is there. */
export async function picoLosses(
  backend: Backend,
  steps: number,
  afterStep: (step: number) => void = () => {},
  { rows, length }: PicoSize = picoSize,
): Promise<number[]> {
  const settings = stageSettings({
    batchSize: rows,
    warmup: 5,
    logEvery: 1,
    evaluateEvery: 1e9,
  });
  const before = getDefaults();
  setDefaults({ backend, dtype: 'float32' });
  const losses: number[] = [];
  try {
    const model = new CausalLM(config, new Random(1));
    const objective = {
      ...ofRows,
      stage: 'pretrain',
      model,
      rows: new RowStream({ rowsInEpoch: () => 1000, row: (_, index) => row(index, length) }),
      heldOut: [],
      loss: (batch: Parameters<typeof maskedCrossEntropy>[1], total: number) =>
        maskedCrossEntropy(model, batch, total),
    };
    await trainingLoop(
      supervised(objective, new AdamW(model, settings), settings),
      settings,
      { stage: objective.stage, startStep: 0, steps },
      {
        onStep({ loss, step }) {
          losses.push(loss);
          afterStep(step);
        },
        save: async () => {},
        shouldStop: () => false,
      },
    );
  } finally {
    setDefaults(before);
  }
  return losses;
}
