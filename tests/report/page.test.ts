/** The page: it stands alone, hostile text in it stays text, and everything stands in its own place. */
import { createHash } from 'node:crypto';
import { parseHTML } from 'linkedom';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectReport, type ReportData } from '../../src/report/collect.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderPage } from '../../src/report/page.ts';
import { headlineOf } from '../../src/report/summary.ts';
import { evaluationRows, madeFacts, madeTimes, madeUp } from './made-up.ts';
import { page, run } from './tiny-run.ts';

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
    showcase: { stage: evil, shown: [{ kind: evil, question: evil, text: evil, correct: true }] },
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

/** The made-up run as a page, and its parts as a reader's browser has them. */
const { document } = parseHTML(renderPage(madeUp));
const textOf = (element: Element | null | undefined) => element?.textContent?.replace(/\s+/g, ' ').trim();
const texts = (selector: string, within: ParentNode = document) =>
  [...within.querySelectorAll(selector)].map(textOf);
/** The rows of a table, head first, as texts. */
const rowsOf = (table: Element) => [...table.querySelectorAll('tr')].map((row) => texts('th, td', row));
const [numbers, spoken, draws] = ['evaluation', 'answers', 'drawn'].map((id) =>
  rowsOf(document.querySelector(`#${id} table`)!),
);

test('every value of the evaluation stands in the row of its task and the column of its stage', () => {
  const expected = evaluationRows(({ above, value, interval }) => `${above ? '▲ ' : ''}${value}${interval}`);
  assert.equal(numbers, [['task', 'pretrain', 'sft', 'dpo', 'guessing', 'n'], ...expected]);
  assert.equal(texts('#evaluation tr.part th'), ['facts-seen-more']);
  assert.equal(texts('#evaluation .above'), ['▲ 61.2%', '▲ 53.4%', '▲ 74.5%']);
});

test('it opens with what the model is, the numbers, and answers with their marks', () => {
  assert.is(
    textOf(document.querySelector('#summary p')),
    'its-model, 123 parameters; trained on its-data; 1 h 2 min in all: pretrain 1 min 2 s, sft 7.8 s, dpo 1 h 1 min, evaluate 8.8 s.',
  );
  assert.equal(texts('#summary .cards > div'), ['bits per byte2.345 → 2.456pretrain → sft; lower is better']);
  assert.equal(texts('#summary .talk > div'), [
    'fact shown 0? ✓ shown says 0',
    'sum shown 1? ✗ (nothing)',
    'story shown 2? ✗ shown says 2',
  ]);
});

test('each answer stands under its own question and stage, with its own mark', () => {
  const { asked, stages } = madeUp.answers!;
  const rows = asked.map(({ task, question }, i) => [
    `${question.question}${question.answer} · ${task}`,
    ...[...stages.values()].map((given) => {
      const { text, correct } = given[i]!;
      const mark = correct === null ? '' : correct ? '✓ ' : '✗ ';
      return mark + (text === ' ' ? '(nothing)' : text);
    }),
  ]);
  assert.equal(spoken, [['question', 'pretrain (continues)', 'sft', 'dpo'], ...rows]);
  const { questions, stages: drawing } = madeUp.drawn!;
  const drawnRows = questions.map((question, i) => [
    question,
    ...[...drawing.values()].map((given) =>
      given[i]!.map(({ text, lacks }) =>
        lacks.length === 0 ? `✓ ${text}` : `✗ ${text} ${lacks.join(', ')}`,
      ).join(''),
    ),
  ]);
  assert.equal(draws, [['question', 'sft', 'dpo'], ...drawnRows]);
  assert.equal(texts('#answers .right').length, 4);
  const missed = [...document.querySelectorAll('#drawn .wrong')].map((mark) => mark.getAttribute('title'));
  assert.equal(missed.toSorted(), ['fact, stop', 'fact, stop', 'fact, stop', 'polite', 'polite', 'polite']);
});

test('the parts of a page in order, each stage with its own curves', () => {
  assert.equal(texts('nav a'), texts('main h2'));
  assert.equal(
    [...document.querySelectorAll('section')].map(({ id }) => id),
    ['summary', 'evaluation', 'answers', 'drawn', 'curves', 'attention-map', 'made'],
  );
  const curves = [...document.querySelectorAll('#curves h3')].map((head) => [
    textOf(head),
    ...[...head.nextElementSibling!.querySelectorAll('figcaption')].map((caption) => caption.firstChild),
  ]);
  assert.equal(
    curves.map(([stage, ...titles]) => [stage, ...titles.map((title) => (title as Node).textContent)]),
    [
      ['pretrain', 'Loss', 'Learning rate'],
      ['sft', 'Loss'],
      ['dpo', 'Implicit rewards'],
    ],
  );
  assert.match(textOf(document.querySelector('#attention-map p'))!, /stage dpo .*“问的是什么”.*“答的是什么”/);
  assert.equal(texts('.missing strong'), ['These stages do not belong together', 'Not in this report']);
  assert.equal(texts('.missing li'), [...madeUp.strangers, ...madeUp.missing]);
});

test('how it was made: every fact under its name, the last step and the time of each stage', () => {
  const [facts, times] = [...document.querySelectorAll('#made table')].map(rowsOf);
  assert.equal(
    facts,
    madeFacts.map(([name, value]) => [name, value.replaceAll('\n', ' ')]),
  );
  assert.equal(times, [['stage', 'steps', 'time'], ...madeTimes, ['all', '', '1 h 2 min']]);
  assert.is(
    textOf(document.querySelector('header .note')),
    'its-model, 123 parameters · preset micro · seed 77 · --quick: a part of the data, a few steps · 1 h 2 min in all · 2021-01-11',
  );
  const slow = { ...madeUp, settings: { ...madeUp.settings!, quick: false } };
  assert.not.ok(headlineOf(slow).some((text) => text.includes('quick')));
  assert.is(document.title, 'made-up - tiny-llm-ts report');
});

test('what a run does not have leaves no empty part behind', () => {
  const bare = {
    ...madeUp,
    evaluation: null,
    showcase: null,
    answers: null,
    drawn: null,
    attention: null,
    missing: [],
    family: [],
    strangers: [],
  };
  const { document } = parseHTML(
    renderPage({ ...bare, metrics: null, sessions: [], model: null, settings: null }),
  );
  assert.equal(texts('section', document), []);
  assert.equal(texts('script, .missing, nav a', document), []);
  assert.is(textOf(document.querySelector('header .note')), '');
});

test.run();
