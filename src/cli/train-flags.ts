/**
 * The flags of src/train.ts: those of a run, and one for every knob of the loop and of the stages.
 */
import { UserError } from '../errors.ts';
import { flagName, type Knob, type KnobTable, type KnobValue } from '../knobs.ts';
import { allArchitectures, architectureNames } from '../models/architectures/index.ts';
import { allPresetNames, DEFAULT_ARCHITECTURE, nearestPreset } from '../models/presets.ts';
import type { Fitted, Given } from '../training/corpus-fit.ts';
import { possibleStages } from '../training/run-checks.ts';
import { defaultSettings, type RunSettings, resumeRunSettings } from '../training/run-settings.ts';
import { frameKnobs } from '../training/settings.ts';
import type { Stage } from '../training/stage.ts';
import { EVALUATE, stages } from '../training/stages/index.ts';
import { startingModel } from '../training/start.ts';
import { backendFlags } from './backend.ts';
import type { Flag, FlagTable, FlagValues } from './flags.ts';

const stageNames = [...stages.map(({ name }) => name), EVALUATE];

const runFlags = {
  preset: {
    type: 'choice',
    choices: allPresetNames(),
    help: 'size of the model',
    default: defaultSettings.preset,
  },
  arch: {
    type: 'choice',
    choices: architectureNames(),
    help: 'architecture',
    default: `${DEFAULT_ARCHITECTURE}, or that of the model it starts from`,
  },
  stages: {
    ...{ type: 'list', value: 'A,B', choices: stageNames },
    help: `stages to run: ${stageNames.join(', ')}`,
    default: `all but ${optionalStages()}, as far as the data allows`,
  },
  out: { type: 'text', value: 'DIR', help: 'where the run is kept', default: 'runs/default' },
  data: {
    ...{ type: 'text', value: 'PATH' },
    help: 'directory in the layout of data/, or one corpus: .txt, .jsonl, .json, .parquet, .tsv, .csv or .bin',
    default: defaultSettings.data,
  },
  'init-from': { type: 'text', value: 'DIR', help: 'start from the model and tokenizer in this directory' },
  resume: { type: 'boolean', help: 'continue an interrupted run where its last checkpoint left it' },
  seed: {
    ...{ type: 'number', whole: true, min: 0, max: 2 ** 32 - 1 },
    help: 'seed of weights and data order',
    default: String(defaultSettings.seed),
  },
  ...backendFlags,
  'vocab-size': {
    ...{ type: 'number', whole: true, min: 263, max: 65536 },
    help: 'tokens in the vocabulary',
    default: "the preset's",
  },
  context: {
    ...{ type: 'number', whole: true, min: 8, max: 1 << 20 },
    help: 'tokens in a row',
    default: "the preset's",
  },
  minutes: {
    ...{ type: 'number', above: 0, max: 100_000 },
    help: 'how long the run may take: as many steps as fit, measured on this machine',
    default: 'no limit',
  },
  quick: { type: 'boolean', help: 'every stage in seconds, on a part of the data' },
} as const satisfies FlagTable;

/**
 * A knob, the flag that turns it, and what reads it: certain stages, certain architectures, or (neither named) the loop of every
 * stage.
 */
interface KnobFlag {
  readonly name: string;
  readonly knob: Knob;
  readonly stages: readonly string[];
  readonly architectures: readonly string[];
}

const knobFlags = collectKnobs();

export const trainFlags: typeof runFlags & FlagTable = {
  ...runFlags,
  ...Object.fromEntries([...knobFlags].map(([flag, each]) => [flag, flagOf(each)])),
};

export type TrainValues = FlagValues<typeof runFlags> & Readonly<Record<string, unknown>>;

/** The settings of a run: those of an earlier one with --resume, else the defaults with what was given on top. */
export function settingsFrom(values: TrainValues, out: string): RunSettings {
  refuseTwoLengths(values);
  const given = givenSettings(values);
  const settings = values.resume ? resumeRunSettings(out, given, stages) : newSettings(given, out);
  refuseForeignKnobs(values, settings);
  refuseIdleFlags(values, settings);
  return settings;
}

/** Which of the settings that fit a run to its corpus the flags have settled. */
export function givenSizes(values: TrainValues): Given {
  const flags: Record<Fitted, readonly string[]> = {
    preset: ['preset'],
    vocabSize: ['vocab-size'],
    context: ['context'],
    epochs: ['epochs', 'max-steps'],
  };
  const named = Object.entries(flags).filter(([, names]) => names.some((name) => values[name] !== undefined));
  return new Set(named.map(([setting]) => setting as Fitted));
}

/** --minutes counts the steps itself. */
function refuseTwoLengths(values: TrainValues): void {
  if (values.minutes === undefined) return;
  for (const flag of ['max-steps', 'epochs', 'quick'])
    if (values[flag] !== undefined)
      throw new UserError(`--minutes and --${flag} both say how long to train; leave one of them out`);
}

/** A model to start from is what it is: its size and architecture are those of the run. */
function newSettings(given: Partial<RunSettings>, out: string): RunSettings {
  const defaults = { ...defaultSettings, ...given };
  const possible = () => possibleStages(stages, defaults.data, defaults.initFrom).map(({ name }) => name);
  const settings = { ...defaults, stages: given.stages ?? [...possible(), EVALUATE] };
  const start = startingModel(stages, { out, settings });
  if (start === null) return settings;
  const size = nearestPreset(start);
  if (given.preset !== undefined && given.preset !== size) {
    throw new UserError(
      `--preset ${given.preset}: the run starts from a model of the size ${size}; leave the flag out`,
    );
  }
  return { ...settings, preset: size, arch: settings.arch ?? start.arch };
}

