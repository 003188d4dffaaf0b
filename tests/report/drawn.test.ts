import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { locateData } from '../../src/data/layout.ts';
import { encodePrompt } from '../../src/data/rows/pairs.ts';
import { answerPrompts } from '../../src/evaluation/answers.ts';
import { JUDGED } from '../../src/evaluation/judge.ts';
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

test('questions are spread over those the judge knows; every answer is judged as one to its own question', async () => {
  const many = join(folder, 'many');
  cpSync(world, many, { recursive: true });
  const asked = (i: number) => `第${i}问？`;
  const facts = Array.from({ length: 20 }, (_, i) => ({
    ...{
      relation: `r${i}`,
      subject: `事${i}`,
      answer: `物${i}`,
      accepted: [`事${i}是物${i}。`],
      questions: [asked(i)],
    },
  }));
  put(many, 'eval/answer-key.jsonl', facts.map((fact) => JSON.stringify(fact)).join('\n'));
  const pair = (prompt: string) => JSON.stringify({ prompt, chosen: '北京。', rejected: '巴黎。' });
  const prompts = facts.flatMap((_, i) => [asked(i), asked(i), `不知道${i}？`]);
  put(many, 'preferences-heldout.jsonl', prompts.map(pair).join('\n'));
  const exam = chooseExam(locateData(many))!;
  assert.equal(exam.questions, [2, 6, 10, 14, 18].map(asked));

  const loaded = loadModelDirectory(join(run, 'sft'));
  const drawn = await drawAnswers(loaded, exam);
  const prompted = exam.questions.flatMap((question) =>
    [0, 1, 2].map(() => encodePrompt(loaded.tokenizer, question)),
  );
  const given = await answerPrompts(loaded.model, loaded.tokenizer, prompted, { seed: 7 });
  assert.equal(
    drawn,
    exam.questions.map((question, i) =>
      given.slice(3 * i, 3 * i + 3).map(({ text, finished }) => {
        const verdict = exam.judge.judge(question, text, { finished });
        return { text, lacks: JUDGED.filter((quality) => verdict[quality] === 0) };
      }),
    ),
  );
  assert.ok(new Set(given.map(({ text }) => text)).size > 10, 'control: the answers differ');
  assert.ok(given.some(({ finished }) => !finished) || given.some(({ finished }) => finished));
});

test.run();
