/**
 * report.html: one file that needs no other, from a disk as well as from a server.
 *
 * Its policy forbids every request and every script but the one written here (named by its hash), so a model's answer could not
 * run or load anything even if it ever got into the page as markup; and it never does, all text is escaped.
 */
import { createHash } from 'node:crypto';
import { stageNamed } from '../training/stages/index.ts';
import { attentionFigure, attentionScript } from './attention-map.ts';
import type { Answers, Drawn, ReportData } from './collect.ts';
import { panelFigure } from './curves.ts';
import { escapeHtml } from './escape.ts';
import { duration, factsOf, lastStep, stageSeconds } from './facts.ts';
import { ownTextSection } from './own-text-parts.ts';
import { panelsOf } from './panels.ts';
import { styleSheet } from './style.ts';
import { headlineOf, numbersOf, sentenceOf } from './summary.ts';
import { evaluationTable } from './table.ts';

export function renderPage(data: ReportData): string {
  const sections: [string, string, string][] = [
    ['summary', 'In short', summarySection(data)],
    ['texts', 'Texts over time', data.ownText ? ownTextSection(data.ownText) : ''],
    ['evaluation', 'Evaluation', evaluationSection(data)],
    ['answers', 'Ten questions', data.answers === null ? '' : answersSection(data.answers)],
    ['drawn', 'Drawn answers', data.drawn === null ? '' : drawnSection(data.drawn)],
    ['curves', 'Curves', curvesSection(data)],
    ['attention-map', 'Attention', attentionSection(data)],
    ['made', 'How it was made', madeSection(data)],
  ];
  const present = sections.filter(([, , html]) => html !== '');
  const hash = createHash('sha256').update(attentionScript).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(data.name)} - tiny-llm-ts report</title>
<style>${styleSheet}</style>
</head>
<body>
<header>
<h1>Run “${escapeHtml(data.name)}”</h1>
<p class="note">${headlineOf(data).map(escapeHtml).join(' · ')}</p>
${box('These stages do not belong together', data.strangers)}
${box('Not in this report', data.missing)}
<nav>${present.map(([id, title]) => `<a href="#${id}">${title}</a>`).join(' ')}</nav>
</header>
<main>
${present.map(([id, title, html]) => `<section id="${id}">\n<h2>${title}</h2>\n${html}\n</section>`).join('\n')}
</main>
${data.attention === null ? '' : `<script>${attentionScript}</script>`}
</body>
</html>
`;
}

function box(title: string, sentences: readonly string[]): string {
  if (sentences.length === 0) return '';
  const items = sentences.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join('');
  return `<div class="missing"><strong>${title}</strong><ul>${items}</ul></div>`;
}

function summarySection(data: ReportData): string {
  const sentence = sentenceOf(data);
  const numbers = numbersOf(data).map(
    ({ name, value, note }) =>
      `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd><dd class="note">${escapeHtml(note)}</dd></div>`,
  );
  const answers = data.showcase?.shown.map(
    ({ kind, question, text, correct }) =>
      `<div><dt><span class="task">${escapeHtml(kind)}</span> <span lang="zh">${escapeHtml(question)}</span></dt>
<dd lang="zh">${markOf(correct)}${spoken(text)}</dd></div>`,
  );
  return [
    sentence === '' ? '' : `<p>${escapeHtml(sentence)}.</p>`,
    numbers.length === 0 ? '' : `<dl class="cards">${numbers.join('\n')}</dl>`,
    answers === undefined
      ? ''
      : `<dl class="talk">${answers.join('\n')}</dl>
<p class="note">Answers of ${escapeHtml(data.showcase!.stage)}, greedy, to the question in the middle of each file: chosen before, not after.</p>`,
  ]
    .join('\n')
    .trim();
}

function markOf(correct: boolean | null): string {
  if (correct === null) return '';
  return correct
    ? '<span class="right" title="right">✓</span> '
    : '<span class="wrong" title="wrong">✗</span> ';
}

function spoken(text: string): string {
  return text.trim() === '' ? '<span class="none">(nothing)</span>' : escapeHtml(text);
}

function evaluationSection({ evaluation }: ReportData): string {
  if (evaluation === null) return '';
  const { stages, lines } = evaluationTable(evaluation);
  const rows = lines.map(({ task, isPart, guessing, n, cells }) => {
    const values = cells.map((cell) => {
      if (cell === null) return '<td class="none">–</td>';
      const mark = cell.aboveGuessing ? `<span class="above">▲ ${cell.value}</span>` : cell.value;
      const interval = cell.interval === '' ? '' : `<span class="interval">${cell.interval}</span>`;
      return `<td>${mark}${interval}</td>`;
    });
    return `<tr${isPart ? ' class="part"' : ''}><th scope="row">${escapeHtml(task)}</th>${values.join('')}<td>${guessing || '–'}</td><td>${n}</td></tr>`;
  });
  return `<p class="note">Below each value its 95% interval. ▲ the whole interval lies above what guessing gives (chance, or always the most
frequent answer). Bits per byte, perplexity and refusals-wrong: lower is better. – the task was not asked of this stage. n: questions, pairs or documents.</p>
<div class="wide"><table class="numbers"><thead><tr><th>task</th>${stages.map((stage) => `<th>${escapeHtml(stage)}</th>`).join('')}<th>guessing</th><th>n</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

