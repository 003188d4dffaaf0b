/**
 * What is worth saying of a stage whether it is off or not: where it begins and ends, what of that holds for any run, and answers to
 * questions that people ask about numbers that are normal.
 */
import { endOf, percent, show } from './causes/cause.ts';
import { medianOf } from './curve.ts';
import type { StageView } from './stage-view.ts';

export function notesOf(view: StageView): string[] {
  return [...progress(view), ...lossOf(view), ...preferencesOf(view), ...drawingOf(view), ...aside(view)];
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

/** Accuracy, and the question most asked of every DPO project. */
function preferencesOf(view: StageView): string[] {
  const notes: string[] = [];
  if (view.has('accuracy')) {
    const heldOut = view.last('heldOutAccuracy');
    notes.push(
      `${endOf(view, 'accuracy')}${heldOut === null ? '' : `; ${percent(heldOut)} on held-out pairs`}`,
    );
  }
  if (!view.has('chosenLogProb') || !view.has('rejectedLogProb')) return notes;
  const [chosen, rejected] = [changeOf(view, 'chosen'), changeOf(view, 'rejected')];
  const both = `log-probability of chosen answers ${signed(chosen)} nats, of rejected ones ${signed(rejected)}`;
  if (chosen >= 0) notes.push(both);
  else if (rejected < chosen)
    notes.push(
      `${both}: normal, the loss sees only the difference, and the margin grew to ${show(view.end('margin'))} (docs/dpo-chosen.md)`,
    );
  else notes.push(`${both}: not normal, the chosen ones fell more (docs/dpo-chosen.md)`);
  return notes;
}

/**
 * Nats that answers of one side gained or lost since the first step. The implicit reward is beta times just that, for the very
 * pairs of a line; the log-probabilities alone are those of other pairs in each line.
 */
function changeOf(view: StageView, side: 'chosen' | 'rejected'): number {
  const beta = view.own('beta');
  if (view.has(`${side}Reward`) && typeof beta === 'number') return view.end(`${side}Reward`) / beta;
  return view.end(`${side}LogProb`) - view.start(`${side}LogProb`);
}

const signed = (value: number) => `${value < 0 ? '-' : '+'}${show(Math.abs(value))}`;

function drawingOf(view: StageView): string[] {
  if (!view.has('kl')) return [];
  return [
    ...(view.has('score') ? [endOf(view, 'score')] : []),
    endOf(view, 'kl'),
    ...(view.has('gold') ? [`${endOf(view, 'gold')} (the judge)`] : []),
  ];
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
