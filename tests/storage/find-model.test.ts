import { mkdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { findChatModel, findModel } from '../../src/storage/find-model.ts';
import { loadModelDirectory } from '../../src/storage/model-directory.ts';
import { refuses, temporaryFolder } from '../data/temporary.ts';
import { saved } from './saved.ts';

const folder = temporaryFolder();
const chatStages = ['ppo', 'dpo', 'sft'];
const allStages = [...chatStages, 'pretrain'];

test('a model is found by its own directory or by its run, also in the middle of a swap', async () => {
  const run = join(folder, 'run');
  refuses(() => findModel(run, allStages), `--model ${run}`, 'no such directory');
  await saved(join(run, 'pretrain'));
  assert.is(findModel(run, allStages), join(run, 'pretrain'));
  assert.is(findModel(join(run, 'pretrain'), allStages), join(run, 'pretrain'));
  refuses(() => findChatModel(run, chatStages), 'no run with one of ppo, dpo, sft');
  await saved(join(run, 'sft'));
  assert.is(findModel(run, allStages), join(run, 'sft'));
  assert.is(findChatModel(run, chatStages), join(run, 'sft'));
  renameSync(join(run, 'sft'), join(run, 'sft.next'));
  assert.is(findChatModel(run, chatStages), join(run, 'sft'));
  assert.is(loadModelDirectory(findModel(run, allStages)).model.config.vocabSize, 420);
  writeFileSync(join(run, 'run.json'), '{}');
  renameSync(run, `${run}.next`); // a new run was about to take its place
  assert.is(findChatModel(run, chatStages), join(`${run}.next`, 'sft'));
  renameSync(`${run}.next`, run);
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  refuses(() => findModel(empty, allStages), 'holds no model');
});

test('the stages and their order are the caller’s', async () => {
  const run = join(folder, 'other');
  for (const stage of ['warm', 'hot']) await saved(join(run, stage));
  assert.is(findModel(run, ['hot', 'warm']), join(run, 'hot'));
  assert.is(findModel(run, ['cold', 'warm', 'hot']), join(run, 'warm'));
  refuses(() => findModel(run, ['cold']), 'no run with one of cold');
});

test('no --model: the latest run that can chat', async () => {
  const runs = join(folder, 'runs');
  const latest = () => findChatModel(undefined, chatStages, [], runs);
  refuses(latest, 'no model that can chat', 'npx tsx src/train.ts');
  await saved(join(runs, 'base', 'pretrain'));
  refuses(latest, 'no model that can chat');
  const any = () => findChatModel(undefined, chatStages, allStages, runs);
  assert.is(any(), join(runs, 'base', 'pretrain'), 'it continues text');
  for (const [i, name] of ['b', 'c', 'a'].entries()) {
    const path = await saved(join(runs, name, 'sft'));
    utimesSync(join(path, 'model.safetensors'), 1000 + i, 1000 + i);
  }
  writeFileSync(join(runs, 'note.txt'), '');
  assert.is(any(), latest());
  assert.is(latest(), join(runs, 'a', 'sft'));
  renameSync(join(runs, 'a', 'sft'), join(runs, 'a', 'sft.next')); // stopped in the middle of a swap
  assert.is(latest(), join(runs, 'a', 'sft'));
});

test.run();