function answersSection({ asked, stages }: Answers): string {
  const head = [...stages.keys()].map(
    (stage) => `<th>${escapeHtml(stage)}${stageNamed(stage)?.leaves === 'base' ? ' (continues)' : ''}</th>`,
  );
  const rows = asked.map(({ task, question }, i) => {
    const cells = [...stages.values()].map((answers) => {
      const { text, correct } = answers[i]!;
      return `<td>${markOf(correct)}${spoken(text)}</td>`;
    });
    return `<tr><th scope="row"><span lang="zh">${escapeHtml(question.question)}</span><span class="task">${escapeHtml(question.answer)} · ${escapeHtml(task)}</span></th>${cells.join('')}</tr>`;
  });
  return `<p class="note">The same questions after each stage, answered greedily. Below each question the expected fact and the task it is
from. ✓ right, ✗ wrong, to the character. After pretraining the model continues the question as text, which is not judged.</p>
<div class="wide"><table class="answers"><thead><tr><th>question</th>${head.join('')}</tr></thead><tbody lang="zh">
${rows.join('\n')}
</tbody></table></div>`;
}

function drawnSection({ questions, stages }: Drawn): string {
  const head = [...stages.keys()].map((stage) => `<th>${escapeHtml(stage)}</th>`);
  const rows = questions.map((question, i) => {
    const cells = [...stages.values()].map((each) => {
      const answers = each[i]!.map(({ text, lacks }) => {
        const mark =
          lacks.length === 0
            ? '<span class="right" title="nothing missing">✓</span> '
            : `<span class="wrong" title="${lacks.join(', ')}">✗</span> `;
        return `<div>${mark}${spoken(text)}${lacks.length === 0 ? '' : ` <span class="interval" lang="en">${lacks.join(', ')}</span>`}</div>`;
      });
      return `<td>${answers.join('')}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(question)}</th>${cells.join('')}</tr>`;
  });
  return `<p class="note">Questions of held-out pairs, each answered three times at temperature 1, marked by the judge: ✓ nothing is missing; ✗ what is missing: the right
fact, a full sentence, politeness, stopping in time. judge-score and win-rate above are from all questions of this kind.</p>
<div class="wide"><table class="answers"><thead><tr><th>question</th>${head.join('')}</tr></thead><tbody lang="zh">
${rows.join('\n')}
</tbody></table></div>`;
}

function curvesSection({ metrics, settings }: ReportData): string {
  if (metrics === null || metrics.stages.size === 0) return '';
  const stages = [...metrics.stages].map(([stage, curves]) => {
    const panels = panelsOf(stage, curves, settings?.changes).map(panelFigure);
    return `<h3>${escapeHtml(stage)}</h3>\n<div class="stage">${panels.join('\n')}</div>`;
  });
  return `<p class="note">From metrics.jsonl. Losses, and what a stage measures beside them, are means over the steps since the point before; rate, norm
and speed are those of the step itself. Dashed lines and hollow points: data never trained on.</p>
${stages.join('\n')}`;
}

function attentionSection({ attention }: ReportData): string {
  if (attention === null) return '';
  const [question, answer] = [attention.weights.question, attention.weights.answer].map(escapeHtml);
  return `<p>Where the model of stage ${escapeHtml(attention.stage)} looks while it reads <span lang="zh">“${question}”</span> and writes <span lang="zh">“${answer}”</span>.</p>
<p class="note">Each row is a token; the squares are the shares softmax(Q Kᵀ / √d) of the tokens it sees, itself and those before. The row
of a token decides the next one; the answer begins below the line. Shown first is the head that looks back most.</p>
${attentionFigure(attention.weights)}`;
}

function madeSection(data: ReportData): string {
  const facts = factsOf(data).map(
    ({ name, value }) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td><code>${escapeHtml(value)}</code></td></tr>`,
  );
  const seconds = stageSeconds(data);
  const total = [...seconds.values()].reduce((sum, more) => sum + more, 0);
  const times = [...seconds].map(
    ([stage, spent]) =>
      `<tr><th scope="row">${escapeHtml(stage)}</th><td>${lastStep(data, stage)?.toLocaleString('en') ?? '–'}</td><td>${duration(spent)}</td></tr>`,
  );
  const timeTable =
    times.length === 0
      ? ''
      : `<h3>Time per stage</h3>
<table class="numbers"><thead><tr><th>stage</th><th>steps</th><th>time</th></tr></thead><tbody>${times.join('\n')}
<tr><th scope="row">all</th><td></td><td>${duration(total)}</td></tr></tbody></table>`;
  return facts.length === 0 ? '' : `<table>${facts.join('\n')}</table>\n${timeTable}`;
}
