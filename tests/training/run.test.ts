/** Whole runs in this process: what they refuse, what they keep, and corpora with awkward text. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../src/formats/hf/model-files.ts';
import { writeDirectoryAtomically } from '../../src/storage/atomic.ts';
import { loadModelDirectory } from '../../src/storage/model-directory.ts';
import { type Reporter, silentReporter } from '../../src/training/reporter.ts';
import type { RunSettings } from '../../src/training/run-settings.ts';
import { put, refusesLater, temporaryFolder } from '../data/temporary.ts';
import { tinyModel, tinyTokenizer } from './tiny.ts';
import { runAll, stopAfter, worldSettings, writeWorld } from './world.ts';

const folder = temporaryFolder();
const world = writeWorld(join(folder, 'world'));
const weights = (out: string, stage: string) => readFileSync(join(out, stage, 'model.safetensors'));

function run(
  out: string,
  settings: RunSettings,
  { resume = false, stopAfter: steps = Infinity, reporter = silentReporter }: Partial<Options> = {},
): Promise<boolean> {
  return runAll({ out, settings, resume, ...stopAfter(steps, reporter) });
}
interface Options {
  readonly resume: boolean;
  readonly stopAfter: number;
  readonly reporter: Reporter;
}
function listener(): { reporter: Reporter; notes: string[] } {
  const notes: string[] = [];
  return { notes, reporter: { ...silentReporter, note: (text) => notes.push(text) } };
}

const base = join(folder, 'base');

test('a run leaves its settings, metrics, evaluation and a directory for each stage; a second run moves it aside', async () => {
  assert.is(await run(base, worldSettings(world)), true);
  const files = ['evaluation.json', 'history.json', 'metrics.jsonl', 'report.html', 'report.md', 'run.json'];
  const entries = [...files, 'corpus', 'pretrain', 'sft', 'tokenizer'].sort();
  assert.equal(readdirSync(base).sort(), entries);
  const again = join(folder, 'again');
  const settings = worldSettings(world, { stages: ['tokenizer'] });
  await run(again, settings);
  await run(again, settings);
  const { reporter, notes } = listener();
  await run(again, settings, { reporter });
  assert.equal(
    readdirSync(folder)
      .filter((name) => name.startsWith('again'))
      .sort(),
    ['again', 'again.old-1', 'again.old-2'],
  );
  assert.match(notes[0]!, /held an earlier run with tokenizer; it is now .*again\.old-2/);
});

test('the same seed gives the same bits, another seed others', async () => {
  const stages = ['tokenizer', 'pretrain'] as const;
  await run(join(folder, 'same'), worldSettings(world, { stages }));
  await run(join(folder, 'other'), worldSettings(world, { stages, seed: 4_294_967_295 }));
  assert.ok(weights(base, 'pretrain').equals(weights(join(folder, 'same'), 'pretrain')));
  assert.not.ok(weights(base, 'pretrain').equals(weights(join(folder, 'other'), 'pretrain')));
});

test('stopped in pretraining and again in SFT, then resumed: the bits of the uninterrupted run', async () => {
  const out = join(folder, 'stopped');
  assert.is(await run(out, worldSettings(world), { stopAfter: 2 }), false);
  assert.not.ok(existsSync(join(out, 'sft')));
  assert.is(await run(out, worldSettings(world), { resume: true, stopAfter: 2 }), false);
  assert.not.ok(existsSync(join(out, 'evaluation.json')));
  const { reporter, notes } = listener();
  assert.is(await run(out, worldSettings(world), { resume: true, reporter }), true);
  assert.ok(notes.includes('pretrain: finished earlier (3 steps)'));
  for (const stage of ['pretrain', 'sft']) assert.ok(weights(out, stage).equals(weights(base, stage)), stage);
  assert.equal(
    readFileSync(join(out, 'evaluation.json'), 'utf8'),
    readFileSync(join(base, 'evaluation.json'), 'utf8'),
  );
  const steps = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  assert.is(new Set(steps.map((line) => line.slice(0, line.indexOf('"loss"')))).size, steps.length);
});

test('a model from elsewhere with dropout is trained further, and resumes to the same bits', async () => {
  const from = join(folder, 'dropout-model');
  const model = tinyModel({ attentionDropout: 0.2 });
  writeDirectoryAtomically(from, await encodeModel(model, tinyTokenizer));
  const settings = worldSettings(world, { stages: ['pretrain'], initFrom: from, vocabSize: null });
  const [whole, parts, seed] = ['dropout-a', 'dropout-b', 'dropout-c'].map((name) => join(folder, name));
  await run(whole!, settings);
  await run(parts!, settings, { stopAfter: 1 });
  await run(parts!, settings, { resume: true });
  assert.ok(weights(whole!, 'pretrain').equals(weights(parts!, 'pretrain')));
  await run(seed!, { ...settings, seed: 43, changes: { ...settings.changes, shuffle: false } });
  assert.is(loadModelDirectory(seed!.concat('/pretrain')).model.config.attentionDropout, 0.2);
});

test('stages need what comes before them', async () => {
  const out = join(folder, 'order');
  const cases: [Partial<RunSettings>, ...string[]][] = [
    [{ stages: ['pretrain'] }, 'The stage pretrain starts from', 'run "tokenizer" first or give --init-from'],
    [{ stages: ['sft'] }, 'The stage sft starts from', 'run "pretrain" first'],
    [{ initFrom: join(base, 'sft') }, '--init-from brings its own tokenizer'],
    [{ stages: ['evaluate'], initFrom: join(folder, 'none') }, 'is not a directory'],
    [{ data: join(world, 'pretrain.txt') }, 'has no sft.jsonl, which the stage sft needs'],
    [{ data: join(folder, 'nothing') }, 'no such file or directory'],
    [{ data: put(folder, 'ids.bin', ''), stages: ['tokenizer'] }, 'no text to learn a tokenizer from'],
    [
      { stages: ['pretrain'], initFrom: join(base, 'pretrain'), context: 17 },
      '--context 17',
      'the 16 tokens',
    ],
  ];
  for (const [changes, ...parts] of cases) {
    await refusesLater(() => run(out, worldSettings(world, changes)), ...parts);
  }
  await refusesLater(
    () => run(join(folder, 'nothing-here'), worldSettings(world, { stages: ['evaluate'], vocabSize: null })),
    'no',
  );
});

test('a model to start from is what it is: another architecture, or other experts, are refused before any work', async () => {
  const out = join(folder, 'architectures');
  const from = { stages: ['sft'], initFrom: join(base, 'pretrain'), vocabSize: null };
  const made = { stages: ['tokenizer', 'pretrain'], arch: 'moe' };
  const cases: [Partial<RunSettings>, ...string[]][] = [
    [{ ...from, initFrom: join(out, 'sft') }, 'the stage sft of this run is written there', '--out'],
    [{ ...from, arch: 'llama2' }, '--arch llama2', 'is of the architecture tinyllm'],
    [{ ...from, changes: { intermediateSize: 99 } }, '--feed-forward is for a new model'],
    [{ ...made, changes: { numExpertsPerTok: 9 } }, 'cannot go to 9 experts', 'of 8'],
    [{ ...made, changes: { numExperts: 1 } }, 'cannot go to 2 experts', 'of 1'],
    [
      { ...made, changes: { balancing: 'bias', routerAuxLossCoef: 0.1 } },
      '--balance-weight',
      '--balancing loss',
    ],
    [{ ...made, preset: '9m' }, 'no preset "9m" of architecture moe'],
  ];
  for (const [changes, ...parts] of cases)
    await refusesLater(() => run(out, worldSettings(world, changes)), ...parts);
  assert.not(existsSync(out));
});

test('what an earlier run left does not count where this one sets it aside: refused, and nothing is moved', async () => {
  const out = join(folder, 'earlier');
  await run(out, worldSettings(world, { stages: ['tokenizer', 'pretrain'] }));
  const before = readdirSync(folder).sort();
  await refusesLater(
    () => run(out, worldSettings(world, { stages: ['tokenizer', 'sft'] })),
    'The stage sft starts from',
    'run "pretrain" first',
  );
  assert.equal(readdirSync(folder).sort(), before);
  assert.is(
    await run(out, worldSettings(world, { stages: ['sft'] })),
    true,
    'control: without the tokenizer it counts',
  );
});

for (const arch of ['llama2', 'moe']) {
  test(`${arch}: trained, stopped and resumed to the same bits, and continued without naming it`, async () => {
    const changes = {
      maxSteps: 3,
      batchSize: 2,
      ...(arch === 'moe' ? { balancing: 'bias' } : { hiddenDropout: 0.1 }),
    };
    const settings = worldSettings(world, { arch, stages: ['tokenizer', 'pretrain'], changes });
    const [whole, parts] = [join(folder, `${arch}-whole`), join(folder, `${arch}-parts`)];
    assert.is(await run(whole, settings), true);
    assert.is(await run(parts, settings, { stopAfter: 2 }), false);
    assert.is(await run(parts, settings, { resume: true }), true);
    assert.ok(weights(whole, 'pretrain').equals(weights(parts, 'pretrain')));
    assert.is(existsSync(join(parts, 'pretrain', 'kept_state.safetensors')), arch === 'moe');
    const further = { stages: ['sft', 'evaluate'], changes: { maxSteps: 3, batchSize: 2 } };
    assert.is(await run(parts, worldSettings(world, further)), true);
    assert.is(loadModelDirectory(join(parts, 'sft')).model.config.arch, arch);
    assert.match(readFileSync(join(parts, 'report.md'), 'utf8'), new RegExp(`${arch}, [\\d,]+ parameters`));
  });
}

test('a place where nothing can be written is refused with a sentence', async () => {
  const file = put(folder, 'plain-file', '');
  for (const out of [file, join(file, 'run')]) {
    await refusesLater(() => run(out, worldSettings(world)), 'Cannot write', out);
  }
});

test('stages one by one, each from what the one before left', async () => {
  const out = join(folder, 'single');
  for (const stage of ['tokenizer', 'pretrain', 'sft', 'evaluate'] as const) {
    await run(out, worldSettings(world, { stages: [stage] }));
  }
  assert.ok(weights(out, 'sft').equals(weights(base, 'sft')));
  assert.not.ok(existsSync(`${out}.old-1`));
  // The same where a power cut left a stage in the middle of its last swap.
  for (const stage of ['pretrain', 'sft']) renameSync(join(out, stage), join(out, `${stage}.next`));
  rmSync(join(out, 'evaluation.json'));
  await run(out, worldSettings(world, { stages: ['evaluate'] }));
  const evaluation = JSON.parse(readFileSync(join(out, 'evaluation.json'), 'utf8')) as object;
  assert.equal(Object.keys(evaluation), ['pretrain', 'sft']);
  const before = readFileSync(join(out, 'run.json'), 'utf8');
  await run(out, worldSettings(world, { stages: ['evaluate'] }));
  assert.is(readFileSync(join(out, 'run.json'), 'utf8'), before, 'looking changes no settings');
});

test('changed data is noticed when a stage is resumed', async () => {
  const data = writeWorld(join(folder, 'changing'));
  const out = join(folder, 'changed');
  const settings = worldSettings(data, { stages: ['tokenizer', 'pretrain'] });
  await run(out, settings, { stopAfter: 1 });
  put(data, 'pretrain.txt', readFileSync(join(data, 'pretrain.txt'), 'utf8').replace('北京', '南京'));
  await refusesLater(() => run(out, settings, { resume: true }), 'other data', data, '--out');
});

test('a .bin corpus: trained with the tokenizer of --init-from, its end held out', async () => {
  const out = join(folder, 'bin');
  const settings = worldSettings(join(base, 'corpus', 'text.bin'), {
    stages: ['pretrain', 'evaluate'],
    initFrom: join(base, 'pretrain'),
    vocabSize: null,
  });
  assert.is(await run(out, settings), true);
  assert.match(readFileSync(join(out, 'metrics.jsonl'), 'utf8'), /"heldOutLoss":/);
  const foreign = put(folder, 'foreign.bin', Uint8Array.of(1, 0, 144, 1, 2, 0)); // 400 is beyond the vocabulary
  await refusesLater(
    () => run(out, { ...settings, data: foreign }),
    'token 1 has id 400',
    'vocabulary has 400',
  );
});

test('a context too short for the samples at the end does not fail the run', async () => {
  const out = join(folder, 'short');
  const data = put(folder, 'rare.txt', `${'龘靐齉爨癵驫鱻麤\n\n'.repeat(60)}中国\n\n中国`);
  const settings = worldSettings(data, {
    stages: ['tokenizer', 'pretrain', 'evaluate'],
    context: 8,
    vocabSize: null,
  });
  assert.is(await run(out, settings), true);
  const answers = worldSettings(world, { context: 8, changes: { maxSteps: 1, batchSize: 1 } });
  await refusesLater(() => run(out, answers), 'longer than the context of 8');
});

test('lone surrogates, NUL bytes and a line of 10 MB are text like any other', async () => {
  const unit = '一只小猫在河边喝水，'; // 30 bytes
  const lines = [
    JSON.stringify({ text: unit.repeat(350_000) }),
    '{"text":"\\ud800 你好 \\udc00"}',
    '{"text":"甲\\u0000乙"}',
    '{"text":"丙\0丁"}'.replace('\0', '\\u0000\\ufffe'),
  ];
  const data = put(folder, 'awkward.jsonl', `${lines.join('\n')}\n`);
  const out = join(folder, 'awkward');
  const stages = ['tokenizer', 'pretrain', 'evaluate'] as const;
  assert.is(await run(out, worldSettings(data, { stages, vocabSize: null })), true);
  const { tokenizer } = loadModelDirectory(join(out, 'pretrain'));
  assert.is(tokenizer.decode(tokenizer.encode('甲\0乙')), '甲\0乙');
  rmSync(join(out, 'corpus'), { recursive: true });
});

test.run();
