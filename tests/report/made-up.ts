/**
 * A made-up run in which everything is different from everything else: numbers, texts, times, names. Whatever stands in the wrong
 * row, column, stage or session of a report is then seen to be wrong; in a real run half of the values are equal.
 */
import type { Shown } from '../../src/evaluation/showcase.ts';
import type { Answers, Drawn, ReportData } from '../../src/report/collect.ts';
import type { Curves } from '../../src/report/metrics-lines.ts';
import { defaultSettings } from '../../src/training/run-settings.ts';

const T = 6;
/** Layers and heads; fewer layers than heads, so that one cannot pass for the other. */
const SHAPE = { layers: 2, heads: 3 } as const;

/** Rows of shares that add up to 1, no two alike, and in nothing symmetric: [T, T] below the diagonal. */
function shares(seed: number): Float64Array {
  const weights = new Float64Array(T * T);
  for (let q = 0; q < T; q++) {
    const row = Array.from({ length: q + 1 }, (_, k) => 1 + ((seed * 7 + q * 5 + k * 3) % 11));
    const sum = row.reduce((a, b) => a + b, 0);
    for (const [k, weight] of row.entries()) weights[q * T + k] = weight / sum;
  }
  return weights;
}

export const attention = {
  question: '问的是什么',
  answer: '答的是什么',
  tokens: ['甲', '乙', '丙', '丁', '戊', '己'],
  answerStart: 4,
  heads: Array.from({ length: SHAPE.layers }, (_, layer) =>
    Array.from({ length: SHAPE.heads }, (_, head) => shares(1 + layer * SHAPE.heads + head)),
  ),
};

export const evaluation = {
  pretrain: {
    'bits-per-byte': { value: 2.345, low: 2.111, high: 2.567, n: 31 },
    'minimal-pairs': { value: 0.612, low: 0.501, high: 0.701, n: 1041, chance: 0.5 },
  },
  sft: {
    'bits-per-byte': { value: 2.456, low: 2.222, high: 2.678, n: 31 },
    'minimal-pairs': { value: 0.523, low: 0.412, high: 0.634, n: 1041, chance: 0.5 },
    'facts-seen': { value: 0.745, low: 0.656, high: 0.834, n: 57, chance: 0.119 },
    'facts-seen-more': { value: 0.845, low: 0.845, high: 0.845, n: 58 },
  },
  dpo: {
    'facts-seen': { value: 0.756, low: 0.1, high: 0.867, n: 59, chance: 0.128 },
    'minimal-pairs': { value: 0.534, low: 0.523, high: 0.645, n: 1041, chance: 0.5 },
  },
};

/** Question i of stage s has an answer of its own; right, wrong and unjudged ones are mixed. */
export const answers: Answers = {
  asked: [0, 1, 2, 3].map((i) => ({
    task: `task-${i}`,
    question: { relation: `relation-${i}`, question: `question ${i}?`, answer: `fact ${i}`, accepted: ['x'] },
  })),
  stages: new Map(
    ['pretrain', 'sft', 'dpo'].map((stage, s) => [
      stage,
      [0, 1, 2, 3].map((i) => ({
        text: s === 1 && i === 2 ? ' ' : `${stage} says ${i}`,
        correct: s === 0 ? null : (i + s) % 2 === 0,
      })),
    ]),
  ),
};

export const drawn: Drawn = {
  questions: ['first drawn?', 'second drawn?', 'third drawn?'],
  stages: new Map(
    ['sft', 'dpo'].map((stage, s) => [
      stage,
      [0, 1, 2].map((i) =>
        [0, 1].map((k) => ({
          text: `${stage} draws ${i} ${k}`,
          lacks: (i + k + s) % 2 === 0 ? [] : k === 0 ? ['fact', 'stop'] : ['polite'],
        })),
      ),
    ]),
  ),
};

const fiveAnswers: readonly Shown[] = ['fact', 'sum', 'story'].map((kind, i) => ({
  ...{ kind, question: `shown ${i}?`, text: i === 1 ? '' : `shown says ${i}`, correct: i === 0 },
}));

const curve = (values: readonly number[], every: number) =>
  values.map((value, i) => ({ step: every * (i + 1), value }));

/** Neither first nor last is the lowest or highest of a curve, and every stage ends at another step. */
export const stages: ReadonlyMap<string, Curves> = new Map([
  [
    'pretrain',
    new Map([
      ['loss', curve([5.25, 6.5, 3.125, 4.75], 10)],
      ['heldOutLoss', curve([5.375, 4.875], 20)],
      ['lr', curve([0.0625, 0.125, 0.5, 0.25], 10)],
    ]),
  ],
  ['sft', new Map([['loss', curve([2.25, 2.75, 1.125, 1.5, 1.75], 7)]])],
  [
    'dpo',
    new Map([
      ['chosenReward', curve([0.375, 0.1875, 0.875, 0.625], 3)],
      ['rejectedReward', curve([-0.375, -0.1875, -0.875, -0.625], 3)],
    ]),
  ],
]);

