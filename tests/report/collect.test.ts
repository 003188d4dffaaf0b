/** What is missing in a run, or broken. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectReport } from '../../src/report/collect.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderPage } from '../../src/report/page.ts';
import { changedRun, run, world } from './tiny-run.ts';

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

test.run();
