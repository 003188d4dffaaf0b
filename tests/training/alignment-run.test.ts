/**
 * Whole runs with reward, ppo and dpo: what they leave, interrupted = uninterrupted to the bit, and what is refused before any
 * work.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../src/formats/hf/model-files.ts';
import { RewardModel } from '../../src/models/reward-model.ts';
import { writeDirectoryAtomically } from '../../src/storage/atomic.ts';
import { loadModelDirectory, loadRewardDirectory } from '../../src/storage/model-directory.ts';
import { Random } from '../../src/tensor/index.ts';
import { Tokenizer, trainBpe } from '../../src/tokenizer/index.ts';
import { silentReporter } from '../../src/training/reporter.ts';
import type { RunSettings } from '../../src/training/run-settings.ts';
import { put, refusesLater, temporaryFolder } from '../data/temporary.ts';
import { tinyConfig } from './tiny.ts';
import { runAll, stopAfter, worldSettings, writeAlignedWorld, writeWorld } from './world.ts';

const folder = temporaryFolder();
const world = writeAlignedWorld(join(folder, 'world'));
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

const STAGES = ['tokenizer', 'pretrain', 'sft', 'reward', 'ppo', 'dpo', 'evaluate'] as const;
const settingsOf = (changes: Partial<RunSettings> = {}) =>
  worldSettings(world, {
    stages: STAGES,
    context: 24,
    ...changes,
    changes: { ...small, ...changes.changes },
  });
/** The knobs of every run here. */
const small = {
  ...{ maxSteps: 3, batchSize: 2 },
  ...{ rollouts: 8, groupSize: 4, maxNewTokens: 6, klTarget: 1, stopKl: 1 },
};

async function run(out: string, settings: RunSettings, { resume = false, stopAfter: steps = Infinity } = {}) {
  const notes: string[] = [];
  const reporter = { ...silentReporter, note: (text: string) => void notes.push(text) };
  const complete = await runAll({ out, settings, resume, ...stopAfter(steps, reporter) });
  return { complete, notes };
}

const bits = (out: string, stage: string) => readFileSync(join(out, stage, 'model.safetensors'));
const base = join(folder, 'base');

test('all seven stages: a checkpoint each, metrics, reward accuracy in the evaluation, and a count of what was left out', async () => {
  const { complete, notes } = await run(base, settingsOf());
  assert.is(complete, true);
  for (const stage of ['sft', 'ppo', 'dpo']) loadModelDirectory(join(base, stage));
  loadRewardDirectory(join(base, 'reward'));
  assert.ok(existsSync(join(base, 'ppo', 'value_head.safetensors')));
  assert.not.ok(bits(base, 'ppo').equals(bits(base, 'sft')));
  assert.not.ok(bits(base, 'dpo').equals(bits(base, 'sft')));
  const evaluation = JSON.parse(readFileSync(join(base, 'evaluation.json'), 'utf8')) as Record<
    string,
    object
  >;
  assert.equal(Object.keys(evaluation), ['pretrain', 'sft', 'reward', 'ppo', 'dpo']);
  assert.ok('judge-score' in evaluation.sft! && !('win-rate' in evaluation.sft));
  for (const stage of ['ppo', 'dpo'])
    assert.ok('win-rate' in evaluation[stage]!, `${stage} is compared with sft`);
  assert.ok('reward-accuracy' in evaluation.reward! && 'reward-accuracy-polite' in evaluation.reward!);
  assert.ok(notes.some((note) => note.includes('8 pairs (1 left out: chosen and rejected are equal)')));
  const metrics = readFileSync(join(base, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);
  const of = (stage: string) => metrics.filter((line) => String(line.stage) === stage);
  assert.equal(
    of('ppo').map(({ step }) => step),
    [1, 2, 3],
  );
  assert.equal([of('ppo')[0]!.kl, of('ppo')[0]!.klK3], [0, 0]);
  for (const key of ['margin', 'accuracy', 'chosenLogProb', 'rejectedLogProb', 'heldOutAccuracy'])
    assert.ok(key in of('dpo').at(-1)!, key);
});

test('stopped within reward, ppo and dpo, then resumed: the bits of the uninterrupted run', async () => {
  const out = join(folder, 'stopped');
  const stages = STAGES.filter((stage) => stage !== 'evaluate');
  const settings = settingsOf({ stages });
  await run(out, settingsOf({ stages: ['tokenizer', 'pretrain', 'sft'] }));
  const aligned = { ...settings, stages: ['reward', 'ppo', 'dpo'] as const };
  assert.is((await run(out, aligned, { stopAfter: 2 })).complete, false); // in reward
  assert.is((await run(out, aligned, { resume: true, stopAfter: 2 })).complete, false); // in ppo
  assert.is((await run(out, aligned, { resume: true, stopAfter: 3 })).complete, false); // in dpo
  assert.is((await run(out, aligned, { resume: true })).complete, true);
  for (const stage of ['reward', 'ppo', 'dpo']) assert.ok(bits(out, stage).equals(bits(base, stage)), stage);
});

test('interrupted after every step, each line of metrics is what it would have been', async () => {
  const stages = ['sft', 'reward', 'ppo', 'grpo', 'dpo'] as const;
  const settings = settingsOf({
    ...{ stages, initFrom: join(base, 'sft'), vocabSize: null },
    changes: { maxSteps: 5, epochs: 9, logEvery: 3, evaluateEvery: 2, rollouts: 4, groupSize: 2 },
  });
  const [whole, parts] = [join(folder, 'metrics-whole'), join(folder, 'metrics-parts')];
  assert.is((await run(whole, settings)).complete, true);
  let sessions = 1;
  for (let resume = false; !(await run(parts, settings, { resume, stopAfter: 1 })).complete; sessions++)
    resume = true;
  assert.ok(sessions > 4 * stages.length, `${sessions} sessions`);
  const logged = (out: string) =>
    readFileSync(join(out, 'metrics.jsonl'), 'utf8').replace(/"tokensPerSecond":[^,}]+/g, '');
  assert.is(logged(parts), logged(whole));
  assert.match(logged(whole), /"stage":"ppo","step":5/);
});

