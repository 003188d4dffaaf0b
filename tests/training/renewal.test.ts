/** A run is one thing: stages made again make room in one step, and what is resumed is what would be made. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { verifyDirectory } from '../../src/storage/checksums.ts';
import { strangers } from '../../src/training/belonging.ts';
import { silentReporter } from '../../src/training/reporter.ts';
import type { RunSettings } from '../../src/training/run-settings.ts';
import { stages as known } from '../../src/training/stages/index.ts';
import { put, refusesLater, temporaryFolder } from '../data/temporary.ts';
import { runAll, stopAfter, worldSettings, writeAlignedWorld } from './world.ts';

const folder = temporaryFolder();
const world = writeAlignedWorld(join(folder, 'world'));

const changes = { maxSteps: 2, batchSize: 2, rollouts: 4, maxNewTokens: 6 };
const settingsOf = (more: Partial<RunSettings> = {}) =>
  worldSettings(world, {
    ...{ context: 24, stages: ['tokenizer', 'pretrain', 'sft', 'reward', 'ppo', 'dpo'] },
    ...more,
    changes: { ...changes, ...more.changes },
  });

async function run(out: string, settings: RunSettings, { resume = false, stop = Infinity } = {}) {
  const notes: string[] = [];
  const stopping = stopAfter(stop, { ...silentReporter, note: (text) => void notes.push(text) });
  return { complete: await runAll({ out, settings, resume, ...stopping }), notes };
}

/** Every file of a run but the times in it. */
function contents(out: string, without: readonly string[] = []): Map<string, string> {
  const files = readdirSync(out, { recursive: true, encoding: 'utf8', withFileTypes: true });
  const names = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const kept = names.filter(
    (path) => !/history|corpus/.test(path) && !without.some((part) => path.includes(part)),
  );
  return new Map(
    kept.map((path) => [
      path.slice(out.length),
      readFileSync(path, 'latin1').replace(/"tokensPerSecond":[^,}]+/g, ''),
    ]),
  );
}

const base = join(folder, 'base');
await run(base, settingsOf());
let copies = 0;
function copyOfBase(): string {
  const out = join(folder, `copy-${copies++}`);
  cpSync(base, out, { recursive: true });
  return out;
}
const weights = (out: string, stage: string) => readFileSync(join(out, stage, 'model.safetensors'));

test('a command that is refused leaves the run as it was', async () => {
  const out = copyOfBase();
  const before = contents(out);
  const refused: [Partial<RunSettings>, string][] = [
    [{ stages: ['sft'], context: 99_999 }, 'is longer than'],
    [{ stages: ['ppo'], changes: { rewardFrom: join(out, 'sft') } }, 'holds a language model'],
    [{ stages: ['tokenizer', 'dpo'] }, 'which this run replaces'],
    [
      { stages: ['sft'], initFrom: join(out, 'dpo'), vocabSize: null },
      'makes room for the stages made again',
    ],
    [{ stages: ['tokenizer', 'evaluate'] }, 'nothing to evaluate'],
  ];
  for (const [more, words] of refused) await refusesLater(() => run(out, settingsOf(more)), words);
  assert.equal(contents(out), before);
  assert.not(existsSync(`${out}.old-1`));
});

test('stages made again with another seed and stopped: --resume makes all of them, from the same pretraining', async () => {
  const again = { stages: ['sft', 'reward', 'ppo', 'dpo'], seed: 99, changes: { learningRate: 0.02 } };
  const [whole, parts] = [copyOfBase(), copyOfBase()];
  const before = contents(parts);
  const { notes } = await run(whole, settingsOf(again));
  assert.match(notes[0]!, /held an earlier run with sft, reward, ppo, dpo; it is now .*old-1/);
  assert.is(notes[1], 'kept from it: tokenizer, pretrain');
  assert.is((await run(parts, settingsOf(again), { stop: 1 })).complete, false);
  assert.equal(readdirSync(parts).sort(), [
    'corpus', // sft reads text of pretraining too
    'history.json',
    'metrics.jsonl',
    'pretrain',
    'run.json',
    'sft',
    'tokenizer',
  ]);
  const resumed = await run(parts, settingsOf(again), { resume: true });
  assert.is(resumed.complete, true);
  assert.not(resumed.notes.some((note) => note.includes('finished earlier')));
  assert.equal(contents(parts), contents(whole));
  assert.equal(contents(`${parts}.old-1`), before, 'the earlier run is whole');
  for (const stage of ['sft', 'reward', 'ppo', 'dpo'])
    assert.not(weights(parts, stage).equals(weights(base, stage)), stage);
  assert.ok(weights(parts, 'pretrain').equals(weights(base, 'pretrain')));
  assert.equal(strangers(known, parts), []);
});

