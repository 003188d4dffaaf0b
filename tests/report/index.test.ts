/** The report of a whole run: what a run ends with, the command that writes it again, and a run with almost nothing in it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectReport } from '../../src/report/collect.ts';
import { writeReport } from '../../src/report/index.ts';
import { silentReporter } from '../../src/training/reporter.ts';
import { command, isRefused } from '../cli/spawn.ts';
import { put, refusesLater } from '../data/temporary.ts';
import { changedRun, folder, page, run, world } from './tiny-run.ts';

test('a run ends with a report of all its parts', async () => {
  const data = await collectReport(run);
  assert.equal(data.missing, []);
  assert.equal([...data.answers!.stages.keys()], ['pretrain', 'sft']);
  assert.is(data.answers!.asked.length, 4, 'the world has four questions');
  assert.is(data.attention!.stage, 'sft');
  for (const id of ['evaluation', 'answers', 'curves', 'attention-map', 'made'])
    assert.ok(page.includes(`<section id="${id}">`), id);
  for (const text of [
    '中国首都？',
    'facts-seen',
    'npx tsx src/train.ts --quick',
    process.version,
    'reference',
  ])
    assert.ok(page.includes(text), text);
  const markdown = readFileSync(join(run, 'report.md'), 'utf8');
  for (const text of ['## Evaluation', '## Ten questions', '## Curves', '## How it was made', '中国首都？'])
    assert.ok(markdown.includes(text), text);
});

test('the command writes the report of an earlier run again', async () => {
  const out = changedRun('earlier', { 'report.html': null, 'report.md': null });
  const done = await command('report', ['--run', out, '--data', world, '--backend', 'reference']);
  assert.is(done.code, 0, done.stderr);
  assert.match(done.stderr, /report: .*report\.html/);
  // The same run, the same page (its name apart).
  const again = readFileSync(join(out, 'report.html'), 'utf8').replaceAll('earlier', 'run');
  assert.is(again, page.replaceAll('earlier', 'run'));
  isRefused(await command('report', []), 2, '--run is required');
  isRefused(await command('report', ['--run', join(folder, 'none')]), 2, 'is not a directory');
});

test('no run, no models, no questions', async () => {
  await refusesLater(() => collectReport(join(folder, 'none')), 'is not a directory');
  await refusesLater(() => collectReport(world), 'holds no run');
  const bare = join(folder, 'bare');
  put(bare, 'metrics.jsonl', '{"stage":"sft","step":1,"loss":2}\n');
  const notes: string[] = [];
  await writeReport(bare, { ...silentReporter, note: (text) => notes.push(text) });
  assert.ok(existsSync(join(bare, 'report.html')));
  assert.ok(notes.some((note) => note.includes('give --data')));
  const { missing } = await collectReport(bare, world);
  assert.ok(missing.some((sentence) => sentence.includes('has no model that talks')));
});

test.run();
