/**
 * The two kinds of bad news a command can bring, and the exit code of each.
 *
 *   UserError   what the user gave cannot be used (flag, file, line, number)     exit code 2
 *   FaultError  the machine or the run failed (full disk, NaN in the loss)        exit code 1
 *
 * Both carry one sentence that names the thing, the place and what to do; the commands print that
 * sentence and no stack. Any other error is a bug in this project and keeps its stack.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  readonly exitCode: number = 2;
}

export class FaultError extends Error {
  override readonly name: string = 'FaultError';
  readonly exitCode: number = 1;
}
