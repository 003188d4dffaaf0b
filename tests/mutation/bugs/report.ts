/** Bugs in the report: numbers and answers in the wrong place. */
import type { Area } from '../bug.ts';

export const report: Area = {
  name: 'report',
  tests: 'report/ training/history',
  bugs: {
    'answer-under-other-question': {
      file: 'report/answers.ts',
      find: 'const ids = fits(prompt) ? continued.shift()! : [];',
      replace: 'const ids = continued.shift() ?? [];',
      breaks: 'after a question that does not fit, answers stand one question too early',
    },
    'markdown-first-answer': {
      file: 'report/markdown.ts',
      find: 'const { text, correct } = each[i]!;',
      replace: 'const { text, correct } = each[0]!;',
      breaks: 'report.md has the first answer under every question',
    },
    'markdown-last-value': {
      file: 'report/markdown.ts',
      find: 'values.at(-1)!,',
      replace: 'values[0]!,',
      breaks: 'report.md gives the first value as the last',
    },
    'drawn-answers-shifted': {
      file: 'report/drawn.ts',
      find: 'answers.slice(i * DRAWS, (i + 1) * DRAWS)',
      replace: 'answers.slice(i, i + DRAWS)',
      breaks: 'drawn answers stand under the wrong questions',
    },
    'summary-first-stage': {
      file: 'report/summary.ts',
      find: 'rates.slice(0, 1)',
      replace: 'rates.slice(-1)',
      breaks: 'the summary shows the worst aligned stage as the best',
    },
    'summary-base-speaks': {
      file: 'report/collect.ts',
      find: 'rank >= (speaker?.rank ?? 0)',
      replace: 'speaker === null',
      breaks: 'the five answers are those of the first stage that chats',
    },
    'first-step': {
      file: 'report/facts.ts',
      find: 'points.slice(-1).map(',
      replace: 'points.slice(0, 1).map(',
      breaks: 'the number of steps is that of the first line of metrics',
    },
    'first-session-only': {
      file: 'report/facts.ts',
      find: 'seconds.set(stage, (seconds.get(stage) ?? 0) + more)',
      replace: 'seconds.set(stage, seconds.get(stage) ?? more)',
      breaks: 'the time of a resumed stage is that of its first session',
    },
    'seconds-of-last-record': {
      file: 'training/history.ts',
      find: '(this.session.seconds[stage] ?? 0) + seconds',
      replace: 'seconds',
      breaks: 'a stage timed twice in one session keeps the second time only',
    },
    'held-out-not-dashed': {
      file: 'report/panels.ts',
      find: '...lineOf(curves, heldOutName(name), true),',
      replace: '...lineOf(curves, heldOutName(name), false),',
      breaks: 'held-out curves look like those of training',
    },
    'above-guessing': {
      file: 'report/table.ts',
      find: 'estimate.low > estimate.chance',
      replace: 'estimate.value > estimate.chance',
      breaks: 'a value is marked as above guessing although its interval is not',
    },
    'attention-of-first-stage': {
      file: 'report/collect.ts',
      find: '      last = { stage, loaded, isBase };',
      replace: '      last ??= { stage, loaded, isBase };',
      breaks: 'the attention map is that of the first stage',
    },
    'quote-not-escaped': {
      file: 'report/escape.ts',
      find: `text).replace(/[&<>"']/g,`,
      replace: `text).replace(/[&<>']/g,`,
      breaks: 'a quote in a text ends an attribute',
    },
    'thinned-order': {
      file: 'report/curves.ts',
      find: 'low.step < high.step ? [low, high] : [high, low]',
      replace: '[low, high]',
      breaks: 'a thinned curve goes back in time',
    },
    'run-of-another-text': {
      file: 'report/nearest.ts',
      find: 'if (state !== 0) this.mask[this.link[state]!]! |= this.mask[state]!;',
      replace: 'if (state === 0) this.mask[this.link[state]!]! |= this.mask[state]!;',
      breaks: 'runs that a text shares with others of the drawn ones are not found for it',
    },
  },
};
