/** A run directory with curves of any shape, written without training: what the tests of src/diagnosis/ look at. */
import { join } from 'node:path';
import { makeReference, type Reference } from '../../src/diagnosis/reference.ts';
import type { RunRecord } from '../../src/diagnosis/run-record.ts';
import { readRun } from '../../src/diagnosis/run-record.ts';
import { toHfConfig } from '../../src/formats/hf/config.ts';
import { prettyJson } from '../../src/formats/json.ts';
import { valuesOf } from '../../src/knobs.ts';
import { preset } from '../../src/models/presets.ts';
import { frameKnobs } from '../../src/training/settings.ts';
import { stageNamed, stages } from '../../src/training/stages/index.ts';
import { put, temporaryFolder } from '../data/temporary.ts';

/** The value of a curve when a share of the steps is done; `seed` makes it a little different. */
export type Shape = (share: number, step: number) => number;

export interface MadeStage {
  readonly curves: Readonly<Record<string, Shape>>;
  readonly steps?: number;
  /** Steps made; all by default. */
  readonly done?: number;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly own?: Readonly<Record<string, unknown>>;
  readonly fresh?: boolean;
  readonly data?: Readonly<Record<string, string>>;
}

export interface MadeRun {
  readonly stages: Readonly<Record<string, MadeStage>>;
  readonly seed?: number;
  readonly failed?: Readonly<Record<string, string>>;
  readonly evaluation?: object;
}

const sum = (letter: string) => letter.repeat(64);
export const VOCABULARY = 512;
export const GUESSING = Math.log(VOCABULARY);

/** Writes the run and returns its directory. */
export function makeUpRun({ stages: made, seed = 42, failed, evaluation }: MadeRun): string {
  const folder = join(temporaryFolder(), 'run');
  const names = Object.keys(made);
  put(folder, 'run.json', prettyJson({ preset: 'pico', stages: names, data: 'data', seed }));
  const lines: string[] = [];
  for (const [name, stage] of Object.entries(made)) {
    const {
      curves,
      steps = 200,
      done = steps,
      settings,
      own,
      fresh = false,
      data = { [name]: sum('d') },
    } = stage;
    const usual = valuesOf(
      frameKnobs,
      stageNamed(name)!.settings('pico'),
      (settings ?? {}) as Record<string, number>,
    );
    const config = { ...preset('pico'), vocabSize: VOCABULARY };
    for (let step = 1; step <= done; step++) {
      if (step > 10 && step % 10 !== 0 && step !== steps) continue;
      const warm = usual.warmup === 0 ? 1 : Math.min(1, step / usual.warmup);
      const values = Object.entries(curves).map(([curve, shape]) => [
        curve,
        shape((step - 1) / (steps - 1), step),
      ]);
      const line = { stage: name, step, lr: usual.learningRate * warm, tokensPerSecond: 1000 };
      lines.push(JSON.stringify({ ...line, ...Object.fromEntries(values) }));
    }
    const origin = {
      ...{ stage: name, seed, context: 64, quick: false, settings: usual, data },
      own: { ...valuesOf(stageNamed(name)!.knobs), ...own },
      ...{ model: fresh ? { ...config } : {}, from: {} },
    };
    put(folder, `${name}/stage.json`, prettyJson(origin));
    put(folder, `${name}/trainer_state.json`, prettyJson({ step: done, steps }));
    put(folder, `${name}/config.json`, prettyJson(toHfConfig(config, { bosId: 1, eosId: 2, padId: 0 })));
  }
  put(folder, 'metrics.jsonl', lines.map((line) => `${line}\n`).join(''));
  const session = {
    started: '2026-01-01T00:00:00Z',
    seconds: Object.fromEntries(names.map((name) => [name, 1])),
  };
  put(folder, 'history.json', prettyJson([{ ...session, ...(failed === undefined ? {} : { failed }) }]));
  if (evaluation !== undefined) put(folder, 'evaluation.json', prettyJson(evaluation));
  return folder;
}

export const recordOf = (made: MadeRun): RunRecord => readRun(stages, makeUpRun(made));

/** From `from` down (or up) to `to`, fast at first. */
export const towards =
  (from: number, to: number): Shape =>
  (share) =>
    to + (from - to) * Math.exp(-6 * share);

export const flat =
  (value: number): Shape =>
  () =>
    value;

/** How every stage goes where nothing is wrong. */
export const good: Readonly<Record<string, MadeStage>> = {
  pretrain: {
    fresh: true,
    curves: {
      loss: towards(GUESSING, 1),
      gradNorm: towards(2, 0.5),
      heldOutLoss: towards(GUESSING, 1.1),
    },
  },
  sft: { curves: { loss: towards(1.5, 0.5), gradNorm: flat(1), heldOutLoss: towards(1.5, 0.6) } },
  reward: {
    curves: {
      ...{ loss: towards(0.7, 0.1), gradNorm: flat(1), heldOutLoss: towards(0.7, 0.2) },
      ...{ accuracy: towards(0.5, 0.97), heldOutAccuracy: towards(0.5, 0.95), margin: towards(0, 4) },
    },
  },
  ppo: {
    own: { klCoefficient: 0.05 },
    curves: {
      ...{ loss: flat(0.1), gradNorm: flat(1), score: towards(0, 1), gold: towards(0.6, 0.9) },
      ...{ kl: towards(0, 2), klCoefficient: flat(0.05), entropy: towards(0.5, 0.3) },
    },
  },
  dpo: {
    curves: {
      ...{
        loss: towards(Math.LN2, 0.1),
        gradNorm: flat(3),
        accuracy: towards(0.5, 0.97),
        margin: towards(0, 5),
      },
      ...{ heldOutAccuracy: towards(0.5, 0.95), heldOutLoss: towards(Math.LN2, 0.15) },
      ...{ chosenLogProb: towards(-4, -5), rejectedLogProb: towards(-20, -35) },
    },
  },
};

/** Three runs as they should be: what others are compared with. */
export function madeUpReference(): Reference {
  return makeReference([1, 2, 3].map((seed) => recordOf({ seed, stages: good })));
}

/** A good run whose stage has other curves. */
export function withCurves(
  name: string,
  curves: MadeStage['curves'],
  rest: Partial<MadeStage> = {},
): MadeRun {
  const stage = good[name]!;
  return { stages: { [name]: { ...stage, ...rest, curves: { ...stage.curves, ...curves } } } };
}
