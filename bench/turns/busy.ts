/**
 * Company for a measurement: a core that is taken.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** A program that computes all the time on one core; it ends by itself should nobody end it. */
export function startSpinning(): ChildProcess {
  const spin = 'const until = Date.now() + 120_000; while (Date.now() < until);';
  return spawn(process.execPath, ['--eval', spin], { stdio: 'ignore' });
}
