/**
 * One signal at a random moment, to somebody of a session, and what must be true afterwards.
 *
 *   moment   so many milliseconds after the start (start-up, tokenizer, encoding, evaluation: whatever is going on then), or the
 *            n-th change in the run's directory (in the middle of a save)
 *   SIGKILL  nobody can answer it: only what is on disk counts
 *   others   once the run has begun they are answered: a checkpoint of the last step, how to go on, exit code 128 + number
 */
import { existsSync, type FSWatcher, readFileSync, watch } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { type Ended, type Session, type Target, targets, type Way } from './session.ts';
import type { Trial } from './trial.ts';

export interface Strike {
  readonly signal: NodeJS.Signals;
  readonly target: Target;
  readonly moment: Moment;
  /** Milliseconds until the same signal comes again; null: it comes once. */
  readonly again: number | null;
}

type Moment = { readonly after: number } | { readonly change: number };

const PATIENCE_MS = 60_000;

export function drawStrike(trial: Trial, seconds: number): Strike {
  const { random } = trial;
  const signal = trial.chance(0.5) ? 'SIGKILL' : random.pick(['SIGINT', 'SIGTERM', 'SIGHUP'] as const);
  const moment = trial.chance(0.5)
    ? { after: trial.below(seconds * 900) }
    : { change: random.int(random.pick([3, 10, 30])) };
  const again = signal !== 'SIGKILL' && trial.chance(0.2) ? trial.below(300) : null;
  return { signal, target: random.pick(targets), moment, again };
}

export interface Hit {
  /** Somebody received it. */
  readonly landed: boolean;
  /** The trainer had begun, so that it has to answer. */
  readonly hadBegun: boolean;
}

/** Wait for the moment, send the signal. */
export async function hit(strike: Strike, session: Session, out: string): Promise<Hit> {
  const { signal, target, moment, again } = strike;
  await Promise.race([session.ended, 'after' in moment ? sleep(moment.after) : changes(out, moment.change)]);
  const hadBegun = session.said.includes('backend:');
  // Before the trainer is there its place is taken by all that are.
  const landed = session.send(signal, target) || session.send(signal, 'group');
  if (landed && again !== null) {
    await Promise.race([session.ended, sleep(again)]);
    session.send(signal, target);
  }
  return { landed, hadBegun };
}

/** Did the session answer as promised? Called once all of it has ended. */
export function judgeAnswer(
  trial: Trial,
  { strike, way, hadBegun }: { readonly strike: Strike; readonly way: Way; readonly hadBegun: boolean },
  { code, signal: died, stderr }: Ended,
  out: string,
): void {
  const { signal, target, again } = strike;
  // Of a parent that was killed alone the trainer learns a moment later, and stops as by SIGTERM: kills.ts looks at that.
  const reachesTrainer = target !== 'parent' || way === 'node';
  if (signal === 'SIGKILL' || again !== null || !hadBegun || !reachesTrainer) return;
  if (/Talk to it:/.test(stderr)) return; // it was done already
  const hint = stderr.includes(`--resume --out ${out}`);
  if (!hint && !stderr.includes('Nothing had been written yet'))
    trial.fault(`${signal} to the ${target} (${way}) was not answered by how to go on`);
  // tsx and npm end by a SIGHUP that they get themselves, before the trainer: then nobody sees its exit code.
  const expected = 128 + constants.signals[signal];
  const isSeen = way === 'node' || target !== 'group' || (way === 'tsx' && signal !== 'SIGHUP');
  if (isSeen && code !== expected)
    trial.fault(`${signal} to the ${target} (${way}): exit ${code ?? died} instead of ${expected}`);
  if (hint) judgeCheckpoint(trial, signal, stderr, out);
}

/** Whoever was told to stop has saved the step it says it stopped after. */
function judgeCheckpoint(trial: Trial, signal: string, stderr: string, out: string): void {
  const [, stage, said] = /^(\w+): stopped after step (\d+) of/m.exec(stderr) ?? [];
  if (stage === undefined) return; // no stage was in training
  const step = Number(said);
  const [state] = readLines(join(out, stage, 'trainer_state.json'), '');
  const saved = state === undefined ? 0 : (JSON.parse(state) as { step: number }).step;
  if (saved < step)
    // a next session may have gone on already
    trial.fault(`${signal} lost steps: ${stage} was at ${step}, the checkpoint is of ${saved}`);
}

/** A session that was not disturbed ends by itself, or the watchdog ends it. */
export async function undisturbed(trial: Trial, session: Session): Promise<Ended> {
  const ended = await session.ended;
  trial.judge(session, ended);
  return ended;
}

/** Wait until everybody of the session has gone; one that does not go is a fault. */
export async function gone(trial: Trial, session: Session, why: string): Promise<Ended> {
  const patience = sleep(PATIENCE_MS, 'late' as const);
  const ended = await Promise.race([session.ended, patience]);
  if (ended !== 'late') return ended;
  trial.fault(`${session.words}: still there ${PATIENCE_MS / 1000} s after ${why}`);
  return session.end();
}

export function sleep<T>(ms: number, value?: T): Promise<T> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(value as T), ms).unref();
  });
}

/** Resolves at the n-th change among the names in a directory, which may have to be made first, and beside it. */
async function changes(folder: string, n: number): Promise<void> {
  const began = Date.now();
  while (!existsSync(folder)) {
    if (Date.now() - began > PATIENCE_MS) return;
    await sleep(5);
  }
  const watchers: FSWatcher[] = [];
  await new Promise<void>((resolve) => {
    let left = n;
    const seen = () => {
      if (left-- <= 0) resolve();
    };
    try {
      for (const place of [folder, dirname(folder)])
        watchers.push(watch(place, seen).on('error', () => resolve()));
    } catch {
      resolve(); // it was moved away
    }
    setTimeout(resolve, PATIENCE_MS).unref();
  });
  for (const watcher of watchers) watcher.close();
}

function readLines(path: string, separator = '\n'): string[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8').trim();
  return text === '' ? [] : separator === '' ? [text] : text.split(separator);
}
