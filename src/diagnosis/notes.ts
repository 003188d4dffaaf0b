/**
 * What is worth saying of a stage whether it is off or not: where it begins and ends, what of that holds for any run, and answers to
 * questions that people ask about numbers that are normal.
 */

import { endOf, percent, show } from './causes/cause.ts';
import { changeOf, chosenFalls, signed } from './causes/chosen-falls.ts';
import { meanOf, medianOf } from './curve.ts';
import type { StageView } from './stage-view.ts';

export function notesOf(view: StageView): string[] {
  const own = [
    ...lossOf(view),
    ...anyRun(view),
    ...preferencesOf(view),
    ...drawingOf(view),
    ...forgottenBy(view),
  ];
  return [...progress(view), ...own, ...aside(view)];
}

function progress({ record, isFinished }: StageView): string[] {
  const { done, steps, failed, saved, curves } = record;
  if (failed !== null) return [`it failed: ${failed}`];
  if (curves.size === 0) return ['no line of metrics.jsonl is about it: its curves cannot be judged'];
  if (isFinished) return [];
  const until = steps === null ? 'no checkpoint says of how many' : `of ${steps}`;
  const kept = saved === null ? 'nothing was saved yet' : `saved at step ${saved}`;
  return [`unfinished: ${done} steps, ${until}; ${kept}; the end cannot be judged (--resume goes on)`];
}

function lossOf(view: StageView): string[] {
  if (!view.has('loss') || view.has('kl')) return [];
  const [first, guessing] = [view.first('loss'), view.guessing];
  const begins =
    first === null
      ? []
      : view.isFresh && guessing !== null
        ? [`loss ${show(first)} at step 1 (guessing: ln V = ${show(guessing)})`]
        : [`loss ${show(first)} at step 1`];
  const heldOut = view.last('heldOutLoss');
  return [
    [...begins, endOf(view, 'loss')].join(', '),
    ...(heldOut === null
      ? ['nothing was held out: whether it learns by heart cannot be judged']
      : [heldOutNote(view, heldOut)]),
  ];
}

function heldOutNote(view: StageView, heldOut: number): string {
  const band = view.usualEnd('heldOutLoss');
  const usual = band === null || !view.isFinished ? '' : `, usually ${show(band.low)} to ${show(band.high)}`;
  return `held-out loss ${show(heldOut)}${usual}`;
}

const STILL_FALLING = 0.04;

/** Where there is no reference: what holds for any run, and was found so. */
function anyRun(view: StageView): string[] {
  const { reference, text, guessing, rateRatio } = view;
  if (reference !== null || !view.has('loss') || view.has('kl')) return [];
  const [first, from, to] = [view.first('loss'), view.start('loss'), view.end('loss')];
  const found: string[] = ['no NaN'];
  if (view.isFresh && first !== null && guessing !== null && Math.abs(first - guessing) < 0.1 * guessing)
    found.push('begins by guessing');
  if (to < 0.95 * from) found.push(`falls by ${show(from - to)}`);
  if (text !== null && to < text.unigramEntropy)
    found.push(`has learned more than how often each token comes (${show(text.unigramEntropy)})`);
  const heldOut = view.last('heldOutLoss');
  if (view.isLanguage && heldOut !== null && heldOut < 1.15 * to)
    found.push('held-out text is learned as well as its own');
  if (rateRatio !== null) found.push(`learning rate ${show(rateRatio)} times the usual`);
  if (text !== null) found.push(`${percent(text.repeated)} of the text stood in it before`);
  const notes = [`as in any run: ${found.join(', ')}`];
  const late = view
    .points('loss')
    .filter(({ step }) => step > 0.7 * view.record.done && step <= 0.8 * view.record.done);
  if (view.isFinished && view.isFresh && late.length > 0) {
    const gain = (meanOf(late.map(({ value }) => value)) - to) / (from - to);
    if (gain > STILL_FALLING)
      notes.push('the loss still falls at the end: longer training (--epochs) would go on');
  }
  return notes;
}

/** Accuracy, and the question most asked of every DPO project. */
function preferencesOf(view: StageView): string[] {
  const notes: string[] = [];
  if (view.has('accuracy')) {
    const heldOut = view.last('heldOutAccuracy');
    notes.push(
      `${endOf(view, 'accuracy')}${heldOut === null ? '' : `; ${percent(heldOut)} on held-out pairs`}`,
    );
  }
  const [chosen, rejected] = [changeOf(view, 'chosen'), changeOf(view, 'rejected')];
  if (chosen === null || rejected === null) return notes;
  const both = `log-probability of chosen answers ${signed(chosen)} nats, of rejected ones ${signed(rejected)}`;
  const isNormal = chosenFalls.find(view) === null && rejected < chosen;
  const why = isNormal
    ? `a small fall is normal: the loss sees only the difference, and the margin grew to ${show(view.end('margin'))}`
    : rejected < chosen
      ? 'the chosen ones fell far'
      : 'not normal, the chosen ones fell more';
  notes.push(chosen >= 0 ? both : `${both}: ${why} (docs/dpo-chosen.md)`);
  return notes;
}

function drawingOf(view: StageView): string[] {
  if (!view.has('kl')) return [];
  return [
    ...(view.has('score') ? [endOf(view, 'score')] : []),
    endOf(view, 'kl'),
    ...(view.has('gold') ? [`${endOf(view, 'gold')} (the judge)`] : []),
  ];
}

/** Tasks of the evaluation that are worse after this stage than before it, beyond the luck of the questions. */
function forgottenBy({ measured, measuredBefore, record }: StageView): string[] {
  if (measured === null || measuredBefore === null || !record.curves.has('loss')) return [];
  const worse = Object.entries(measured).flatMap(([task, after]) => {
    const before = measuredBefore[task];
    const isShare = after.chance !== undefined || /^(facts|judge|choice|minimal)/.test(task);
    return isShare && before !== undefined && after.high < before.low
      ? [`${task} ${percent(before.value)} before, ${percent(after.value)} after`]
      : [];
  });
  return worse.length === 0 ? [] : [`worse at: ${worse.slice(0, 4).join('; ')}`];
}

const SLOWER = 0.6;

function aside(view: StageView): string[] {
  const notes: string[] = [];
  const speeds = view.points('tokensPerSecond');
  const [mark, band] = [view.marks.speed, view.reference?.marks.speed];
  if (mark !== undefined && band !== undefined && mark < band.low && view.sameData !== 'none')
    notes.push(
      `slow beside the first stage: ${show(mark)} times its tokens per second, usually ${show(band.centre)} times`,
    );
  const half = view.record.done / 2;
  const [earlier, later] = [
    speeds.filter(({ step }) => step <= half),
    speeds.filter(({ step }) => step > half),
  ];
  if (earlier.length >= 5 && later.length >= 5) {
    const ratio = medianOf(later.map(({ value }) => value)) / medianOf(earlier.map(({ value }) => value));
    if (ratio < SLOWER)
      notes.push(
        `it became slower: ${show(ratio)} times the speed in its second half (is the machine busy?)`,
      );
  }
  const changes = view.changes();
  if (changes.length > 0)
    notes.push(`settings that are not the usual ones: ${changes.slice(0, 6).join(', ')}`);
  return notes;
}
