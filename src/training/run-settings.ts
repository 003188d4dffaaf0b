/**
 * What defines a run: kept in run.json, so that `--resume` needs no flag repeated and changes nothing silently.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { prettyJson } from '../formats/json.ts';
import { type Changes, knobSchema } from '../knobs.ts';
import { allArchitectures, architectureNamed, architectureNames } from '../models/architectures/index.ts';
import type { ModelConfig } from '../models/config.ts';
import { allPresetNames, DEFAULT_ARCHITECTURE, preset } from '../models/presets.ts';
import {
  boolean,
  choice,
  list,
  nullable,
  number,
  object,
  parse,
  type Schema,
  text,
  withDefault,
} from '../schema.ts';
import { writeFileAtomically } from '../storage/atomic.ts';
import { readText } from '../storage/read-file.ts';
import { RUN_FILE } from '../storage/run-directory.ts';
import { frameKnobs, QUICK } from './settings.ts';
import type { Stage } from './stage.ts';
import { EVALUATE } from './stages/index.ts';

export interface RunSettings {
  readonly preset: string;
  /** Null: that of the model it starts from, or the default one. */
  readonly arch: string | null;
  /** Names of the stages, in order; "evaluate" may be the last of them. */
  readonly stages: readonly string[];
  readonly data: string;
  readonly initFrom: string | null;
  readonly seed: number;
  /** Tokens in a row; the preset's by default. */
  readonly context: number | null;
  /** Size of the vocabulary; the preset's by default, or less where the corpus is small. */
  readonly vocabSize: number | null;
  /** Which of these a look at the corpus has chosen, and no flag (corpus-fit.ts). */
  readonly fitted: readonly string[];
  /** How long all stages together may take; null: as long as they take. */
  readonly minutes: number | null;
  /** Knobs that were turned: each stage takes those that are its own. */
  readonly changes: Changes;
  /** Where it computes: other kernels round differently, so a resumed run keeps to it. */
  readonly backend: string;
  /** Mode of the gpu backend; the best that starts by default. */
  readonly gpuMode: string | null;
  readonly deterministic: boolean;
  /** Every stage in seconds, on a part of the data: to see that it all works. */
  readonly quick: boolean;
}

/** Written once: the run of `npx tsx src/train.ts` without a flag. Which stages that is depends on the data. */
export const defaultSettings: Omit<RunSettings, 'stages'> = {
  preset: 'nano',
  arch: null,
  data: 'data',
  initFrom: null,
  seed: 42,
  context: null,
  vocabSize: null,
  fitted: [],
  minutes: null,
  changes: {},
  backend: 'auto',
  gpuMode: null,
  deterministic: false,
  quick: false,
};

/** Tokens in a row for a model that can read `limit`. */
export function contextOf({ context, quick }: Pick<RunSettings, 'context' | 'quick'>, limit: number): number {
  return context ?? (quick ? Math.min(QUICK.context, limit) : limit);
}

/** The model of the run's preset, before its tokenizer is known. */
export function configOf({ preset: name, arch, vocabSize, changes, ...rest }: RunSettings): ModelConfig {
  const base = preset(name, arch ?? DEFAULT_ARCHITECTURE);
  return {
    ...base,
    ...modelChanges(arch, changes),
    vocabSize: vocabSize ?? (rest.quick ? QUICK.vocabSize : base.vocabSize),
    maxPositionEmbeddings: contextOf(rest, base.maxPositionEmbeddings),
  };
}

/** The knobs of the architecture that were turned: fields of the config of a new model. */
export function modelChanges(arch: string | null, changes: Changes): Partial<ModelConfig> {
  const { knobs } = architectureNamed(arch ?? DEFAULT_ARCHITECTURE);
  return Object.fromEntries(
    Object.entries(changes).filter(([name, value]) => name in knobs && value !== null),
  );
}

/** What a directory is known by as that of a run, also where its first file was being written when the power went. */
export const RUN_FILES = [RUN_FILE, `${RUN_FILE}.partial`];

export function hasRunSettings(out: string): boolean {
  return existsSync(join(out, RUN_FILE));
}

export function writeRunSettings(out: string, settings: RunSettings): void {
  writeFileAtomically(join(out, RUN_FILE), prettyJson(settings));
}

/** What run.json holds, for a program that knows these stages. */
function settingsSchema(known: readonly Stage[]): Schema<RunSettings> {
  const architectures = allArchitectures();
  const knobs = [
    frameKnobs,
    ...known.map((stage) => stage.knobs),
    ...architectures.map((each) => each.knobs),
  ];
  return object({
    preset: choice(allPresetNames()),
    arch: nullable(choice(architectureNames())),
    stages: list(choice([...known.map(({ name }) => name), EVALUATE]), { min: 1 }),
    data: text(),
    initFrom: nullable(text()),
    seed: number({ whole: true, min: 0, max: 2 ** 32 - 1 }),
    context: nullable(number({ whole: true, min: 8, max: 1 << 20 })),
    vocabSize: nullable(number({ whole: true, min: 263, max: 65536 })),
    fitted: withDefault(list(text()), []),
    minutes: withDefault(nullable(number({ above: 0 })), null),
    changes: knobSchema(...knobs) as Schema<Changes>,
    backend: choice(['auto', 'reference', 'wasm', 'gpu']),
    gpuMode: nullable(text()),
    deterministic: boolean(),
    quick: boolean(),
  });
}

/** Settings of an earlier run. A flag given now that says something else is refused. */
export function resumeRunSettings(
  out: string,
  given: Partial<RunSettings>,
  known: readonly Stage[],
): RunSettings {
  const path = join(out, RUN_FILE);
  if (!existsSync(path))
    throw new UserError(`--resume: there is no run in ${out}; start one without --resume`);
  const saved = parse(settingsSchema(known), readText(path), path, 'start a new run with --out');
  for (const place of [saved.data, saved.initFrom]) {
    if (place === null || existsSync(place)) continue;
    throw new UserError(
      `${path} names ${place}, and there is nothing there (from this directory); go to where the run was started, or put it back`,
    );
  }
  for (const [name, value] of Object.entries(given)) {
    if (name === 'changes') {
      for (const [knob, wanted] of Object.entries(value as Changes))
        refuseChange(out, knob, saved.changes[knob], wanted);
    } else {
      refuseChange(out, name, saved[name as keyof RunSettings], value);
    }
  }
  return saved;
}

function refuseChange(out: string, name: string, before: unknown, now: unknown): void {
  if (JSON.stringify(before) === JSON.stringify(now)) return;
  if (name === 'arch' && before === null && now === DEFAULT_ARCHITECTURE) return;
  const was =
    before === undefined || before === null ? `the default ${name}` : `${name} ${JSON.stringify(before)}`;
  throw new UserError(
    `--resume: the run in ${out} was started with ${was}, not ${JSON.stringify(now)}; ` +
      'leave the flag out, or start another run with --out',
  );
}
