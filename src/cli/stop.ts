/**
 * Stopping long work: Ctrl-C (SIGINT), SIGTERM, SIGHUP, and the end of the process that watches over this one, in one way.
 *
 *   the first one     aborts a signal: the work ends its step, saves, and throws the signal's reason; the command says what to
 *                     type to go on, and its exit code is 130, 143 or 129
 *   a second Ctrl-C   ends the process at once
 *
 * One key press may arrive twice: from the terminal, and from npx or tsx, which pass it on. Under a supervisor (supervisor.ts)
 * it is that one who speaks and who counts.
 */
import { constants } from 'node:os';

export const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** Milliseconds within which a second signal is the same key press, passed on by somebody. */
const SAME_PRESS = 750;

/** 130, 143 or 129, as a shell says it. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** True for a Ctrl-C that came after an earlier signal, and is not the same key press once more. */
export function isSecondPress(signal: StopSignal, sinceFirst: number): boolean {
  return signal === 'SIGINT' && sinceFirst > SAME_PRESS;
}

/** The reason of the signal: what stopped work throws. Not an error, but the way out. */
export class Stopped extends Error {
  override readonly name: string = 'Stopped';
  readonly exitCode: number;
  private readonly advice: () => string;

  constructor(signal: StopSignal, advice: () => string) {
    super(`stopped by ${signal}`);
    this.exitCode = exitCodeOf(signal);
    this.advice = advice;
  }

  /** The last words of the command. */
  lastWords(): string {
    return `Stopped. ${this.advice()}`.trim();
  }
}

export interface StopOptions {
  /** What the first Ctrl-C does: "Stopping after this step". Without it nothing is said. */
  readonly saying?: string;
  /** What can be done afterwards, asked when everything has ended. */
  readonly advice?: () => string;
}

/** From now on signals no longer end the process: they abort what this returns. */
export function stopOnSignals({ saying, advice = () => '' }: StopOptions = {}): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  const stop = (signal: StopSignal) => {
    first = Date.now();
    if (saying !== undefined && process.connected !== true)
      process.stderr.write(`\n${saying}; a second Ctrl-C stops at once.\n`);
    controller.abort(new Stopped(signal, advice));
  };
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      if (!controller.signal.aborted) stop(signal);
      else if (process.connected !== true && isSecondPress(signal, Date.now() - first))
        process.exit(exitCodeOf(signal));
    });
  }
  if (process.send !== undefined) {
    const left = () => {
      if (!controller.signal.aborted) stop('SIGTERM');
    };
    if (process.connected) process.on('disconnect', left);
    else left(); // it died while this process was starting
    process.channel?.unref(); // waiting for that does not keep the process alive
  }
  return controller.signal;
}
