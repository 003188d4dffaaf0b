/** report.md: bars, and everything in its own place (tests/report/made-up.ts: no two things of that run are equal). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bars, renderMarkdown } from '../../src/report/markdown.ts';
import { evaluationRows, madeFacts, madeTimes, madeUp } from './made-up.ts';
import { points } from './points.ts';

test('bars from the lowest value to the highest, at most 24', () => {
  assert.is(bars(points([1, 2, 3, 8])), '▁▂▃█');
  assert.is(bars(points([2, 2])), '▄▄');
  assert.is([...bars(points(Array.from({ length: 1000 }, (_, i) => i)))].length, 24);
  assert.is(
    bars(points(Array.from({ length: 48 }, (_, i) => (i % 2) * 9))),
    '▄'.repeat(24),
    'means, not sums',
  );
  assert.is(bars(points([7, 1, 9])), '▇▁█', 'in the order of the steps');
});

/** The cells of every table below a heading, head first; backslashes before a sign of Markdown taken away. */
function rowsBelow(markdown: string, heading: string): string[][] {
  const part = markdown.split(`${heading}\n`)[1]?.split(/\n##/)[0] ?? '';
  const lines = part.split('\n').filter((line) => line.startsWith('| ') && !/^\| ---/.test(line));
  return lines.map((line) => line.slice(2, -2).replaceAll('\\', '').split(' | '));
}

const markdown = renderMarkdown(madeUp);

test('the table of the evaluation: each value in the row of its task and the column of its stage', () => {
  const cell = ({ above, value, interval }: { above: boolean; value: string; interval: string }) =>
    `${above ? '▲ ' : ''}${value}${interval === '' ? '' : ` (${interval})`}`;
  assert.equal(rowsBelow(markdown, '## Evaluation'), [
    ['task', 'pretrain', 'sft', 'dpo', 'guessing', 'n'],
    ...evaluationRows(cell),
  ]);
});

test('it opens with what the model is, the numbers, and answers with their marks', () => {
  const opening = markdown.replaceAll('\\', '').split('## In short\n')[1]!.split('\n## ')[0]!;
  assert.match(
    opening,
    /its-model, 123 parameters; trained on its-data; 1 h 2 min in all: pretrain 1 min 2 s, /,
  );
  assert.match(opening, /- bits per byte: \*\*2\.345 → 2\.456\*\* \(pretrain → sft; lower is better\)\n/);
  assert.equal(rowsBelow(markdown, '## In short'), [
    ['asked for', 'question', 'answer of dpo'],
    ['fact', 'shown 0?', '✓ shown says 0'],
    ['sum', 'shown 1?', '✗ (nothing)'],
    ['story', 'shown 2?', '✗ shown says 2'],
  ]);
  assert.ok(markdown.indexOf('## In short') < markdown.indexOf('## Evaluation'));
});

test('each answer under its own question and stage, with its own mark', () => {
  const { asked, stages } = madeUp.answers!;
  const rows = asked.map(({ question }, i) => [
    `${question.question} (${question.answer})`,
    ...[...stages.values()].map((given) => {
      const { text, correct } = given[i]!;
      return (correct === null ? '' : correct ? '✓ ' : '✗ ') + (text === ' ' ? '(nothing)' : text);
    }),
  ]);
  assert.equal(rowsBelow(markdown, '## Ten questions'), [['question', 'pretrain', 'sft', 'dpo'], ...rows]);
  const { questions, stages: drawing } = madeUp.drawn!;
  const drawn = questions.map((question, i) => [
    question,
    ...[...drawing.values()].map((given) =>
      given[i]!.map(({ text, lacks }) =>
        lacks.length === 0 ? `✓ ${text}` : `✗ ${text} (${lacks.join(', ')})`,
      ).join('<br>'),
    ),
  ]);
  assert.equal(rowsBelow(markdown, '## Drawn answers'), [['question', 'sft', 'dpo'], ...drawn]);
});

test('every curve with its ends, its lowest and its highest value, below its own stage', () => {
  const head = ['number', 'unit', 'first', 'last', 'lowest', 'highest', 'course'];
  assert.equal(rowsBelow(markdown, '### pretrain'), [
    head,
    ['loss', 'nats per token', '5.25', '4.75', '3.125', '6.5', '▆█▁▄'],
    ['loss, held out', 'nats per token', '5.375', '4.875', '4.875', '5.375', '█▁'],
    ['learning rate', 'rate', '0.0625', '0.25', '0.0625', '0.5', '▁▂█▄'],
  ]);
  assert.equal(rowsBelow(markdown, '### sft')[1]!.slice(0, 6), [
    ...['loss', 'nats per token', '2.25', '1.75', '1.125', '2.75'],
  ]);
  assert.equal(
    rowsBelow(markdown, '### dpo').map(([name, , first, last, lowest, highest]) => [
      ...[name, first, last, lowest, highest],
    ]),
    [
      ['number', 'first', 'last', 'lowest', 'highest'],
      ['chosen reward', '0.375', '0.625', '0.1875', '0.875'],
      ['rejected reward', '-0.375', '-0.625', '-0.875', '-0.1875'],
    ],
  );
  assert.equal(
    [...markdown.matchAll(/^### (.*)$/gm)].map(([, stage]) => stage),
    ['pretrain', 'sft', 'dpo'],
  );
});

test('a picture over something other than the step is not a curve over time', () => {
  const ppo = new Map([
    ['kl', points([0.5, 0.25])],
    ['score', points([1, 2])],
  ]);
  const data = { ...madeUp, metrics: { ...madeUp.metrics!, stages: new Map([['ppo', ppo]]) } };
  assert.equal(
    rowsBelow(renderMarkdown(data), '### ppo').map(([name]) => name),
    ['number', 'score', 'KL'],
  );
});

test('how it was made: every fact under its name, last step and time of each stage; the line below the title', () => {
  const made = markdown.split('## How it was made\n')[1]!.replaceAll('\\', '');
  for (const [name, value] of madeFacts)
    assert.ok(made.includes(`- ${name}: ${value.replaceAll('\n', ' ')}\n`), name);
  assert.equal(rowsBelow(markdown, '## How it was made'), [['stage', 'steps', 'time'], ...madeTimes]);
  const lines = markdown.replaceAll('\\', '').split('\n');
  assert.is(lines[0], '# Run made-up');
  assert.match(lines[2]!, /^its-model, 123 parameters · preset micro · seed 77 · --quick/);
  for (const sentence of [...madeUp.missing, ...madeUp.strangers]) assert.ok(lines.includes(`- ${sentence}`));
});

test('what a model says cannot break a table: one line, one cell', () => {
  const evil = 'a|b\nc `x` <i>';
  const asked = madeUp.answers!.asked.slice(0, 1);
  const answers = { asked, stages: new Map([['sft', [{ text: evil, correct: null }]]]) };
  const drawn = { questions: [evil], stages: new Map([['sft', [[{ text: evil, lacks: [] }]]]]) };
  const safe = 'a\\|b c \\`x\\` &lt;i&gt;';
  const written = renderMarkdown({ ...madeUp, answers, drawn });
  assert.ok(written.includes(`| question 0? (fact 0) | ${safe} |`));
  assert.ok(written.includes(`| ${safe} | ✓ ${safe} |`));
});

test.run();
