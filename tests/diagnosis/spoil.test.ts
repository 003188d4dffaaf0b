/**
 * Six runs, spoiled on purpose and trained for some hundred steps on a small world: src/diagnosis names each fault. Three good
 * runs of other seeds make the reference, a fourth one must be normal.
 */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PretrainRows } from '../../src/data/rows/pretrain-rows.ts';
import { diagnose } from '../../src/diagnosis/index.ts';
import { makeReference } from '../../src/diagnosis/reference.ts';
import { readRun } from '../../src/diagnosis/run-record.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import { setDefaults } from '../../src/tensor/index.ts';
import { preflight } from '../../src/training/preflight.ts';
import { silentReporter } from '../../src/training/reporter.ts';
import { Run } from '../../src/training/run.ts';
import { defaultSettings, type RunSettings } from '../../src/training/run-settings.ts';
import { runStage } from '../../src/training/run-stage.ts';
import { stages } from '../../src/training/stages/index.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { writeSmallWorld } from './small-world.ts';
import { editedData, reversePairs, shuffleAnswers } from './spoil.ts';

const folder = temporaryFolder();
const data = writeSmallWorld(join(folder, 'data'));
const backend = await startWasmBackend({ threads: 1, maximumBytes: 256 << 20 });
setDefaults({ backend });

/** Stages of one length each: `--max-steps` is for all stages of a command, so each group of them is a session of its own. */
const LENGTHS: readonly (readonly [stages: readonly string[], changes: RunSettings['changes']])[] = [
  [['tokenizer', 'pretrain'], { maxSteps: 120, epochs: 99 }],
  [['sft'], { maxSteps: 150, epochs: 99, textShare: 0.2 }],
  [['reward', 'dpo'], { maxSteps: 40, epochs: 99 }],
  [['ppo'], { maxSteps: 8, rollouts: 32, maxNewTokens: 16 }],
];

/** Trains these stages in a directory, one after the other. */
async function train(
  out: string,
  chosen: readonly string[],
  { seed = 1, changes = {}, ...more }: Partial<RunSettings> = {},
) {
  for (const [group, length] of LENGTHS) {
    const own = group.filter((name) => chosen.includes(name));
    if (own.length === 0) continue;
    const settings = {
      ...{ ...defaultSettings, preset: 'pico', context: 32, vocabSize: 400, data, backend: 'wasm', seed },
      ...{ stages: own, changes: { evaluateEvery: 20, ...length, ...changes } },
      ...(own.includes('tokenizer') ? {} : { vocabSize: null }),
      ...more,
    };
    const run = new Run(stages, { out, settings, resume: false, reporter: silentReporter });
    await preflight(run);
    for (const stage of run.stages) await runStage(stage, run);
  }
  return out;
}

const everything = LENGTHS.flatMap(([group]) => group);
const good = join(folder, 'good');
const others = ['a', 'b', 'c'].map((name) => join(folder, name));
for (const [seed, out] of [good, ...others].entries()) await train(out, everything, { seed });
const reference = makeReference(others.map((run) => readRun(stages, run)));

/** The verdict of a stage and the causes named, the likeliest first. */
function causesIn(run: string, name: string) {
  const stage = diagnose(stages, run, { reference }).stages.find((each) => each.name === name)!;
  return [stage.verdict, ...stage.causes.map((cause) => cause.name)];
}
const spoiled = (name: string, chosen: readonly string[], settings: Partial<RunSettings>) =>
  train(join(folder, name), chosen, { seed: 5, ...settings });
const text = ['tokenizer', 'pretrain'];

test('a good run of another seed is normal in every stage', () => {
  const found = diagnose(stages, good, { reference }).stages.map(({ name, verdict }) => `${name} ${verdict}`);
  assert.equal(
    found,
    everything
      .slice(1)
      .sort(byOrder)
      .map((name) => `${name} normal`),
  );
});
const order = stages.map(({ name }) => name);
const byOrder = (a: string, b: string) => order.indexOf(a) - order.indexOf(b);

test('learning rate x 30', async () => {
  const run = await spoiled('rate', text, { changes: { learningRate: 0.09 } });
  assert.equal(causesIn(run, 'pretrain').slice(0, 2), ['off', 'learning-rate-too-high']);
});

test('no warm-up', async () => {
  const run = await spoiled('warm-up', text, { changes: { warmup: 0 } });
  assert.equal(causesIn(run, 'pretrain').slice(0, 2), ['off', 'no-warm-up']);
});

test('labels unshifted', async () => {
  const row = PretrainRows.prototype.row;
  await import('./unshifted.ts'); // puts its double in the place of `row`
  try {
    const run = await spoiled('unshifted', text, {});
    assert.equal(causesIn(run, 'pretrain').slice(0, 2), ['off', 'labels-unshifted']);
  } finally {
    PretrainRows.prototype.row = row;
  }
});

test('reversed pairs: the reward model and DPO', async () => {
  const reversed = editedData(data, join(folder, 'reversed data'), 'preferences.jsonl', reversePairs);
  const run = await spoiled('reversed', ['reward', 'dpo'], { data: reversed, initFrom: join(good, 'sft') });
  assert.equal(causesIn(run, 'reward').slice(0, 2), ['off', 'pairs-reversed']);
  assert.equal(causesIn(run, 'dpo').slice(0, 2), ['off', 'pairs-reversed']);
});

test('KL off', async () => {
  const changes = { klCoefficient: 0, rewardFrom: join(good, 'reward') };
  const run = await spoiled('kl', ['ppo'], { initFrom: join(good, 'sft'), changes });
  assert.equal(causesIn(run, 'ppo').slice(0, 2), ['off', 'kl-off']);
});

test('shuffled answers', async () => {
  const shuffled = editedData(data, join(folder, 'shuffled data'), 'sft.jsonl', shuffleAnswers);
  const run = await spoiled('shuffled', ['sft'], { data: shuffled, initFrom: join(good, 'pretrain') });
  assert.equal(causesIn(run, 'sft').slice(0, 2), ['off', 'targets-shuffled']);
});

test.after(() => backend.stop());
test.run();
