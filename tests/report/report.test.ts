/** Reports of a real (tiny) run and of broken ones; and a page whose texts are hostile. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateData } from '../../src/data/layout.ts';
import { collectReport, type ReportData } from '../../src/report/collect.ts';
import { chooseExam, drawAnswers } from '../../src/report/drawn.ts';
import { writeReport } from '../../src/report/index.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderPage } from '../../src/report/page.ts';
import { loadModelDirectory } from '../../src/storage/model-directory.ts';
import { commandLine, type Session } from '../../src/training/history.ts';
import { silentReporter } from '../../src/training/reporter.ts';
import { command, isRefused } from '../cli/spawn.ts';
import { put, refusesLater, temporaryFolder } from '../data/temporary.ts';
import { runAll, worldSettings, writeWorld } from '../training/world.ts';

const folder = temporaryFolder();
const world = writeWorld(join(folder, 'world'));
const run = join(folder, 'run');
const context = {
  ...{
    out: run,
    settings: worldSettings(world),
    resume: false,
    reporter: silentReporter,
  },
  ...{ command: 'npx tsx src/train.ts --quick', shouldStop: () => false },
};
await runAll(context);
const page = readFileSync(join(run, 'report.html'), 'utf8');

/** A copy of the run without some files, or with others. */
function changedRun(name: string, files: Readonly<Record<string, string | null>>): string {
  const copy = join(folder, name);
  cpSync(run, copy, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    if (content === null) rmSync(join(copy, file), { recursive: true });
    else put(copy, file, content);
  }
  return copy;
}

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

