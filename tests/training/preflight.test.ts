/** Before any work: whatever is wrong with data, models or vocabulary is said before anything is written. */
import { appendFileSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { silentReporter } from '../../src/training/reporter.ts';
import type { RunSettings } from '../../src/training/run-settings.ts';
import { put, refusesLater, temporaryFolder } from '../data/temporary.ts';
import { runAll, stopAfter, worldSettings, writeAlignedWorld } from './world.ts';

const folder = temporaryFolder();
const world = writeAlignedWorld(join(folder, 'world'));
const ALL = ['tokenizer', 'pretrain', 'sft', 'reward', 'ppo', 'dpo', 'evaluate'];
const settingsOf = (more: Partial<RunSettings> = {}) => {
  const changes = { maxSteps: 1, batchSize: 2, rollouts: 2, maxNewTokens: 4, ...more.changes };
  return worldSettings(world, { stages: ALL, context: 24, ...more, changes });
};
const run = (out: string, settings: RunSettings, resume = false) =>
  runAll({ out, settings, resume, reporter: silentReporter });
const never = join(folder, 'never');

test('a broken end of any file of any chosen stage: file and line, and nothing is written', async () => {
  const broken: [string, string, string][] = [
    ['sft.jsonl', '{"question": 1}\n', 'sft.jsonl:9'],
    ['sft-heldout.jsonl', '{"mess\n', 'sft-heldout.jsonl:3'],
    ['preferences.jsonl', '{"prompt":"a","chosen":"b"}\n', 'preferences.jsonl:10'],
    ['preferences-heldout.jsonl', '[]\n', 'preferences-heldout.jsonl:5'],
    ['eval/facts-seen.jsonl', '{"question":"a"}\n', 'facts-seen.jsonl:5'],
    ['eval/answer-key.jsonl', 'null\n', 'answer-key.jsonl:2'],
    ['heldout.txt', '\xff', 'heldout.txt'],
    ['pretrain.txt', '\xff', 'pretrain.txt'],
  ];
  for (const [file, end, place] of broken) {
    const data = join(folder, 'broken');
    rmSync(data, { recursive: true, force: true });
    cpSync(world, data, { recursive: true });
    appendFileSync(join(data, file), end, 'latin1');
    await refusesLater(() => run(never, settingsOf({ data })), place);
    assert.not(existsSync(never), file);
  }
});

test('only what the chosen stages read is asked for', async () => {
  const data = join(folder, 'partly');
  cpSync(world, data, { recursive: true });
  put(data, 'preferences.jsonl', 'nothing of use');
  put(data, 'eval/facts-seen.jsonl', 'nothing of use');
  assert.is(
    await run(join(folder, 'partial'), settingsOf({ data, stages: ['tokenizer', 'pretrain', 'sft'] })),
    true,
  );
});

test('nothing that fits the context is known once there is a vocabulary, before pretraining', async () => {
  const long = '很'.repeat(40);
  const tooLong: [string, string, string][] = [
    ['sft.jsonl', JSON.stringify({ question: long, answer: '好。' }), 'no dialogue to learn from'],
    ['sft-heldout.jsonl', JSON.stringify({ question: long, answer: '好。' }), 'no dialogue to learn from'],
    [
      'preferences.jsonl',
      JSON.stringify({ prompt: long, chosen: '好。', rejected: '不。' }),
      'no pair to learn from',
    ],
  ];
  for (const [file, line, words] of tooLong) {
    const data = join(folder, 'long');
    rmSync(data, { recursive: true, force: true });
    cpSync(world, data, { recursive: true });
    put(data, file, file.startsWith('pref') ? `${line}\n${line.replace('很', '真')}\n` : `${line}\n`);
    const out = join(folder, 'too-long');
    rmSync(out, { recursive: true, force: true });
    await refusesLater(() => run(out, settingsOf({ data })), file, words);
    assert.not(existsSync(join(out, 'pretrain')), file);
  }
});

test('models to start from and to please are opened: damaged, of another vocabulary, not there', async () => {
  const base = join(folder, 'base');
  await run(base, settingsOf({ stages: ['tokenizer', 'pretrain', 'sft', 'reward'] }));
  const other = join(folder, 'other');
  await run(other, settingsOf({ stages: ['tokenizer', 'pretrain'], vocabSize: 390 }));
  const before = readFileSync(join(base, 'run.json'), 'utf8');
  const from = { initFrom: join(base, 'sft'), vocabSize: null };
  const flipped = join(folder, 'flipped');
  cpSync(join(base, 'reward'), flipped, { recursive: true });
  const bytes = readFileSync(join(flipped, 'model.safetensors'));
  bytes[bytes.length - 9]! ^= 1;
  writeFileSync(join(flipped, 'model.safetensors'), bytes);
  const swapped = join(folder, 'swapped');
  cpSync(base, swapped, { recursive: true });
  rmSync(join(swapped, 'tokenizer'), { recursive: true });
  cpSync(join(other, 'tokenizer'), join(swapped, 'tokenizer'), { recursive: true });
  const cases: [string, Partial<RunSettings>, ...string[]][] = [
    [never, { ...from, stages: ['ppo'], changes: { rewardFrom: flipped } }, 'SHA-256 differs'],
    [
      never,
      { ...from, stages: ['ppo'], changes: { rewardFrom: join(other, 'pretrain') } },
      'holds a language model',
    ],
    [never, { ...from, stages: ['dpo'], initFrom: base }, 'is a whole run', 'base/sft'],
    [never, { ...from, stages: ['ppo'], changes: { rewardFrom: base } }, '--reward-from', 'is a whole run'],
    // With a vocabulary of its own a run can only know then that it is another one.
    [
      join(folder, 'own'),
      {
        stages: ['tokenizer', 'pretrain', 'sft', 'ppo'],
        vocabSize: 390,
        changes: { rewardFrom: join(base, 'reward') },
      },
      'has another vocabulary than the policy',
    ],
    [
      never,
      { stages: ['tokenizer', 'pretrain', 'sft', 'ppo'], changes: { rewardFrom: flipped } },
      'SHA-256 differs',
    ],
    [swapped, { stages: ['dpo'] }, 'made with another vocabulary', 'do not belong together'],
  ];
  for (const [out, more, ...words] of cases) await refusesLater(() => run(out, settingsOf(more)), ...words);
  assert.not(existsSync(never));
  assert.is(readFileSync(join(base, 'run.json'), 'utf8'), before);
  assert.not(existsSync(join(folder, 'own', 'pretrain')), 'refused as soon as there is a vocabulary');
  // The same text gives the same vocabulary: a reward model from elsewhere can be asked.
  const asks = settingsOf({
    stages: ['tokenizer', 'pretrain', 'sft', 'ppo'],
    changes: { rewardFrom: join(base, 'reward') },
  });
  assert.is(await run(join(folder, 'asking'), asks), true);
});

test('a stop while data is read: nothing is written, and the run is not begun', async () => {
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  const settings = settingsOf({ stages: ['tokenizer'] });
  const complete = await runAll({
    out: never,
    settings,
    resume: false,
    ...stopAfter(1),
    signal: stop.signal,
  });
  assert.is(complete, false);
  assert.not(existsSync(never));
});

test.run();