test('each stage alone from a checkpoint; GRPO with the verifiable reward needs no reward model', async () => {
  const initFrom = join(base, 'sft');
  const alone = (name: string, changes: Partial<RunSettings>) =>
    run(join(folder, name), settingsOf({ initFrom, vocabSize: null, ...changes }));
  await alone('dpo-alone', { stages: ['dpo', 'evaluate'] });
  const evaluation = JSON.parse(readFileSync(join(folder, 'dpo-alone', 'evaluation.json'), 'utf8')) as Record<
    string,
    object
  >;
  assert.equal(Object.keys(evaluation), ['init', 'dpo'], 'what it started from stands beside it');
  assert.ok('win-rate' in evaluation.dpo!);
  assert.ok(bits(join(folder, 'dpo-alone'), 'dpo').equals(bits(base, 'dpo')));
  await alone('ppo-alone', { stages: ['ppo'], changes: { rewardFrom: join(base, 'reward') } });
  assert.ok(bits(join(folder, 'ppo-alone'), 'ppo').equals(bits(base, 'ppo')));
  const { complete } = await alone('grpo', { stages: ['grpo'], changes: { reward: 'fact' } });
  assert.is(complete, true);
  const grpo = join(folder, 'grpo', 'grpo');
  loadModelDirectory(grpo);
  assert.not(existsSync(join(grpo, 'value_head.safetensors')), 'GRPO has no value head');
});

test('what cannot work is refused with one sentence', async () => {
  const initFrom = join(base, 'sft');
  const only = (changes: Partial<RunSettings>) =>
    run(join(folder, 'refused'), settingsOf({ initFrom, vocabSize: null, ...changes }));
  await refusesLater(
    () => only({ stages: ['ppo'] }),
    'needs the reward model in',
    '--reward-from',
    '--reward fact',
  );
  await refusesLater(
    () => only({ stages: ['dpo'], data: writeWorld(join(folder, 'no-pairs')) }),
    'has no preferences.jsonl, which the stage dpo needs',
  );
  await refusesLater(
    () => only({ stages: ['dpo'], initFrom: null }),
    'The stage dpo starts from',
    'run "sft" first',
  );
  const untouched = join(folder, 'untouched');
  const scored = settingsOf({ stages: ['dpo'], initFrom: join(base, 'reward'), vocabSize: null });
  await refusesLater(() => run(untouched, scored), 'holds a reward model');
  assert.not(existsSync(untouched), 'before any work');
  await refusesLater(
    () => only({ stages: ['ppo'], changes: { rewardFrom: initFrom } }),
    'holds a language model',
  );
  const uneven = { rollouts: 9, groupSize: 4 };
  await refusesLater(
    () => only({ stages: ['grpo'], changes: uneven }),
    '9 answers in a step cannot be groups of 4',
  );

  const equal = writeWorld(join(folder, 'equal'));
  put(equal, 'preferences.jsonl', lines([{ prompt: '好', chosen: '好', rejected: '好' }]));
  await refusesLater(() => only({ stages: ['reward'], data: equal }), 'no pair to learn from', 'are equal');
  const single = writeWorld(join(folder, 'single'));
  const two = ['北京', '不。'].map((rejected) => ({ prompt: '中国？', chosen: '北京。', rejected }));
  put(single, 'preferences.jsonl', lines(two));
  await refusesLater(
    () => only({ stages: ['ppo'], data: single, changes: { rewardFrom: join(base, 'reward') } }),
    'only one prompt to draw answers to',
  );
  await refusesLater(
    () => run(join(folder, 'refused-early'), settingsOf({ stages: STAGES, data: single })),
    'only one prompt to draw answers to',
  );
  assert.not(existsSync(join(folder, 'refused-early')), 'refused before any work');
});

test('a reward model of another vocabulary, or of a shorter context, is refused', async () => {
  const other = new Tokenizer(trainBpe(['天地玄黄，宇宙洪荒。'], { vocabSize: 300, shrinkToFit: true }));
  const own = loadModelDirectory(join(base, 'sft'));
  for (const [tokenizer, context, words] of [
    [other, 32, 'has another vocabulary than the policy'],
    [own.tokenizer, 12, 'reads 12 tokens, the policy writes up to 24'],
  ] as const) {
    const config = { ...tinyConfig, vocabSize: tokenizer.vocabSize, maxPositionEmbeddings: context };
    const directory = join(folder, 'stranger');
    rmSync(directory, { recursive: true, force: true });
    writeDirectoryAtomically(directory, await encodeModel(new RewardModel(config, new Random(1)), tokenizer));
    const settings = settingsOf({
      stages: ['ppo'],
      initFrom: join(base, 'sft'),
      changes: { rewardFrom: directory },
    });
    await refusesLater(() => run(join(folder, 'refused'), settings), words);
  }
});

test.run();
