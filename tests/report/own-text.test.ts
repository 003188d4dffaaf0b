/**
 * A run on text alone: texts at its moments, the same after a stop, and the report that shows them beside what they are near to.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectReport } from '../../src/report/collect.ts';
import { type OwnText, verdictOf } from '../../src/report/own-text.ts';
import { ownTextPart, ownTextSection } from '../../src/report/own-text-parts.ts';
import { silentReporter } from '../../src/training/reporter.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { sampleDocuments } from '../tokenizer/sample.ts';
import { runAll, stopAfter, worldSettings, writeWorld } from '../training/world.ts';

const folder = temporaryFolder();
const data = put(
  folder,
  'novel.txt',
  Array.from({ length: 5 }, () => sampleDocuments())
    .flat()
    .join('\n\n'),
);
const settings = worldSettings(data, {
  stages: ['tokenizer', 'pretrain', 'evaluate'],
  changes: { maxSteps: 20, batchSize: 2, saveEvery: 5, evaluateEvery: 5 },
});
const samplesIn = (run: string) =>
  readFileSync(join(run, 'samples.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { step: number; opening: string; text: string });

const run = join(folder, 'run');
await runAll({ out: run, settings, resume: false, reporter: silentReporter });

test('five moments, the same openings of held-out text each time, whole characters only', () => {
  const samples = samplesIn(run);
  assert.equal([...new Set(samples.map(({ step }) => step))], [1, 3, 8, 14, 20]);
  const openings = samples.slice(0, samples.length / 5).map(({ opening }) => opening);
  assert.ok(openings.length > 1 && openings.length <= 3);
  for (const [i, { opening, text }] of samples.entries()) {
    assert.is(opening, openings[i % openings.length]);
    assert.not.match(text, /\uFFFD/);
  }
  assert.ok(new Set(samples.map(({ text }) => text)).size > samples.length / 2, 'they change');
});

test('stopped between two moments and resumed: the same lines, the same weights', async () => {
  const out = join(folder, 'stopped');
  assert.is(await runAll({ out, settings, resume: false, ...stopAfter(10) }), false);
  const line = readFileSync(join(out, 'samples.jsonl'), 'utf8').split('\n')[0]!;
  put(
    out,
    'samples.jsonl',
    `${readFileSync(join(out, 'samples.jsonl'), 'utf8')}${line.replace('"step":1,', '"step":12,')}\n`,
  );
  await runAll({ out, settings, resume: true, reporter: silentReporter });
  assert.equal(samplesIn(out), samplesIn(run));
  const weights = (of: string) => readFileSync(join(of, 'pretrain', 'model.safetensors'));
  assert.ok(weights(out).equals(weights(run)));
});

test('the report: a row for each moment, what really follows, bits per byte, and nothing missing', async () => {
  const { ownText, missing, model, attention } = await collectReport(run);
  assert.equal(missing, []);
  assert.ok(model !== null && attention !== null);
  assert.equal(
    ownText!.moments.map(({ step }) => step),
    [1, 3, 8, 14, 20],
  );
  assert.ok(ownText!.unseen.length > 0);
  assert.equal(
    ownText!.bitsPerByte.map(({ step }) => step),
    [5, 10, 15, 20],
  );
  const last = ownText!.bitsPerByte.at(-1)!.value;
  const evaluation = JSON.parse(readFileSync(join(run, 'evaluation.json'), 'utf8')) as Record<
    string,
    Record<string, { value: number }>
  >;
  const measured = evaluation.pretrain!['bits-per-byte']!.value;
  assert.ok(Math.abs(last - measured) < 0.15 * measured, `${last}, the evaluation says ${measured}`);
  const page = readFileSync(join(run, 'report.html'), 'utf8');
  for (const text of [
    '<section id="texts">',
    '<mark>',
    'step 14',
    'held out',
    'Bits per byte of held-out text',
  ])
    assert.ok(page.includes(text), text);
  assert.match(readFileSync(join(run, 'report.md'), 'utf8'), /## Texts over time[^#]*Step 14:/);
});

test('data with dialogues has none of this, and a damaged file is named', async () => {
  const world = writeWorld(join(folder, 'world'));
  const talking = join(folder, 'talking');
  await runAll({ out: talking, settings: worldSettings(world), resume: false, reporter: silentReporter });
  assert.not(existsSync(join(talking, 'samples.jsonl')));
  assert.is((await collectReport(talking)).ownText, null);
  const damaged = join(folder, 'damaged');
  cpSync(run, damaged, { recursive: true });
  put(damaged, 'samples.jsonl', '{"stage":1}\n');
  const { missing } = await collectReport(damaged);
  assert.ok(
    missing.some((sentence) => sentence.includes('samples.jsonl:1')),
    missing.join('\n'),
  );
});

/** One text at one moment, with runs of these lengths. */
function made(run: number, unseen: number): OwnText {
  const drawn = (length: number, text: string) => ({
    opening: '<开头>',
    text,
    nearest: { run: '春'.repeat(length), passage: `前${'春'.repeat(length)}后`, shared: 0.25 },
  });
  return {
    ...{ stage: 'pretrain', temperature: 0.8, whole: true, bitsPerByte: [{ step: 10, value: 1.5 }] },
    moments: [{ step: 40, steps: 40, texts: [drawn(run, `甲${'春'.repeat(run)}<b>`)] }],
    unseen: [drawn(unseen, `乙${'春'.repeat(unseen)}`)],
  };
}

test('learned or copied: measured on what text that was never seen shares', () => {
  assert.match(
    verdictOf(made(7, 6)),
    /have 7 characters; real text that it never saw shares 6\. So it writes its own/,
  );
  assert.match(verdictOf(made(40, 6)), /So it recites/);
  assert.match(
    verdictOf({ ...made(9, 3), unseen: [], whole: false }),
    /9 characters \(of a large corpus[^)]*\)\.$/,
  );
});

test('texts are text in the page and in Markdown, and the run stands out', () => {
  const page = ownTextSection(made(3, 2));
  assert.ok(page.includes('甲<mark>春春春</mark>&lt;b&gt;'));
  assert.ok(page.includes('前<b>春春春</b>后 · run of 3 · 25% of fours'));
  assert.ok(page.includes('&lt;开头&gt;…'));
  const markdown = ownTextPart(made(3, 2));
  assert.ok(markdown.includes('甲春春春&lt;b&gt; (run of 3: 春春春; 25% of fours)'), markdown);
  assert.ok(markdown.includes('1.5 (step 10)'));
});

test.run();
