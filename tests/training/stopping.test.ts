/**
 * A stop is noticed in all long work, within a piece of it: reading, tokenizer training, encoding, evaluation, answers, reports.
 * Here somebody has asked already: whatever began must throw the reason, and leave nothing half done under a real name.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateModel } from '../../src/evaluation/evaluate.ts';
import { generate, generateBatch } from '../../src/generation/generate.ts';
import { RewardModel } from '../../src/models/reward-model.ts';
import { writeReport } from '../../src/report/index.ts';
import { scoreAnswers } from '../../src/scoring/log-probs.ts';
import { rewardAnswers } from '../../src/scoring/rewards.ts';
import { Random } from '../../src/tensor/index.ts';
import { trainBpeInTurns } from '../../src/tokenizer/index.ts';
import { type Reporter, silentReporter } from '../../src/training/reporter.ts';
import { pretrain } from '../../src/training/stages/pretrain.ts';
import { sft } from '../../src/training/stages/sft.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { sampleDocuments } from '../tokenizer/sample.ts';
import { placeAt } from './stages/place.ts';
import { tinyConfig, tinyModel, tinyTokenizer } from './tiny.ts';
import { runAll, stopAfter, worldSettings, writeWorld } from './world.ts';

const folder = temporaryFolder();
const world = writeWorld(join(folder, 'world'));
const reason = new Error('stopped');
const signal = AbortSignal.abort(reason);

async function stops(what: string, work: () => Promise<unknown>): Promise<void> {
  const thrown = await work().then(
    () => 'nothing',
    (error: unknown) => error,
  );
  assert.is(thrown, reason, what);
}

/** Documents without end. */
function* endless(): Generator<string> {
  for (;;) yield* sampleDocuments();
}

test('tokenizer training: while it reads, and between two merges', async () => {
  await stops('reading', () => trainBpeInTurns(endless(), { vocabSize: 500 }, signal));
  const random = new Random(1);
  const characters = Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i));
  const text = Array.from({ length: 300_000 }, () => random.pick(characters)).join('');
  let merges = 0;
  const onProgress = (phase: string) => {
    if (phase === 'merging') merges++;
  };
  const options = { vocabSize: 60_000, shrinkToFit: true, onProgress };
  await stops('merging', () => trainBpeInTurns([text], options, signal));
  assert.ok(merges < 30_000, `${merges} merges before it was noticed`);
});

/** One whose first word takes longer than a piece of work may. */
function slowTokenizer(): typeof tinyTokenizer {
  let isFirst = true;
  return Object.assign(Object.create(tinyTokenizer) as typeof tinyTokenizer, {
    encode(text: string) {
      for (const end = performance.now() + 40; isFirst && performance.now() < end; );
      isFirst = false;
      return tinyTokenizer.encode(text);
    },
  });
}

test('encoding a corpus, and dialogues: no file of that name is left', async () => {
  const corpus = placeAt(world, { signal, tokenizer: slowTokenizer() }).place;
  await stops('corpus', async () => pretrain.prepare!(corpus));
  assert.equal(readdirSync(corpus.corpus), []);
  const dialogues = placeAt(world, { signal, tokenizer: slowTokenizer() }).place;
  await stops('dialogues', async () => sft.prepare!(dialogues));
});

test('answers, scores, rewards and whole evaluations', async () => {
  const model = tinyModel().eval();
  const prompt = [tinyTokenizer.bosId ?? 1, 300];
  const answers = [{ ids: [1, 2, 3], answerStart: 1 }];
  const options = { maxNewTokens: 5, signal };
  await stops('chat', async () => {
    for await (const _ of generate(model, prompt, options));
  });
  await stops('batch', () => generateBatch(model, [prompt], { ...options, stopIds: [] }));
  await stops('scores', () => scoreAnswers(model, answers, { signal }));
  await stops('rewards', () =>
    rewardAnswers(new RewardModel(tinyConfig, new Random(1)), answers, { signal }),
  );
  const { place } = placeAt(world);
  for (const task of ['bits-per-byte', 'facts-seen'])
    await stops(task, () => evaluateModel(model, tinyTokenizer, place.files, { tasks: [task], signal }));
});

test('a run stopped in its evaluation or its report has neither, and makes both when it goes on', async () => {
  const out = join(folder, 'run');
  for (const [job, left] of [
    [/pretrain bits-per-byte/, 'evaluation.json'],
    [/sft facts-seen/, 'evaluation.json'],
  ] as const) {
    const stop = new AbortController();
    const ends: string[] = [];
    const reporter: Reporter = {
      ...silentReporter,
      begin: (name) => void (job.test(name) && stop.abort(reason)),
      end: (summary) => void ends.push(summary),
    };
    const resume = existsSync(out);
    const options = { out, settings: worldSettings(world), resume, reporter, signal: stop.signal };
    assert.is(await runAll(options), false);
    assert.not.ok(existsSync(join(out, left)));
  }
  await stops('report', () => writeReport(out, silentReporter, { signal }));
  assert.not.ok(existsSync(join(out, 'report.html')));
  const settings = worldSettings(world);
  assert.is(await runAll({ out, settings, resume: true, reporter: silentReporter }), true);
  assert.ok(existsSync(join(out, 'report.html')));
});

test('a stopped stage says where it stopped, and does not say that it is done', async () => {
  const said: string[] = [];
  const reporter = {
    ...silentReporter,
    note: (text: string) => void said.push(text),
    end: (summary: string) => void said.push(`end ${summary}`),
  };
  const options = { out: join(folder, 'said'), settings: worldSettings(world), resume: false };
  assert.is(await runAll({ ...options, ...stopAfter(2, reporter) }), false);
  assert.ok(
    said.includes(`pretrain: stopped after step 2 of 3, saved in ${join(folder, 'said', 'pretrain')}`),
  );
  assert.ok(
    said.includes('end ') && !said.some((text) => text.startsWith('end ') && text.includes('pretrain')),
  );
});

test.run();
