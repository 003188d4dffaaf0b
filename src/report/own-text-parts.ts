/**
 * Own text, as a section of the page and of the Markdown file: a row for each moment, a column for each opening, below each text
 * what it shares with the training text.
 */
import { panelFigure, shortNumber } from './curves.ts';
import { escapeHtml, escapeMarkdown } from './escape.ts';
import { bitsPanel, type DrawnText, type OwnText, runOf, verdictOf } from './own-text.ts';

/** So many points of the curve are written out in Markdown. */
const MOST_POINTS = 12;

/** One line; white space counts as one space, as in the search. */
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();

export function ownTextSection(own: OwnText): string {
  const openings = own.moments.at(-1)!.texts.map(({ opening }) => opening);
  const head = openings.map((opening) => `<th lang="zh">${escapeHtml(oneLine(opening))}…</th>`).join('');
  const rows = own.moments.map(
    ({ step, texts }) =>
      `<tr><th scope="row">step ${step.toLocaleString('en')}</th>${texts.map(cell).join('')}</tr>`,
  );
  const unseen = openings.map((opening) => {
    const text = own.unseen.find((each) => each.opening === opening);
    return text === undefined ? '<td class="none">–</td>' : cell(text);
  });
  const figure =
    own.bitsPerByte.length === 0 ? '' : `<div class="stage">${panelFigure(bitsPanel(own))}</div>`;
  return `<p>${escapeHtml(verdictOf(own))}</p>
<p class="note">Drawn at temperature ${own.temperature} while it learned, from the beginnings of held-out documents, with the same seeds each time.
Marked is the longest run of characters that stands in the training text too, below it the passage around it there, the length of the run,
and how many of all runs of four characters the training text has. The last row is what really follows.</p>
<div class="wide"><table class="answers own-text"><thead><tr><th></th>${head}</tr></thead><tbody>
${rows.join('\n')}
<tr><th scope="row">held out</th>${unseen.join('')}</tr>
</tbody></table></div>
${figure}`;
}

function cell(drawn: DrawnText): string {
  const { text, nearest } = drawn;
  const shown =
    text.trim() === '' ? '<span class="none">(nothing)</span>' : marked(oneLine(text), nearest.run, 'mark');
  const passage = nearest.run === '' ? '' : `${marked(oneLine(nearest.passage), nearest.run, 'b')} · `;
  return `<td lang="zh">${shown}<span class="task">${passage}run of ${runOf(drawn)} · ${percent(nearest.shared)} of fours</span></td>`;
}

/** A text with a part of it in an element. */
function marked(text: string, part: string, element: 'mark' | 'b'): string {
  const at = part === '' ? -1 : text.indexOf(part);
  if (at === -1) return escapeHtml(text);
  const [before, after] = [text.slice(0, at), text.slice(at + part.length)];
  return `${escapeHtml(before)}<${element}>${escapeHtml(part)}</${element}>${escapeHtml(after)}`;
}

export function ownTextPart(own: OwnText): string {
  const line = (drawn: DrawnText) => {
    const { opening, text, nearest } = drawn;
    return `- ${escapeMarkdown(oneLine(opening))} \\| ${escapeMarkdown(oneLine(text)) || '(nothing)'} (run of ${runOf(drawn)}: ${escapeMarkdown(nearest.run) || 'none'}; ${percent(nearest.shared)} of fours)`;
  };
  const moments = own.moments.map(
    ({ step, texts }) => `Step ${step.toLocaleString('en')}:\n\n${texts.map(line).join('\n')}`,
  );
  const unseen =
    own.unseen.length === 0 ? [] : [`What really follows:\n\n${own.unseen.map(line).join('\n')}`];
  const every = Math.ceil(own.bitsPerByte.length / MOST_POINTS);
  const shown = own.bitsPerByte.filter((_, i, { length }) => (length - 1 - i) % every === 0);
  const bits = shown.map(({ step, value }) => `${shortNumber(value)} (step ${step.toLocaleString('en')})`);
  const course = bits.length === 0 ? [] : [`Bits per byte of held-out text: ${bits.join(', ')}.`];
  return [`## Texts over time\n\n${escapeMarkdown(verdictOf(own))}`, ...moments, ...unseen, ...course].join(
    '\n\n',
  );
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