const session = (i: number, seconds: Record<string, number>) => ({
  command: `npx tsx src/train.ts --seed ${i}`,
  started: `202${i}-0${i}-1${i}T0${i}:1${i}:2${i}.${i}00Z`,
  package: `${i}.${i}.0`,
  commit: i === 2 ? null : `commit${i}`,
  node: `v2${i}.0.0`,
  platform: `platform${i}`,
  backend: `backend${i}`,
  seconds,
});

export const madeUp: ReportData = {
  name: 'made-up',
  settings: {
    ...defaultSettings,
    ...{ stages: ['pretrain', 'sft', 'dpo'], preset: 'micro', data: 'its-data', initFrom: 'its-parent' },
    ...{ seed: 77, changes: { beta: 0.25, epochs: 9 }, deterministic: true, quick: true },
  },
  model: 'its-model, 123 parameters',
  sessions: [
    session(1, { pretrain: 61.5, sft: 2.25 }),
    session(2, { sft: 5.5, dpo: 3700 }),
    session(3, { evaluate: 8.75 }),
  ],
  metrics: { stages, backends: ['backend4'], problems: [] },
  evaluation,
  showcase: { stage: 'dpo', shown: fiveAnswers },
  answers,
  drawn,
  attention: { stage: 'dpo', weights: attention },
  family: ['sft: from pretrain, seed 7711', 'ppo: from sft, pleasing reward, seed 7712'],
  strangers: ['dpo was made from another sft than the one in this run'],
  missing: ['Without one thing', 'Without another'],
};

/** What a share or a number of the evaluation above looks like. */
export function shown(task: string, x: number): string {
  return task === 'bits-per-byte' ? x.toFixed(3) : `${(100 * x).toFixed(1)}%`;
}

/** The table of the evaluation as rows of texts, written down anew: task, a cell for each stage, guessing, n. */
export function evaluationRows(cell: (parts: { above: boolean; value: string; interval: string }) => string) {
  const byStage: Record<
    string,
    Record<string, { value: number; low: number; high: number; n: number; chance?: number }>
  > = evaluation;
  const row = (task: string, guessing: string, n: string) => [
    task,
    ...['pretrain', 'sft', 'dpo'].map((stage) => {
      const estimate = byStage[stage]![task];
      if (estimate === undefined) return '–';
      const { value, low, high, chance } = estimate;
      const interval = low === high ? '' : `${shown(task, low)} – ${shown(task, high)}`;
      return cell({ above: chance !== undefined && low > chance, value: shown(task, value), interval });
    }),
    guessing,
    n,
  ];
  return [
    row('bits-per-byte', '–', '31'),
    row('minimal-pairs', '50.0%', '1,041'),
    row('facts-seen', '11.9% / 12.8%', '57 / 59'),
    row('facts-seen-more', '–', '58'),
  ];
}

/** Name and value of everything under "How it was made". */
export const madeFacts: readonly (readonly [string, string])[] = [
  ['commands', [1, 2, 3].map((i) => `npx tsx src/train.ts --seed ${i}`).join('\n')],
  ['seed', '77'],
  ['model', 'its-model, 123 parameters'],
  ['preset', 'micro'],
  ['stages', 'pretrain, sft, dpo'],
  ['made from', 'sft: from pretrain, seed 7711; ppo: from sft, pleasing reward, seed 7712'],
  ['data', 'its-data'],
  ['started from', 'its-parent'],
  ['changed settings', 'beta 0.25, epochs 9'],
  ['backend', 'backend1, backend2, backend3, backend4, deterministic'],
  ['tiny-llm-ts', '1.1.0, commit commit1 / 2.2.0 / 3.3.0, commit commit3'],
  ['Node', 'v21.0.0 on platform1 / v22.0.0 on platform2 / v23.0.0 on platform3'],
  ['started', '2021-01-11 01:11:21 UTC'],
  ['sessions', '3 (resumed or continued)'],
];

/** Stage, last step, time: added up over the sessions. */
export const madeTimes = [
  ['pretrain', '40', '1 min 2 s'],
  ['sft', '35', '7.8 s'],
  ['dpo', '12', '1 h 1 min'],
  ['evaluate', '–', '8.8 s'],
];