/** What was given on the command line, and nothing else. */
function givenSettings(values: TrainValues): Partial<RunSettings> {
  const { stages: named } = values;
  const settings = {
    preset: values.preset,
    arch: values.arch,
    stages: named && stageNames.filter((name) => named.includes(name)),
    data: values.data,
    initFrom: values['init-from'],
    seed: values.seed,
    context: values.context,
    vocabSize: values['vocab-size'],
    minutes: values.minutes,
    changes: changesFrom(values),
    backend: values.backend,
    gpuMode: values['gpu-mode'],
    deterministic: values.deterministic,
    quick: values.quick,
  };
  const present = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Partial<RunSettings>;
}

/** Knobs that were turned; undefined if none was. */
export function changesFrom(
  values: Readonly<Record<string, unknown>>,
): Record<string, KnobValue> | undefined {
  const changes: Record<string, KnobValue> = {};
  for (const [flag, { name, knob }] of knobFlags) {
    if (values[flag] === undefined) continue;
    changes[name] = knob.type === 'boolean' ? !knob.default : (values[flag] as KnobValue);
  }
  return Object.keys(changes).length === 0 ? undefined : changes;
}

/** A flag that nothing in this run reads is a mistake, not a wish. */
function refuseForeignKnobs(values: TrainValues, { stages: chosen, arch }: RunSettings): void {
  for (const [flag, { stages: readers, architectures }] of knobFlags) {
    if (values[flag] === undefined) continue;
    if (readers.length > 0 && !readers.some((name) => chosen.includes(name)))
      throw new UserError(
        `--${flag} is for the stage ${anyOf(readers)}, which is not among the stages of this run`,
      );
    const own = arch ?? DEFAULT_ARCHITECTURE;
    if (architectures.length > 0 && !architectures.includes(own))
      throw new UserError(
        `--${flag} is for the architecture ${anyOf(architectures)}, not for ${own}; see --arch`,
      );
  }
}

/** A flag of the run, or a knob of the loop, that none of the chosen stages reads. */
function refuseIdleFlags(values: TrainValues, { stages: chosen, initFrom }: RunSettings): void {
  const made = stages.filter(({ name }) => chosen.includes(name));
  const trained = made.filter(({ prepare }) => prepare !== undefined);
  const refuse = (flag: string, why: string) => {
    throw new UserError(`--${flag} has no effect here: ${why}; leave it out`);
  };
  if (values['vocab-size'] !== undefined && !made.some(({ leaves }) => leaves === 'vocabulary'))
    refuse(
      'vocab-size',
      initFrom === null ? 'no vocabulary is made' : '--init-from brings its own vocabulary',
    );
  if (values.minutes !== undefined && trained.length === 0) refuse('minutes', 'nothing is trained');
  for (const flag of ['preset', 'arch', 'context'] as const)
    if (values[flag] !== undefined && made.length === 0) refuse(flag, 'nothing is made');
  if (values.seed !== undefined && trained.length === 0) refuse('seed', 'nothing is trained');
  for (const [flag, { name, stages: readers, architectures }] of knobFlags) {
    if (values[flag] === undefined || readers.length + architectures.length > 0) continue;
    if (trained.length === 0) refuse(flag, 'nothing is trained');
    const isIgnored = ({ ignores = [] }: Stage) => (ignores as readonly string[]).includes(name);
    if (trained.every(isIgnored))
      refuse(flag, `${namesOf(trained)} ${trained.length === 1 ? 'does' : 'do'} not read it`);
  }
}

function namesOf(chosen: readonly Stage[]): string {
  return chosen.map(({ name }) => name).join(' and ');
}

function anyOf(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(' or ');
}

function collectKnobs(): Map<string, KnobFlag> {
  const found = new Map<string, KnobFlag>();
  const add = (table: KnobTable, reader: { readonly stages?: string; readonly architectures?: string }) => {
    for (const [name, knob] of Object.entries(table)) {
      const flag = flagName(name, knob);
      const known = found.get(flag) ?? { name, knob, stages: [], architectures: [] };
      if (known.knob !== knob || flag in runFlags)
        throw new TypeError(`Two knobs share the flag --${flag}; one of them needs another name`);
      const { stages: stage, architectures: architecture } = reader;
      found.set(flag, {
        ...known,
        stages: [...known.stages, ...(stage === undefined ? [] : [stage])],
        architectures: [...known.architectures, ...(architecture === undefined ? [] : [architecture])],
      });
    }
  };
  for (const { name, knobs } of allArchitectures()) add(knobs, { architectures: name });
  add(frameKnobs, {});
  for (const { name, knobs } of stages) add(knobs, { stages: name });
  return found;
}

/** The row of the flag table for a knob. */
function flagOf({ knob, stages: readers, architectures }: KnobFlag): Flag {
  const owners = [...architectures, ...readers];
  const help = owners.length === 0 ? knob.help : `${owners.join(', ')}: ${knob.help}`;
  if (knob.type === 'boolean') return { type: 'boolean', help };
  const text = knob.default === null ? (knob.absent ?? '') : String(knob.default);
  // Stages and presets have defaults of their own for the knobs of the loop.
  const shown = owners.length === 0 ? `${text}; stage and preset may say otherwise` : text;
  switch (knob.type) {
    case 'choice':
      return { type: 'choice', choices: knob.choices, help, default: shown };
    case 'text':
      return { type: 'text', value: knob.value, help, default: shown };
    case 'number': {
      const { whole, min, max, above } = knob;
      const range = Object.entries({ whole, min, max, above }).filter(([, limit]) => limit !== undefined);
      return { type: 'number', ...Object.fromEntries(range), help, default: shown };
    }
  }
}

function optionalStages(): string {
  return stages.flatMap(({ name, byDefault = true }) => (byDefault ? [] : [name])).join(', ');
}
