/**
 * npx tsx bench/moe-quality.ts: what a mixture of experts learns, against dense models, on the shipped world.
 *
 *   dense        nano of tinyllm: as many parameters as the mixture uses for a token
 *   moe          nano of moe: 8 experts, 2 per token, one shared
 *   wide         nano of tinyllm with a wider feed-forward part: as many parameters as the mixture has in all
 *   dense-xN, moe-xN, wide-xN     the same with a first W_down N times as large
 *
 * Each is trained by the stages of src/train.ts on the same tokens in the same order. Prints one JSON object per model and seed:
 * held-out loss after pretraining, load of the router, and, after SFT, facts answered. Results: docs/architectures.md.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useBackend } from '../src/cli/backend.ts';
import { runCommand } from '../src/cli/command.ts';
import type { FlagTable } from '../src/cli/flags.ts';
import { makeReporter } from '../src/cli/progress.ts';
import { UserError } from '../src/errors.ts';
import { evaluateModel } from '../src/evaluation/evaluate.ts';
import { type Architecture, attentionSizes } from '../src/models/architectures/architecture.ts';
import { architectureNamed, registerArchitecture } from '../src/models/architectures/index.ts';
import { preset } from '../src/models/presets.ts';
import { activeParameterCount, parameterCount } from '../src/models/shapes.ts';
import { Block } from '../src/nn/block.ts';
import { MoE } from '../src/nn/moe.ts';
import { SwiGLU } from '../src/nn/swiglu.ts';
import { loadModelDirectory } from '../src/storage/model-directory.ts';
import { Run } from '../src/training/run.ts';
import { defaultSettings } from '../src/training/run-settings.ts';
import { runStage } from '../src/training/run-stage.ts';
import { stages } from '../src/training/stages/index.ts';

/** Its model has as many parameters as moe's nano has in all: 2,087,552 and 2,092,160. */
const WIDE = 1016;

const flags = {
  models: { type: 'list', value: 'A,B', help: 'which of them', default: 'dense,moe,wide' },
  seeds: { type: 'list', value: 'A,B', help: 'seeds', default: '42,1,2' },
  out: { type: 'text', value: 'DIR', help: 'where the runs are kept', default: 'runs/moe-quality' },
  threads: { type: 'number', whole: true, min: 1, max: 64, help: 'threads', default: 'all cores' },
  'pretrain-only': { type: 'boolean', help: 'no SFT, and no facts' },
} as const satisfies FlagTable;

/** An architecture like `base` whose first W_down are `times` as large. */
function withStart(base: Architecture, times: number): Architecture {
  return {
    ...base,
    name: `${base.name}-x${times}`,
    onDisk: { ...base.onDisk, modelType: `${base.onDisk.modelType}-x${times}` },
    presets: Object.fromEntries(
      Object.entries(base.presets).map(([name, config]) => [
        name,
        { ...config, arch: `${base.name}-x${times}` },
      ]),
    ),
    block(config, random) {
      const init = { random, std: config.initializerRange };
      const downStd = times * config.initializerRange;
      const {
        numExperts: experts,
        numExpertsPerTok: expertsPerToken,
        moeIntermediateSize: hiddenDim,
      } = config;
      const {
        hiddenSize: dim,
        intermediateSize,
        sharedExpertIntermediateSize: sharedHiddenDim,
        balancing,
      } = config;
      return new Block({
        ...attentionSizes(config),
        ...init,
        bias: true,
        dropout: config.attentionDropout,
        ropeLayout: 'half',
        eps: config.rmsNormEps,
        mlp: () =>
          experts === undefined ||
          expertsPerToken === undefined ||
          hiddenDim === undefined ||
          sharedHiddenDim === undefined ||
          balancing === undefined
            ? new SwiGLU(dim, intermediateSize, { ...init, downStd })
            : new MoE({
                ...init,
                dim,
                experts,
                expertsPerToken,
                hiddenDim,
                sharedHiddenDim,
                balancing,
                downStd,
              }),
      });
    },
  };
}

/** Architecture and changes for the name of a model. */
function modelNamed(name: string): { arch: string; changes: Record<string, number> } {
  const match = /^(dense|moe|wide)(?:-x(\d+))?$/.exec(name);
  if (match === null)
    throw new UserError(
      `--models: there is no "${name}"; choose dense, moe, wide, or one with -x2, -x4, ...`,
    );
  const [, kind, times] = match;
  const base = architectureNamed(kind === 'moe' ? 'moe' : 'tinyllm');
  const architecture = times === undefined ? base : withStart(base, Number(times));
  if (architecture !== base) registerArchitecture(architecture);
  return { arch: architecture.name, changes: kind === 'wide' ? { intermediateSize: WIDE } : {} };
}

await runCommand({
  usage: 'npx tsx bench/moe-quality.ts [flags]    a mixture of experts against dense models',
  flags,
  async run(values) {
    const reporter = makeReporter();
    await useBackend({ backend: 'wasm', threads: values.threads });
    for (const name of values.models ?? ['dense', 'moe', 'wide']) {
      const { arch, changes } = modelNamed(name);
      for (const seed of (values.seeds ?? ['42', '1', '2']).map(Number)) {
        const out = join(values.out ?? 'runs/moe-quality', `${name}-${seed}`);
        const names = values['pretrain-only'] ? ['tokenizer', 'pretrain'] : ['tokenizer', 'pretrain', 'sft'];
        const settings = { ...defaultSettings, arch, seed, changes, stages: names, backend: 'wasm' };
        const run = new Run(stages, { out, settings, resume: false, reporter });
        run.computesOn({ name: 'wasm' });
        for (const stage of run.stages) await runStage(stage, run);
        const config = { ...preset('nano', arch), ...changes };
        const row = {
          ...{ model: name, seed, parameters: parameterCount(config), active: activeParameterCount(config) },
          ...pretraining(out),
          ...(values['pretrain-only'] ? {} : await facts(run)),
        };
        process.stdout.write(`${JSON.stringify(row)}\n`);
      }
    }
    return 0;
  },
});

/** From the lines of metrics: the last held-out loss, the median speed, and the load of the last line. */
function pretraining(out: string): Record<string, number> {
  const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const own = lines
    .map((line) => JSON.parse(line) as Record<string, number>)
    .filter(({ heldOutLoss }) => heldOutLoss);
  const text = own.filter(({ stage }) => String(stage) === 'pretrain');
  const { heldOutLoss, leastLoad } = text.at(-1) ?? {};
  const speeds = text.map(({ tokensPerSecond }) => tokensPerSecond ?? 0).sort((a, b) => a - b);
  return {
    heldOutLoss: heldOutLoss ?? Number.NaN,
    tokensPerSecond: Math.round(speeds[speeds.length >> 1] ?? 0),
    ...(leastLoad === undefined ? {} : { leastLoad }),
  };
}

/** Shares of the questions about facts that are answered to the character, after SFT. */
async function facts(run: Run): Promise<Record<string, number>> {
  const { model, tokenizer } = loadModelDirectory(run.directoryOf('sft'));
  const tasks = ['facts-seen', 'facts-unseen', 'choice-ppl'];
  const results = await evaluateModel(model, tokenizer, run.files, { tasks });
  return Object.fromEntries(tasks.map((task) => [task, results[task]?.value ?? Number.NaN]));
}
