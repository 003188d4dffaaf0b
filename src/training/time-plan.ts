/**
 * --minutes N: as many steps as fit into the time, by the first steps of each stage on this machine.
 *
 *   left for the stage   L - min(L W / (w + W), 1.1 d W / w)
 *
 * L is what is left of the minutes, w the stage's share of a run and W that of the parts after it, d the time that the stage
 * takes without a plan: the parts after it get their share, and no more than they would take by themselves. The steps measured
 * are steps of the training: they lie in the warm-up, where the learning rate does not depend on how many follow.
 */
import type { Run } from './run.ts';
import type { Stage } from './stage.ts';
import { EVALUATE } from './stages/index.ts';

/** What the evaluation takes, beside the shares of the stages, with questions to answer and without. */
const EVALUATION = { questions: 1.5, text: 0.4 };
/** Held-out losses, checkpoints and lines between the steps. */
const OVERHEAD = 1.06;
/** Steps at the start that are not like the others: code is compiled, memory is taken. */
const COLD = 2;
/** Measured until there are as many steps as this, or some steps in so many seconds. */
const ENOUGH = { steps: 40, seconds: 3, fewSteps: 4 };
/** A stage is not cut shorter than this, however little time is left. */
const LEAST = 20;
/** Text is not read more often, dialogues not more often than this many times the default; pairs never more than by default. */
const MOST_EPOCHS = 40;
const MOST_DIALOGUES = 2;

export interface PlanOptions {
  /** Seconds left of the run's minutes. */
  readonly left: () => number;
  /** Share of this stage, and of all that comes after it. */
  readonly share: number;
  readonly sharesAfter: number;
  /** Steps without a plan, and the most there may be. */
  readonly steps: number;
  readonly most: number;
}

export class TimePlan {
  private readonly options: PlanOptions;
  private seconds: number[] = [];

  constructor(options: PlanOptions) {
    this.options = options;
  }

  /** A step took so long. Returns the steps of the stage once they are known; `now`: they have to be, from what there is. */
  after(seconds: number, now = false): number | null {
    this.seconds.push(seconds);
    const { length } = this.seconds;
    const total = this.seconds.reduce((sum, each) => sum + each, 0);
    const isEnough = length >= ENOUGH.steps || (length >= ENOUGH.fewSteps && total >= ENOUGH.seconds);
    const { left, share, sharesAfter, steps, most } = this.options;
    if (!isEnough && !now && length < most) return null;
    const other = sharesAfter / share;
    const time = left();
    const reserved = Math.min((time * other) / (1 + other), 1.1 * steps * this.perStep() * other);
    const more = Math.floor((time - reserved) / this.perStep());
    return Math.max(length, Math.min(most, Math.max(LEAST, length + more)));
  }

  /** Seconds for a step, with what belongs to it. */
  perStep(): number {
    const warm = this.seconds.length > COLD + 1 ? this.seconds.slice(COLD) : this.seconds;
    return OVERHEAD * warm.toSorted((a, b) => a - b)[warm.length >> 1]!; // the median: something else may have run meanwhile
  }
}

/** The plan of a stage that would have `steps` without one; null where the run has no limit. */
export function planOf(stage: Stage, run: Run, steps: number): TimePlan | null {
  const { minutes, stages } = run.settings;
  if (minutes === null) return null;
  const after = run.stages.slice(run.stages.indexOf(stage) + 1);
  const isAsked = run.files.questions.size > 0;
  const evaluation = stages.includes(EVALUATE) ? EVALUATION[isAsked ? 'questions' : 'text'] : 0;
  const { epochs } = run.settingsOf(stage);
  const most = {
    text: Math.ceil((MOST_EPOCHS * steps) / epochs),
    dialogues: MOST_DIALOGUES * steps,
    preferences: steps,
  };
  return new TimePlan({
    left: () => 60 * minutes - run.spent(),
    share: shareOf(stage),
    sharesAfter: after.reduce((sum, each) => sum + shareOf(each), evaluation),
    steps,
    most: most[stage.learnsFrom],
  });
}

function shareOf({ prepare, share = 1 }: Stage): number {
  return prepare === undefined ? 0 : share;
}

/** "pretrain: 41 ms per step, so 6,420 steps in 4m36s" */
export function describePlan(stage: string, plan: TimePlan, steps: number, done: number): string {
  const each = plan.perStep();
  const left = Math.round((steps - done) * each);
  const time = left < 60 ? `${left}s` : `${Math.floor(left / 60)}m${String(left % 60).padStart(2, '0')}s`;
  const shown = each < 1 ? `${Math.round(1000 * each)} ms` : `${each.toFixed(1)} s`;
  return `${stage}: ${shown} per step on this machine, so ${steps.toLocaleString('en')} steps, ${time} from here`;
}
