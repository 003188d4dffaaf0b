/** Runs that are unfinished, foreign, damaged or of another version: what can be judged is, the rest is named; only no run is refused. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diagnose } from '../../src/diagnosis/index.ts';
import { readRun } from '../../src/diagnosis/run-record.ts';
import { inWords } from '../../src/diagnosis/words.ts';
import { stages } from '../../src/training/stages/index.ts';
import { put, refuses, temporaryFolder } from '../data/temporary.ts';
import { good, madeUpReference, makeUpRun, withCurves } from './made-up-run.ts';

const reference = madeUpReference();
const judge = (run: string) => {
  const diagnosis = diagnose(stages, run, { reference });
  return {
    ...diagnosis,
    verdicts: diagnosis.stages.map(({ name, verdict }) => [name, verdict]),
    text: inWords(diagnosis),
  };
};

test('what is no run is refused: nothing, a file, an empty directory, the directory of a stage, another project', () => {
  const folder = temporaryFolder();
  refuses(() => readRun(stages, join(folder, 'none')), 'is not a directory');
  refuses(() => readRun(stages, put(folder, 'file', '')), 'is not a directory');
  mkdirSync(join(folder, 'empty'));
  refuses(() => readRun(stages, join(folder, 'empty')), 'holds no run', 'neither run.json nor metrics.jsonl');
  refuses(() => readRun(stages, join(makeUpRun({ stages: good }), 'sft')), 'holds no run');
  put(folder, 'other/package.json', '{}');
  refuses(() => readRun(stages, join(folder, 'other')), 'holds no run');
});

test('unfinished: normal so far, and the end is not judged; stages that are not there yet are named', () => {
  const run = makeUpRun(withCurves('pretrain', {}, { done: 90 }));
  put(
    run,
    'run.json',
    JSON.stringify({ preset: 'pico', stages: ['pretrain', 'sft'], data: 'data', seed: 1 }),
  );
  const { verdicts, unjudged, text } = judge(run);
  assert.equal(verdicts, [['pretrain', 'unfinished']]);
  assert.match(unjudged.join(), /sft: it was to be made, and there is nothing of it/);
  assert.match(text, /unfinished: 90 steps, of 200; saved at step 90; the end cannot be judged/);
});

test('a run that has only begun: settings and no line', () => {
  const run = temporaryFolder();
  put(run, 'run.json', JSON.stringify({ preset: 'pico', stages: ['pretrain'], data: 'data', seed: 1 }));
  const { verdicts, text } = judge(run);
  assert.equal(verdicts, []);
  assert.match(text, /nothing to judge/);
  assert.match(text, /no stage of it has been trained yet/);
});

test('the run of another project: said, line by line, and not judged', () => {
  const run = temporaryFolder();
  put(run, 'run.json', '{"wandb_version": 1, "config": {"lr": 3}}');
  put(run, 'metrics.jsonl', '{"epoch":1,"train_loss":2.3}\n');
  const { verdicts, text } = judge(run);
  assert.equal(verdicts, []);
  assert.match(text, /run.json: "preset" must be a text.*\n.*metrics.jsonl:1: "stage" must be a text/);
  assert.match(text, /is it the run of another project\?/);
});

test('an older version, or lost files: judged by what is left', () => {
  const older = makeUpRun({ stages: good });
  for (const name of Object.keys(good)) rmSync(join(older, name, 'stage.json'));
  rmSync(join(older, 'history.json'));
  assert.ok(
    judge(older).verdicts.every(([, verdict]) => verdict === 'normal'),
    judge(older).text,
  );
  const noLines = makeUpRun({ stages: good });
  rmSync(join(noLines, 'metrics.jsonl'));
  assert.ok(
    judge(noLines).verdicts.every(([, verdict]) => verdict === 'unjudged'),
    judge(noLines).text,
  );
  assert.match(judge(noLines).text, /No curve can be judged.*there is no such file/);
  const noSettings = makeUpRun({ stages: good });
  rmSync(join(noSettings, 'run.json'));
  assert.match(inWords(diagnose(stages, noSettings)), /No reference can be chosen/);
});

test('damaged and foreign lines are named, and the rest stands; control characters do not reach the terminal', () => {
  const run = makeUpRun(withCurves('sft', {}));
  const path = join(run, 'metrics.jsonl');
  writeFileSync(path, '{"stage":"sft","st\n{"stage":"warm\\u001b[2J","step":1,"loss":1}\nnonsense\n', {
    flag: 'a',
  });
  put(run, 'history.json', '[{"started": ');
  put(run, 'evaluation.json', '[]');
  put(run, 'sft/trainer_state.json', '{}');
  const { verdicts, unjudged, text } = judge(run);
  assert.equal(verdicts, [['sft', 'unfinished']]);
  assert.is(unjudged.length, 6, text);
  assert.match(text, /knows no such stage/);
  assert.not(text.includes('\u001b'));
});

test('data of its own, a preset without a reference: what can still be judged is said', () => {
  const own = makeUpRun(withCurves('pretrain', {}, { data: { 'novel.txt': 'e'.repeat(64) } }));
  assert.match(judge(own).text, /the data is not the shipped one.*ln V/);
  assert.match(judge(own).text, /loss 6.24 at step 1 \(guessing: ln V = 6.24\), loss 1.0\d at the end/);
  assert.match(
    judge(own).text,
    /as in any run: no NaN, begins by guessing, falls by \d.*, learning rate 1.00 times the usual/,
  );
  assert.is(judge(own).reference, null);
  const large = makeUpRun(withCurves('pretrain', {}));
  put(large, 'run.json', JSON.stringify({ preset: '1.5b', stages: ['pretrain'], data: 'data', seed: 1 }));
  assert.match(inWords(diagnose(stages, large)), /there are no reference curves 1.5b-tinyllm.json/);
});

test.run();
