/** What is missing in a run, or broken. */
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { answersOf } from '../../src/report/answers.ts';
import { attendedAnswer } from '../../src/report/attention.ts';
import { collectReport, describeModel } from '../../src/report/collect.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderPage } from '../../src/report/page.ts';
import { loadModelDirectory } from '../../src/storage/model-directory.ts';
import { Random } from '../../src/tensor/index.ts';
import { put } from '../data/temporary.ts';
import { tinyMoE } from '../models/tiny.ts';
import { changedRun, folder, run, world } from './tiny-run.ts';

test('what is missing or broken is one sentence with its place, and the other parts stand', async () => {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8');
  const estimate = '{"sft": {"facts-seen": {"value": 1, "low": 0, "n": 4}}}';
  const cases: [string, Record<string, string | null>, string[]][] = [
    [
      'no-metrics',
      { 'metrics.jsonl': null },
      ['Without the curves: ', 'metrics.jsonl: there is no such file'],
    ],
    [
      'bad-line',
      { 'metrics.jsonl': `${lines}{"stage"` },
      [`metrics.jsonl:${lines.split('\n').length} is not valid JSON`],
    ],
    [
      'bad-json',
      { 'evaluation.json': '{' },
      ['Without the evaluation: ', 'evaluation.json is not valid JSON'],
    ],
    [
      'no-number',
      { 'evaluation.json': estimate },
      ['evaluation.json: "sft.facts-seen.high" must be a number, but it is missing'],
    ],
    ['no-history', { 'history.json': null }, ['times: ', 'history.json']],
    [
      'bad-history',
      { 'history.json': '[{"seconds": 3}]' },
      ['history.json: "[0].started" must be a text, but it is missing'],
    ],
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

test('the answers of each stage are those of its own model; the last one is looked into, at a question it got right', async () => {
  const data = await collectReport(run);
  const { asked, stages } = data.answers!;
  const models = new Map(['pretrain', 'sft'].map((stage) => [stage, loadModelDirectory(join(run, stage))]));
  for (const [stage, loaded] of models)
    assert.equal(stages.get(stage), await answersOf(loaded, asked, stage === 'pretrain'), stage);
  assert.is(data.name, 'run');
  assert.is(
    data.model,
    `tinyllm, ${models.get('sft')!.model.parameterCount().toLocaleString('en')} parameters`,
  );
  assert.equal(data.evaluation, JSON.parse(readFileSync(join(run, 'evaluation.json'), 'utf8')));

  // The same questions; what the last stage says to the third of them is now accepted.
  const other = join(folder, 'third-is-right');
  cpSync(world, other, { recursive: true });
  const third = { ...asked[2]!.question, accepted: [stages.get('sft')![2]!.text || '。'] };
  const questions = asked.map(({ question }, i) =>
    JSON.stringify(i === 2 ? third : { ...question, accepted: ['x'] }),
  );
  put(other, 'eval/facts-seen.jsonl', questions.join('\n'));
  const changed = await collectReport(run, other);
  assert.equal(
    changed.answers!.stages.get('sft')!.map(({ correct }) => correct),
    asked.map((_, i) => i === 2),
  );
  const { stage, weights } = changed.attention!;
  assert.is(stage, 'sft');
  const shown = await attendedAnswer(models.get('sft')!, third.question, false);
  assert.equal(
    [weights.question, weights.answer, weights.tokens],
    [shown.question, shown.answer, shown.tokens],
  );
});

test('without a stage that talks, the model it all began with is asked; another data directory than the run names', async () => {
  const settings = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));
  const from = join(run, 'sft');
  const bare = changedRun('begun-with', {
    ...{ pretrain: null, sft: null },
    'run.json': JSON.stringify({ ...settings, initFrom: from, data: join(folder, 'gone') }),
  });
  const data = await collectReport(bare, world);
  assert.equal([...data.answers!.stages.keys()], ['init']);
  assert.equal(data.missing, []);
  const beside = changedRun('beside', {
    'run.json': JSON.stringify({ ...settings, initFrom: from }),
  });
  assert.equal([...(await collectReport(beside)).answers!.stages.keys()], ['pretrain', 'sft']);
});

test('the five answers are those of the stage that chat.ts takes, not of a base model', async () => {
  const { showcase } = await collectReport(run);
  assert.is(showcase!.stage, 'sft');
  assert.equal(
    showcase!.shown.map(({ kind, question }) => [kind, question]),
    [['fact', '日本首都？']],
    'the world has no other questions',
  );
  const aligned = changedRun('aligned', {});
  for (const stage of ['ppo', 'dpo']) cpSync(join(aligned, 'sft'), join(aligned, stage), { recursive: true });
  const data = await collectReport(aligned);
  assert.equal([...data.answers!.stages.keys()], ['pretrain', 'sft', 'ppo', 'dpo']);
  assert.is(data.showcase!.stage, 'ppo', 'the highest rank, wherever it stands');
});

test('of a mixture the parameters at work for a token are named beside all of them', () => {
  const mixture = new CausalLM(tinyMoE, new Random(1));
  const idle = 2 * 2 * 3 * 16 * 8; // layers, experts not used, matrices, D, width
  const all = mixture.parameterCount();
  assert.is(
    describeModel(mixture),
    `moe, ${all.toLocaleString('en')} parameters, ${(all - idle).toLocaleString('en')} of them for a token`,
  );
});

test.run();