test('the page stands alone: no address but that of the SVG namespace, one script, named by its hash in the policy', () => {
  const addresses = new Set(page.match(/(?:https?:)?\/\/[\w.]+[^\s"'<>)]*/g));
  assert.equal([...addresses], ['http://www.w3.org/2000/svg']);
  assert.not.match(page, /<(link|img|iframe|object|embed)|@import|url\(|\son\w+=/i);
  const scripts = [...page.matchAll(/<script>(.*?)<\/script>/gs)].map((match) => match[1]!);
  assert.is(scripts.length, 1);
  const hash = createHash('sha256').update(scripts[0]!).digest('base64');
  assert.ok(page.includes(`script-src 'sha256-${hash}'`));
  assert.ok(page.includes("default-src 'none'"));
});

test('history.json: command, versions, seconds of every stage; a second session adds an entry', async () => {
  const read = (out: string) => JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as Session[];
  const [session] = read(run);
  assert.equal(Object.keys(session!.seconds), ['tokenizer', 'pretrain', 'sft', 'evaluate']);
  assert.ok(Object.values(session!.seconds).every((seconds) => seconds >= 0 && seconds < 60));
  assert.is(session!.node, process.version);
  assert.match(session!.package, /^\d+\.\d+\.\d+$/);
  assert.ok(session!.commit === null || /^[0-9a-f]{7,40}\+?$/.test(session!.commit));
  const out = changedRun('again', {});
  await runAll({ ...context, out, settings: worldSettings(world, { stages: ['evaluate'] }) });
  assert.equal(
    read(out).map(({ seconds }) => Object.keys(seconds).length),
    [4, 1],
  );
  const { sessions } = await collectReport(out);
  assert.is(sessions.length, 2);
});

test('a command line can be typed again', () => {
  assert.is(
    commandLine('src/train.ts', ['--out', "runs/it's mine", '--lr', '1e-3', '--stages=sft,dpo']),
    `npx tsx src/train.ts --out 'runs/it'\\''s mine' --lr 1e-3 --stages=sft,dpo`,
  );
});

test('what is missing or broken is one sentence with its place, and the other parts stand', async () => {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
  const estimate = '{"sft": {"facts-seen": {"value": 1, "low": 0, "n": 4}}}';
  const cases: [string, Record<string, string | null>, string[]][] = [
    [
      'no-metrics',
      { 'metrics.jsonl': null },
      ['Without the curves: ', 'metrics.jsonl: there is no such file'],
    ],
    ['bad-line', { 'metrics.jsonl': `${lines}{"stage"` }, [`metrics.jsonl:${lines.split('\n').length}: `]],
    [
      'bad-json',
      { 'evaluation.json': '{' },
      ['Without the evaluation: ', 'evaluation.json is not valid JSON'],
    ],
    ['no-number', { 'evaluation.json': estimate }, ['"facts-seen" of "sft" has no number "high"']],
    ['no-history', { 'history.json': null }, ['times: ', 'history.json']],
    ['bad-history', { 'history.json': '[{"seconds": 3}]' }, ['history.json is not a list of sessions']],
    ['no-settings', { 'run.json': null }, ['Without the settings: ', 'run.json']],
    ['bad-model', { 'sft/config.json': '{}' }, ['Without the answers of sft: ', 'sft']],
  ];
  for (const [name, files, parts] of cases) {
    const { missing, ...data } = await collectReport(changedRun(name, files), world);
    assert.is(missing.length, 1, `${name}: ${missing.join(' | ')}`);
    for (const part of parts) assert.ok(missing[0]!.includes(part), `"${missing[0]}" does not say "${part}"`);
    assert.not.match(missing[0]!, /\n/);
    assert.ok(renderPage({ ...data, missing }).includes('Not in this report'), name);
    assert.ok(renderMarkdown({ ...data, missing }).includes('Not in this report'), name);
    assert.ok(data.answers!.stages.size > 0, name);
  }
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

test('drawn answers: the same questions three times, what the judge misses beside each; none without a key', async () => {
  const judged = join(folder, 'judged');
  cpSync(world, judged, { recursive: true });
  const fact = { relation: 'capital', subject: '中国', answer: '北京', accepted: ['北京。'] };
  put(judged, 'eval/answer-key.jsonl', JSON.stringify({ ...fact, questions: ['中国首都？'] }));
  const pair = (prompt: string) => JSON.stringify({ prompt, chosen: '北京。', rejected: '巴黎。' });
  put(judged, 'preferences-heldout.jsonl', [pair('中国首都？'), pair('谁也没问过。')].join('\n'));
  const exam = chooseExam(locateData(judged))!;
  assert.equal(exam.questions, ['中国首都？'], 'only what the judge knows');
  const loaded = loadModelDirectory(join(run, 'sft'));
  const answers = await drawAnswers(loaded, exam);
  assert.equal(
    answers.map((each) => each.length),
    [3],
  );
  for (const { text, lacks } of answers[0]!) {
    assert.is(lacks.length === 0, text === '北京。', text);
    if (text === '') assert.equal(lacks, ['fact', 'sentence', 'polite', 'stop']);
  }
  assert.equal(await drawAnswers(loaded, exam), answers, 'the same every time');
  assert.is(chooseExam(locateData(world)), null);

  const data = await collectReport(run, judged);
  assert.equal([...data.drawn!.stages.keys()], ['sft'], 'a base model is not asked');
  assert.ok(renderPage(data).includes('<section id="drawn">'));
  assert.ok(renderMarkdown(data).includes('## Drawn answers'));
  assert.not(page.includes('<section id="drawn">'));
});

test('hostile text in every place stays text', async () => {
  const evil = '<script>alert(1)</script>"\'`|<img src=x onerror=alert(2)>';
  const real = await collectReport(run);
  const answer = { text: evil, correct: false };
  const drawn = {
    questions: [evil],
    stages: new Map([[evil, [[{ text: evil, lacks: ['stop' as const] }]]]]),
  };
  const asked = { task: evil, question: { relation: evil, question: evil, answer: evil, accepted: [evil] } };
  const estimate = { value: 0.5, low: 0.4, high: 0.6, n: 9, chance: 0.25 };
  const { weights } = real.attention!;
  const data: ReportData = {
    ...real,
    name: evil,
    settings: { ...real.settings!, data: evil, preset: evil },
    sessions: [{ ...real.sessions[0]!, command: evil, started: evil, backend: evil, seconds: { [evil]: 1 } }],
    metrics: { ...real.metrics!, stages: new Map([[evil, new Map([[evil, [{ step: 1, value: 1 }]]])]]) },
    evaluation: { [evil]: { [evil]: estimate } },
    answers: { asked: [asked], stages: new Map([[evil, [answer]]]) },
    drawn,
    attention: {
      stage: evil,
      weights: { ...weights, question: evil, answer: evil, tokens: weights.tokens.map(() => evil) },
    },
    missing: [evil],
  };
  const html = renderPage(data);
  assert.is(html.match(/<script/gi)?.length, 2, 'the script of the page and its data');
  assert.is(html.match(/<\/script/gi)?.length, 2);
  assert.not.match(html, /<img/i);
  assert.ok(html.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
  assert.not.match(html, /="[^"]*<script/, 'not in an attribute either');
  assert.not.match(renderMarkdown(data), /<script|<img/i);
});

test.run();