test('a stage that is new to the run replaces nothing; one made again takes only its own with it', async () => {
  const out = copyOfBase();
  const before = contents(out, ['run.json', 'metrics']);
  await run(out, settingsOf({ stages: ['grpo'], changes: { reward: 'fact', groupSize: 2 } }));
  const after = contents(out, ['run.json', 'metrics']);
  for (const [name, content] of before) assert.is(after.get(name), content, name);
  assert.not(existsSync(`${out}.old-1`));
  await run(out, settingsOf({ stages: ['reward'], seed: 7 }));
  const present = readdirSync(out).filter((name) => known.some((stage) => stage.name === name));
  assert.equal(
    present.sort(),
    ['dpo', 'grpo', 'pretrain', 'reward', 'sft', 'tokenizer'],
    'ppo was made from the old reward',
  );
  const logged = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const names = new Set(logged.map((line) => (JSON.parse(line) as { stage: string }).stage));
  assert.equal([...names].sort(), ['dpo', 'grpo', 'pretrain', 'reward', 'sft']);
  for (const stage of present) verifyDirectory(join(out, stage));
});

test('--resume takes no stage for its own that it would not make: each of these is refused, and named', async () => {
  const other = join(folder, 'other');
  await run(other, settingsOf({ seed: 5 }));
  const swap = (stage: string) => (out: string) => {
    rmSync(join(out, stage), { recursive: true });
    cpSync(join(other, stage), join(out, stage), { recursive: true });
  };
  const edit = (file: string, from: string | RegExp, to: string) => (out: string) =>
    put(out, file, readFileSync(join(out, file), 'utf8').replace(from, to));
  const flip = (file: string) => (out: string) => {
    const bytes = readFileSync(join(out, file));
    bytes[bytes.length >> 1]! ^= 4;
    put(out, file, bytes);
  };
  const cases: [(out: string) => void, ...string[]][] = [
    [swap('reward'), 'reward', 'seed'],
    [swap('sft'), 'sft', 'seed'],
    [swap('pretrain'), 'pretrain', 'seed'],
    [edit('run.json', '"seed": 42', '"seed": 43'), 'tokenizer', 'another seed (42, not 43)'],
    [edit('run.json', '"batchSize": 2', '"batchSize": 3'), 'pretrain', 'another batchSize (2, not 3)'],
    [edit('run.json', '"context": 24', '"context": 16'), 'another context'],
    [edit('run.json', '"vocabSize": 400', '"vocabSize": 390'), 'tokenizer', 'vocabSize'],
    [flip('ppo/model.safetensors'), 'ppo', 'SHA-256 differs'],
    [flip('tokenizer/tokenizer.json'), 'tokenizer.json', 'SHA-256 differs'],
    [flip('dpo/optimizer.safetensors'), 'optimizer.safetensors', 'SHA-256 differs'],
    [(out) => rmSync(join(out, 'sft'), { recursive: true }), 'reward', 'another model to start from'],
    [(out) => rmSync(join(out, 'reward'), { recursive: true }), 'ppo', 'another reward model'],
  ];
  for (const [damage, ...words] of cases) {
    const out = copyOfBase();
    damage(out);
    const settings = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as RunSettings;
    await refusesLater(() => run(out, settings, { resume: true }), ...words);
  }
  const untouched = await run(copyOfBase(), settingsOf(), { resume: true });
  assert.is(untouched.notes.filter((note) => note.includes('finished earlier')).length, 5, 'control');
});

test('a reward model swapped where only its own making could tell: both runs of one seed, other settings', async () => {
  const out = copyOfBase();
  const other = join(folder, 'longer');
  await run(
    other,
    settingsOf({ stages: ['tokenizer', 'pretrain', 'sft', 'reward'], changes: { rewardMargin: 1 } }),
  );
  for (const stage of ['reward']) {
    rmSync(join(out, stage), { recursive: true });
    cpSync(join(other, stage), join(out, stage), { recursive: true });
  }
  await refusesLater(() => run(out, settingsOf(), { resume: true }), 'reward', 'rewardMargin');
  // A new session goes on from what is there, and the chain says that ppo did not.
  assert.equal(strangers(known, out), ['ppo was made from another reward than the one in this run']);
});

test('a stage is not started from one that is not finished', async () => {
  const out = join(folder, 'unfinished');
  assert.is((await run(out, settingsOf(), { stop: 1 })).complete, false);
  await refusesLater(
    () => run(out, settingsOf({ stages: ['sft'] })),
    'is not finished (1 of 2 steps)',
    '--resume',
    '--init-from',
  );
  const from = { initFrom: join(out, 'pretrain'), vocabSize: null };
  assert.is((await run(join(folder, 'from'), settingsOf({ stages: ['sft'], ...from }))).complete, true);
});

test('a directory that is not of a run is not moved aside', async () => {
  const out = join(folder, 'foreign');
  put(out, 'pretrain/notes.txt', 'mine');
  await refusesLater(() => run(out, settingsOf()), 'is in the way', 'choose another --out');
  assert.is(readFileSync(join(out, 'pretrain', 'notes.txt'), 'utf8'), 'mine');
});

test.run();
