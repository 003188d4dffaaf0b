/**
 * report.md: the same as text, for a repository, a diff or a terminal. Curves become a row of little bars.
 */
import type { ReportData } from './collect.ts';
import { shortNumber } from './curves.ts';
import { escapeMarkdown } from './escape.ts';
import { duration, factsOf, lastStep, stageSeconds } from './facts.ts';
import type { Point } from './metrics-lines.ts';
import { ownTextPart } from './own-text-parts.ts';
import { panelsOf } from './panels.ts';
import { headlineOf, numbersOf, sentenceOf } from './summary.ts';
import { evaluationTable } from './table.ts';

export function renderMarkdown(data: ReportData): string {
  const parts = [
    `# Run ${escapeMarkdown(data.name)}\n\n${headlineOf(data).map(escapeMarkdown).join(' · ')}`,
    listPart('These stages do not belong together', data.strangers),
    listPart('Not in this report', data.missing),
    summaryPart(data),
    data.ownText ? ownTextPart(data.ownText) : '',
    evaluationPart(data),
    answersPart(data),
    drawnPart(data),
    curvesPart(data),
    madePart(data),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function listPart(title: string, sentences: readonly string[]): string {
  if (sentences.length === 0) return '';
  return `${title}:\n\n${sentences.map((sentence) => `- ${escapeMarkdown(sentence)}`).join('\n')}`;
}

function summaryPart(data: ReportData): string {
  const sentence = sentenceOf(data);
  const numbers = numbersOf(data).map(
    ({ name, value, note }) => `- ${escapeMarkdown(name)}: **${value}** (${escapeMarkdown(note)})`,
  );
  const answers = data.showcase?.shown.map(({ kind, question, text, correct }) => [
    escapeMarkdown(kind),
    escapeMarkdown(question),
    `${correct ? '✓' : '✗'} ${text.trim() === '' ? '(nothing)' : escapeMarkdown(text)}`,
  ]);
  const parts = [
    sentence === '' ? '' : `${escapeMarkdown(sentence)}.`,
    numbers.join('\n'),
    answers === undefined
      ? ''
      : table(['asked for', 'question', `answer of ${escapeMarkdown(data.showcase!.stage)}`], answers),
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : `## In short\n\n${parts.join('\n\n')}`;
}

function evaluationPart({ evaluation }: ReportData): string {
  if (evaluation === null) return '';
  const { stages, lines } = evaluationTable(evaluation);
  const rows = lines.map(({ task, guessing, n, cells }) => [
    escapeMarkdown(task),
    ...cells.map((cell) =>
      cell === null
        ? '–'
        : `${cell.aboveGuessing ? '▲ ' : ''}${cell.value}${cell.interval === '' ? '' : ` (${cell.interval})`}`,
    ),
    guessing || '–',
    n,
  ]);
  const head = ['task', ...stages.map(escapeMarkdown), 'guessing', 'n'];
  return `## Evaluation\n\nValue and 95% interval; ▲ all of it above guessing.\n\n${table(head, rows)}`;
}

function answersPart({ answers }: ReportData): string {
  if (answers === null) return '';
  const { asked, stages } = answers;
  const rows = asked.map(({ question }, i) => [
    `${escapeMarkdown(question.question)} (${escapeMarkdown(question.answer)})`,
    ...[...stages.values()].map((each) => {
      const { text, correct } = each[i]!;
      const mark = correct === null ? '' : correct ? '✓ ' : '✗ ';
      return mark + (text.trim() === '' ? '(nothing)' : escapeMarkdown(text));
    }),
  ]);
  const head = ['question', ...[...stages.keys()].map(escapeMarkdown)];
  return `## Ten questions\n\nGreedy; after pretraining the model continues the question as text.\n\n${table(head, rows)}`;
}

function drawnPart({ drawn }: ReportData): string {
  if (drawn === null) return '';
  const rows = drawn.questions.map((question, i) => [
    escapeMarkdown(question),
    ...[...drawn.stages.values()].map((each) =>
      each[i]!.map(({ text, lacks }) => {
        const shown = text.trim() === '' ? '(nothing)' : escapeMarkdown(text);
        return lacks.length === 0 ? `✓ ${shown}` : `✗ ${shown} (${lacks.join(', ')})`;
      }).join('<br>'),
    ),
  ]);
  const head = ['question', ...[...drawn.stages.keys()].map(escapeMarkdown)];
  return `## Drawn answers\n\nThree each at temperature 1; ✗ what the judge misses.\n\n${table(head, rows)}`;
}

function curvesPart({ metrics, settings }: ReportData): string {
  if (metrics === null || metrics.stages.size === 0) return '';
  const stages = [...metrics.stages].map(([stage, curves]) => {
    const panels = panelsOf(stage, curves, settings?.changes);
    const overSteps = panels.filter(({ across }) => across === undefined);
    const rows = overSteps.flatMap(({ unit, lines }) =>
      lines.map(({ name, points }) => {
        const values = points.map(({ value }) => value);
        const ends = [
          values[0]!,
          values.at(-1)!,
          values.reduce((a, b) => Math.min(a, b)),
          values.reduce((a, b) => Math.max(a, b)),
        ].map(shortNumber);
        return [escapeMarkdown(name), escapeMarkdown(unit), ...ends, bars(points)];
      }),
    );
    return `### ${escapeMarkdown(stage)}\n\n${table(['number', 'unit', 'first', 'last', 'lowest', 'highest', 'course'], rows)}`;
  });
  return `## Curves\n\n${stages.join('\n\n')}`;
}

function madePart(data: ReportData): string {
  const facts = factsOf(data).map(({ name, value }) => `- ${name}: ${escapeMarkdown(value)}`);
  const times = [...stageSeconds(data)].map(([stage, seconds]) => [
    escapeMarkdown(stage),
    lastStep(data, stage)?.toString() ?? '–',
    duration(seconds),
  ]);
  const timeTable = times.length === 0 ? '' : `\n\n${table(['stage', 'steps', 'time'], times)}`;
  return facts.length === 0 ? '' : `## How it was made\n\n${facts.join('\n')}${timeTable}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const BARS = '▁▂▃▄▅▆▇█';
const MAX_BARS = 24;

/** Up to 24 bars from the lowest value to the highest: the mean of each stretch. */
export function bars(points: readonly Point[]): string {
  const count = Math.min(MAX_BARS, points.length);
  const means = Array.from({ length: count }, (_, i) => {
    const part = points.slice(
      Math.floor((i * points.length) / count),
      Math.floor(((i + 1) * points.length) / count),
    );
    return part.reduce((sum, { value }) => sum + value, 0) / part.length;
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return means
    .map((mean) => BARS[high === low ? 3 : Math.min(7, Math.floor((8 * (mean - low)) / (high - low)))])
    .join('');
}
