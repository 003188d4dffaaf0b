import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateData } from '../../src/data/layout.ts';
import { collectReport } from '../../src/report/collect.ts';
import { chooseExam, drawAnswers } from '../../src/report/drawn.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderPage } from '../../src/report/page.ts';
import { loadModelDirectory } from '../../src/storage/model-directory.ts';
import { put } from '../data/temporary.ts';
import { folder, page, run, world } from './tiny-run.ts';

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

test.run();
