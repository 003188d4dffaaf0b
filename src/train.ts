/**
 * npx tsx src/train.ts: from raw text to a model that answers.
 *
 *   tokenizer -> pretrain -> sft -> reward -> ppo, and dpo -> evaluate            (ppo and dpo both start from sft)
 *
 * Start reading here and go down: training/run.ts runs the stages, training/loop.ts is the loop, models/causal-lm.ts the model.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { alignmentChanges, alignmentFlags } from './cli/alignment.ts';
import { backendFlags, useBackend } from './cli/backend.ts';
import { runCommand } from './cli/command.ts';
import type { FlagTable, FlagValues } from './cli/flags.ts';
import { makeReporter } from './cli/progress.ts';
import { locateData } from './data/layout.ts';
import { UserError } from './errors.ts';
import { presetNames } from './models/presets.ts';
import { commandLine } from './training/history.ts';
import { runStages } from './training/run.ts';
import { type RunSettings, resumeRunSettings, type StageName, stageNames } from './training/run-settings.ts';
import type { StageSettings } from './training/settings.ts';
import { workOf } from './training/stage-context.ts';

const DEFAULT_PRESET = 'nano';

const flags = {
  preset: { type: 'choice', choices: presetNames(), help: 'size of the model', default: DEFAULT_PRESET },
  arch: { type: 'choice', choices: ['tinyllm'], help: 'architecture', default: 'tinyllm' },
  stages: {
    type: 'list',
    value: 'A,B',
    choices: stageNames,
    help: `stages to run: ${stageNames.join(', ')}`,
    default: 'all, as far as the data allows',
  },
  out: { type: 'text', value: 'DIR', help: 'where the run is kept', default: 'runs/default' },
  data: {
    type: 'text',
    value: 'PATH',
    help: 'directory in the layout of data/, or one corpus: .txt, .jsonl, .json, .parquet, .tsv, .csv or .bin',
    default: 'data',
  },
  'init-from': { type: 'text', value: 'DIR', help: 'start from the model and tokenizer in this directory' },
  resume: { type: 'boolean', help: 'continue an interrupted run where its last checkpoint left it' },
  seed: {
    type: 'number',
    whole: true,
    min: 0,
    max: 2 ** 32 - 1,
    help: 'seed of weights and data order',
    default: '42',
  },
  ...backendFlags,
  'vocab-size': {
    type: 'number',
    whole: true,
    min: 263,
    max: 65536,
    help: 'tokens in the vocabulary',
    default: "the preset's",
  },
  context: {
    type: 'number',
    whole: true,
    min: 8,
    max: 1 << 20,
    help: 'tokens in a row',
    default: "the preset's",
  },
  'max-steps': { type: 'number', whole: true, min: 1, help: 'at most so many updates in each stage' },
  epochs: { type: 'number', whole: true, min: 1, help: 'passes over the data in each stage' },
  'batch-size': { type: 'number', whole: true, min: 1, max: 65536, help: 'rows in a micro-batch' },
  'grad-accum': { type: 'number', whole: true, min: 1, max: 65536, help: 'micro-batches in an update' },
  lr: { type: 'number', above: 0, max: 10, help: 'highest learning rate' },
  schedule: {
    type: 'choice',
    choices: ['cosine', 'constant'],
    help: 'learning rate after the warm-up',
    default: 'cosine',
  },
  warmup: { type: 'number', whole: true, min: 0, help: 'steps until the learning rate is at its highest' },
  'weight-decay': { type: 'number', min: 0, max: 10, help: 'decay of the weight matrices' },
  'decay-embeddings': { type: 'boolean', help: 'also decay the embedding table' },
  'grad-clip': { type: 'number', min: 0, help: 'longest gradient, 0 for no limit' },
  'activation-checkpointing': {
    type: 'boolean',
    help: 'less memory: compute activations again for the gradient',
  },
  'no-shuffle': { type: 'boolean', help: 'keep the order of the data' },
  packing: {
    type: 'choice',
    choices: ['isolated', 'shared'],
    help: 'may documents in one row see each other',
    default: 'isolated',
  },
  'save-every': { type: 'number', whole: true, min: 1, help: 'steps between checkpoints' },
  quick: { type: 'boolean', help: 'every stage in seconds, on a part of the data' },
  ...alignmentFlags,
} as const satisfies FlagTable;

function changesFrom(values: FlagValues<typeof flags>): Partial<StageSettings> {
  const changes = {
    maxSteps: values['max-steps'],
    epochs: values.epochs,
    batchSize: values['batch-size'],
    gradAccum: values['grad-accum'],
    learningRate: values.lr,
    schedule: values.schedule,
    warmup: values.warmup,
    weightDecay: values['weight-decay'],
    decayEmbeddings: values['decay-embeddings'],
    gradClip: values['grad-clip'],
    activationCheckpointing: values['activation-checkpointing'],
    shuffle: values['no-shuffle'] === true ? false : undefined,
    packing: values.packing,
    saveEvery: values['save-every'],
  };
  return Object.fromEntries(
    Object.entries(changes).filter(([, value]) => value !== undefined),
  ) as Partial<StageSettings>;
}

/** Settings that were given on the command line, and nothing else. */
function given(values: FlagValues<typeof flags>): Partial<RunSettings> {
  const changes = changesFrom(values);
  const alignment = alignmentChanges(values);
  return {
    ...(values.preset === undefined ? {} : { preset: values.preset }),
    ...(values.stages === undefined ? {} : { stages: inOrder(values.stages) }),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values['init-from'] === undefined ? {} : { initFrom: values['init-from'] }),
    ...(values.seed === undefined ? {} : { seed: values.seed }),
    ...(values.context === undefined ? {} : { context: values.context }),
    ...(values['vocab-size'] === undefined ? {} : { vocabSize: values['vocab-size'] }),
    ...(values.quick === undefined ? {} : { quick: values.quick }),
    ...(values.backend === undefined ? {} : { backend: values.backend }),
    ...(values['gpu-mode'] === undefined ? {} : { gpuMode: values['gpu-mode'] }),
    ...(values.deterministic === undefined ? {} : { deterministic: values.deterministic }),
    ...(Object.keys(changes).length === 0 ? {} : { changes }),
    ...(Object.keys(alignment).length === 0 ? {} : { alignment }),
    ...(values['reward-from'] === undefined ? {} : { rewardFrom: values['reward-from'] }),
  };
}

