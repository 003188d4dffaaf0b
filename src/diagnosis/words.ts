/**
 * A diagnosis as text for a terminal: one line a stage that says the verdict, and below it the reasons.
 *
 *   sft         off: the answers do not belong to their questions (shuffled?)
 *                 - loss 2.31 at the end, usually 0.41 to 0.55
 *                 try: read ten lines of the dialogues
 */

import { visible } from '../errors.ts';
import { percent, show } from './causes/cause.ts';
import type { Deviation } from './compare.ts';
import type { Diagnosis, NamedFinding, StageDiagnosis } from './index.ts';

export function inWords({ run, reference, stages, unjudged }: Diagnosis): string {
  const against =
    reference === null
      ? 'without reference curves'
      : `compared with ${reference.name} (${reference.seeds.length === 1 ? 'seed' : 'seeds'} ${reference.seeds.join(', ')})`;
  const width = Math.max(10, ...stages.map(({ name }) => name.length + 2));
  const lines = [`${run}: ${summary(stages)}, ${against}`, ''];
  for (const stage of stages) lines.push(...linesOf(stage, width), '');
  if (unjudged.length > 0) lines.push('What cannot be judged:', ...unjudged.map((each) => `  - ${each}`), '');
  return `${visible(lines.join('\n').trimEnd(), '\n')}\n`; // names and sentences come from files
}

function summary(stages: readonly StageDiagnosis[]): string {
  const off = stages.filter(({ verdict }) => verdict === 'off').map(({ name }) => name);
  if (stages.length === 0) return 'nothing to judge';
  if (off.length > 0) return `${off.join(', ')} ${off.length === 1 ? 'is' : 'are'} off`;
  return stages.every(({ verdict }) => verdict === 'normal')
    ? 'normal'
    : 'nothing is off as far as it can be judged';
}

const VERDICTS: Readonly<Record<StageDiagnosis['verdict'], string>> = {
  normal: 'normal',
  off: 'off',
  unfinished: 'unfinished, normal so far',
  unjudged: 'nothing speaks against it, as far as it can be judged',
};

function linesOf({ name, verdict, causes, deviations, notes }: StageDiagnosis, width: number): string[] {
  const below = ' '.repeat(width);
  const [first, second] = causes;
  const headline = verdict !== 'off' ? VERDICTS[verdict] : `off: ${first?.says ?? whatIsOff(deviations)}`;
  // What a cause has given as evidence is not said twice.
  const given = causes.flatMap(({ evidence }) => evidence);
  const isNew = (start: string) => !given.some((line) => line.startsWith(start));
  const reasons = (finding: NamedFinding) => [
    ...finding.evidence.map((line) => `${below}  - ${line}`),
    `${below}  try: ${finding.advice}`,
  ];
  return [
    `${name.padEnd(width)}${headline}`,
    ...(first === undefined ? [] : reasons(first)),
    ...(second === undefined ? [] : [`${below}or: ${second.says}`, ...reasons(second)]),
    ...(verdict === 'off' && first === undefined ? [`${below}  none of the known causes fits`] : []),
    ...(verdict === 'off'
      ? deviations.filter((each) => isNew(`${each.name} `)).map((each) => `${below}${describe(each)}`)
      : []),
    ...notes.filter(isNew).map((note) => `${below}${note}`),
  ];
}

function whatIsOff(deviations: readonly Deviation[]): string {
  return deviations.length === 0
    ? 'it failed'
    : deviations.map(({ name, side }) => `${name} ${side} its band`).join(', ');
}

/** "gradNorm above its band in 40 % of the stage, from 20 % on: last 3.1, usually 0.2 to 0.9" */
function describe({ name, side, outside, from, value, low, high }: Deviation): string {
  return (
    `${name} ${side} its band in ${percent(outside)} of the stage, from ${percent(from)} on: last ${show(value)}, ` +
    `usually ${show(low)} to ${show(high)}`
  );
}
