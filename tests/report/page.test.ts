/** The page: it stands alone, and hostile text in it stays text. */
import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { collectReport, type ReportData } from '../../src/report/collect.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderPage } from '../../src/report/page.ts';
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
