/**
 * What a person reads in ten seconds: what the model is and how long it took, four numbers, five answers. For both the page and
 * the Markdown file.
 */
import type { Estimate, Results } from '../evaluation/intervals.ts';
import { formatsOf } from '../evaluation/table.ts';
import type { ReportData } from './collect.ts';
import { duration, stageSeconds } from './facts.ts';

/** The line below the title. */
export function headlineOf(data: ReportData): string[] {
  const { settings, model, sessions } = data;
  const total = totalSeconds(data);
  return [
    ...(model === null ? [] : [model]),
    ...(settings === null ? [] : [`preset ${settings.preset}`, `seed ${settings.seed}`]),
    ...(settings?.quick ? ['--quick: a part of the data, a few steps'] : []),
    ...(total > 0 ? [`${duration(total)} in all`] : []),
    ...(sessions[0] === undefined ? [] : [sessions[0].started.slice(0, 10)]),
  ];
}

/** "A tinyllm, 1,055,360 parameters, made from data in 4 min 2 s: tokenizer 2.1 s, pretrain 2 min 40 s, ..."; '' without any. */
export function sentenceOf(data: ReportData): string {
  const { settings, model } = data;
  const stages = [...stageSeconds(data)].map(([stage, seconds]) => `${stage} ${duration(seconds)}`);
  const parts = [
    model ?? '',
    settings === null ? '' : `trained on ${settings.data}`,
    stages.length === 0 ? '' : `${duration(totalSeconds(data))} in all: ${stages.join(', ')}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}

export interface SummaryNumber {
  readonly name: string;
  readonly value: string;
  /** Whose it is, and what it compares with. */
  readonly note: string;
}

/** Those of the four that were measured. */
export function numbersOf({ evaluation, showcase }: ReportData): SummaryNumber[] {
  if (evaluation === null) return [];
  const speaker = showcase?.stage ?? null;
  const share = (name: string, task: string): SummaryNumber[] => {
    const stage =
      speaker !== null && measured(evaluation, speaker, task) ? speaker : lastWith(evaluation, task);
    if (stage === null) return [];
    const estimate = evaluation[stage]![task]!;
    const { show, chance } = formatsOf(task, estimate);
    return [
      { name, value: show(estimate.value), note: chance === '' ? stage : `${stage}; guessing: ${chance}` },
    ];
  };
  return [
    ...share('facts, asked in new words', 'facts-unseen'),
    ...share('sums', 'sums'),
    ...bitsPerByte(evaluation),
    ...bestWinRate(evaluation),
  ];
}

type Evaluation = Readonly<Record<string, Results>>;

function measured(evaluation: Evaluation, stage: string, task: string): boolean {
  return Object.hasOwn(evaluation, stage) && Object.hasOwn(evaluation[stage]!, task);
}

function lastWith(evaluation: Evaluation, task: string): string | null {
  return Object.keys(evaluation).findLast((stage) => measured(evaluation, stage, task)) ?? null;
}

/** Of the first two stages that have it: what the language costs before and after the dialogues. */
function bitsPerByte(evaluation: Evaluation): SummaryNumber[] {
  const task = 'bits-per-byte';
  const [before, after] = Object.keys(evaluation).filter((stage) => measured(evaluation, stage, task));
  if (before === undefined) return [];
  const bits = (stage: string) => evaluation[stage]![task]!.value.toFixed(3);
  return [
    after === undefined
      ? { name: 'bits per byte', value: bits(before), note: before }
      : {
          name: 'bits per byte',
          value: `${bits(before)} → ${bits(after)}`,
          note: `${before} → ${after}; lower is better`,
        },
  ];
}

function bestWinRate(evaluation: Evaluation): SummaryNumber[] {
  const task = 'win-rate';
  const rates = Object.keys(evaluation)
    .filter((stage) => measured(evaluation, stage, task))
    .map((stage): [string, Estimate] => [stage, evaluation[stage]![task]!])
    .sort(([, a], [, b]) => b.value - a.value);
  return rates.slice(0, 1).map(([stage, estimate]) => {
    const { show } = formatsOf(task, estimate);
    const note = `${stage}; 95%: ${show(estimate.low)} – ${show(estimate.high)}`;
    return { name: 'win rate', value: show(estimate.value), note };
  });
}

function totalSeconds(data: ReportData): number {
  return [...stageSeconds(data).values()].reduce((sum, seconds) => sum + seconds, 0);
}
