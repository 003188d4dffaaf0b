/**
 * The frame of every command: help, errors as one sentence, exit codes.
 *
 *   0 done    1 the run failed (FaultError, or a bug with its stack)    2 the user's input cannot be used
 *   130 stopped by Ctrl-C    143 by SIGTERM    129 by SIGHUP (stop.ts)
 */
import { FaultError, fileError, memoryError, systemErrorInWords, UserError } from '../errors.ts';
import { closeBackend } from './backend.ts';
import { type FlagTable, type FlagValues, formatHelp, parseFlags } from './flags.ts';
import { Stopped } from './stop.ts';

export interface Command<T extends FlagTable> {
  readonly usage: string;
  readonly flags: T;
  /** Returns the exit code; 0 if it returns nothing. */
  run(values: FlagValues<T>): Promise<number | undefined>;
}

export async function runCommand<T extends FlagTable>(
  command: Command<T>,
  args = process.argv.slice(2),
): Promise<void> {
  // The reader of a pipe may leave early (`| head`): that is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    const why = systemErrorInWords(error) ?? error.message;
    process.exit(reportError(new FaultError(`Cannot write to standard output: ${why}`)));
  });
  // Standard error is for the person who watches. The work goes on when that one leaves (`2>&1 | head`, a closed terminal).
  process.stderr.on('error', () => {});
  try {
    const values = parseFlags(args, command.flags);
    if (values === null) process.stdout.write(formatHelp(command.usage, command.flags));
    else process.exitCode = (await command.run(values)) ?? 0;
  } catch (error) {
    process.exitCode = reportError(error);
  } finally {
    await closeBackend();
  }
}

/** Print what went wrong, or what to do after a stop; returns the exit code. */
export function reportError(error: unknown): number {
  if (error instanceof Stopped) {
    process.stderr.write(`${error.lastWords()}\n`);
    return error.exitCode;
  }
  const isOurs = error instanceof UserError || error instanceof FaultError;
  const known = isOurs ? error : (memoryError(error) ?? fileError(error));
  if (known !== null) {
    process.stderr.write(`error: ${known.message}\n`);
    return known.exitCode;
  }
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