function inOrder(stages: readonly string[]): StageName[] {
  return stageNames.filter((name) => stages.includes(name));
}

function newSettings(chosen: Partial<RunSettings>): RunSettings {
  const data = chosen.data ?? 'data';
  const files = locateData(data);
  const possible = stageNames.filter((stage) => {
    if (stage === 'sft') return files.sft !== null;
    if (stage === 'reward' || stage === 'ppo' || stage === 'dpo')
      return files.sft !== null && files.preferences !== null;
    return stage !== 'tokenizer' || (chosen.initFrom === undefined && !files.pretrain.endsWith('.bin'));
  });
  return {
    preset: DEFAULT_PRESET,
    stages: possible,
    initFrom: null,
    seed: 42,
    context: null,
    vocabSize: null,
    changes: {},
    alignment: {},
    rewardFrom: null,
    quick: false,
    backend: 'auto',
    gpuMode: null,
    deterministic: false,
    ...chosen,
    data,
  };
}

await runCommand({
  usage: 'npx tsx src/train.ts [flags]    train a small language model, from text to chat',
  flags,
  async run(values) {
    const out = values.out ?? 'runs/default';
    const resume = values.resume ?? false;
    const settings = resume ? resumeRunSettings(out, given(values)) : newSettings(given(values));
    if (settings.stages.length === 0) throw new UserError('--stages names no stage');
    let stopped = false;
    process.once('SIGINT', () => {
      stopped = true;
      process.stderr.write('\nStopping after this step; a second Ctrl-C stops at once.\n');
    });
    const reporter = makeReporter();
    const { backend, gpuMode, deterministic } = settings;
    const chosen = await useBackend({
      backend,
      gpuMode: gpuMode ?? undefined,
      deterministic,
      threads: values.threads,
      work: workOf(settings),
    });
    reporter.note(`backend: ${chosen.description}`);
    const context = {
      ...{ out, resume, reporter, backend: chosen.name, shouldStop: () => stopped },
      command: commandLine('src/train.ts', process.argv.slice(2)),
      settings: { ...settings, ...chosen.decided },
    };
    const complete = await runStages(context).finally(() => reporter.end('')); // a bar left open would keep the process alive
    if (!complete) {
      process.stderr.write(`Stopped. Continue with: npx tsx src/train.ts --resume --out ${out}\n`);
      return 130;
    }
    if (['sft', 'ppo', 'dpo'].some((stage) => existsSync(join(out, stage)))) {
      process.stderr.write(
        `\nTalk to it: npx tsx src/chat.ts${values.out === undefined ? '' : ` --model ${out}`}\n`,
      );
    }
    return 0;
  },
});
