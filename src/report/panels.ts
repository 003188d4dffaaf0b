/**
 * Which curves share a picture: numbers of one kind and unit, each with its held-out twin.
 *
 * What no group names gets a picture of its own, so a stage can log a new number and find it in the report.
 */
import { type Changes, valuesOf } from '../knobs.ts';
import { stageNamed } from '../training/stages/index.ts';
import type { Curves, Point } from './metrics-lines.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  /** Measured on items never trained on: drawn dashed. */
  readonly heldOut: boolean;
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  /** What the horizontal axis shows where it is not the step: points stand at that number's value in place of `step`. */
  readonly across?: string;
}

interface Group {
  readonly title: string;
  readonly unit: string;
  /** Names in metrics.jsonl; "heldOutX" belongs to "x". */
  readonly names: readonly string[];
}

/** Of the scores of a reward model; what else may earn a score, its stage says. */
const DEVIATIONS = 'deviations';

const groups: readonly Group[] = [
  { title: 'Loss', unit: 'loss', names: ['loss'] },
  { title: 'Preference accuracy', unit: 'share of pairs', names: ['accuracy'] },
  { title: 'Margin, chosen over rejected', unit: 'reward', names: ['margin'] },
  { title: 'Implicit rewards', unit: 'reward', names: ['chosenReward', 'rejectedReward'] },
  {
    title: 'Log-probability of the answers',
    unit: 'nats per answer',
    names: ['chosenLogProb', 'rejectedLogProb'],
  },
  { title: 'Reward of the answers', unit: DEVIATIONS, names: ['score', 'reward'] },
  { title: 'Gold reward: what the judge says', unit: 'judge, 0 to 1', names: ['gold'] },
  { title: 'KL from the start', unit: 'nats per answer', names: ['kl', 'klK3'] },
  { title: 'KL of one update', unit: 'nats per token', names: ['updateKl'] },
  { title: 'KL coefficient', unit: 'beta', names: ['klCoefficient'] },
  { title: 'Entropy', unit: 'nats per token', names: ['entropy'] },
  { title: 'Length of the answers', unit: 'tokens', names: ['answerTokens'] },
  { title: 'Answers cut off', unit: 'share of answers', names: ['cutOff'] },
  { title: 'Loss of the value head', unit: 'loss', names: ['valueLoss'] },
  { title: 'Ratios clipped', unit: 'share of tokens', names: ['clipShare'] },
  { title: 'Updates', unit: 'updates per step', names: ['updates'] },
  { title: 'Balance of the router', unit: '1: uniform', names: ['balance'] },
  { title: 'Entropy of the router', unit: 'nats per token', names: ['routerEntropy'] },
  { title: 'Least load of an expert', unit: 'share of a uniform one', names: ['leastLoad'] },
  { title: 'Choices dropped', unit: 'choices', names: ['dropped'] },
];

/** load0, load1, ... of as many experts as there are share a picture. */
function expertLoads(curves: Curves): Group {
  const names = [...curves.keys()].filter((name) => /^load\d+$/.test(name));
  return { title: 'Load of the experts', unit: 'share of the choices', names };
}

/** The same for every stage, and the last to be looked at. */
const machinery: readonly Group[] = [
  { title: 'Learning rate', unit: 'rate', names: ['lr'] },
  { title: 'Gradient norm, before clipping', unit: 'L2 norm', names: ['gradNorm'] },
  { title: 'Speed', unit: 'tokens/s', names: ['tokensPerSecond'] },
];

/** Pictures of a stage, in the order of reading; `changes` are the knobs turned in its run. */
export function panelsOf(name: string, curves: Curves, changes: Changes = {}): Panel[] {
  const stage = stageNamed(name);
  const scoreUnit = stage?.scoreUnit?.(valuesOf(stage.knobs, changes)) ?? DEVIATIONS;
  const unitOf = ({ title, unit }: Pick<Group, 'title' | 'unit'>) => {
    if (unit === DEVIATIONS) return scoreUnit;
    return (title === 'Loss' ? stage?.lossUnit : undefined) ?? unit;
  };
  const named = [...groups, expertLoads(curves)];
  const known = new Set([...named, ...machinery].flatMap(({ names }) => names));
  const others = [...curves.keys()]
    .map(trainingName)
    .filter((name, i, all) => !known.has(name) && all.indexOf(name) === i)
    .map((name) => ({ title: capital(words(name)), unit: words(name), names: [name] }));
  const panels: Panel[] = [...named, ...others, ...machinery].flatMap(({ title, unit, names }) => {
    const lines = names.flatMap((name) => [
      ...lineOf(curves, name, false),
      ...lineOf(curves, heldOutName(name), true),
    ]);
    return lines.length === 0 ? [] : [{ title, unit: unitOf({ title, unit }), lines }];
  });
  const after = panels.findIndex(({ title }) => title === 'KL from the start') + 1;
  return panels.toSpliced(
    after,
    0,
    ...overKl(curves, 'score', scoreUnit),
    ...overKl(curves, 'gold', 'judge, 0 to 1'),
  );
}

/**
 * What each reward costs in divergence (Gao et al. 2022, fig. 1): while the score goes on rising with the KL and the gold reward
 * does not, the policy is learning to please the reward model alone. A picture each, since the two have different units.
 */
function overKl(curves: Curves, name: 'score' | 'gold', unit: string): Panel[] {
  const divergence = new Map(curves.get('kl')?.map(({ step, value }) => [step, value]));
  const points = (curves.get(name) ?? []).flatMap(({ step, value }) => {
    const kl = divergence.get(step);
    return kl === undefined ? [] : [{ step: kl, value }];
  });
  if (points.length === 0) return [];
  const title = name === 'gold' ? 'Gold reward against KL' : 'Score against KL';
  return [
    { title, unit, lines: [{ name: words(name), points, heldOut: false }], across: 'KL, nats per answer' },
  ];
}

function lineOf(curves: Curves, name: string, heldOut: boolean): Line[] {
  const points = curves.get(name) ?? [];
  return points.length === 0 ? [] : [{ name: words(name), points, heldOut }];
}

function heldOutName(name: string): string {
  return `heldOut${capital(name)}`;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function trainingName(name: string): string {
  const match = /^heldOut([A-Z].*)$/.exec(name);
  return match === null ? name : match[1]![0]!.toLowerCase() + match[1]!.slice(1);
}

/** chosenLogProb -> chosen log-probability, heldOutLoss -> loss, held out. */
export function words(name: string): string {
  const training = trainingName(name);
  const spaced = training
    .replace(/^lr$/, 'learningRate')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace('log prob', 'log-probability')
    .replace(/^kl k3$/, 'KL (k3 estimate)')
    .replace(/\bkl\b/, 'KL');
  return training === name ? spaced : `${spaced}, held out`;
}
