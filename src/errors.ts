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

/** What the operating system says about a file, in words; null if it is not such an error. */
export function systemErrorInWords(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? (systemErrors[code] ?? null) : null;
}

const systemErrors: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'something else of that name is in the way',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'too many files are open',
};

/** Run something that writes to `path`; a full disk or a forbidden place becomes one sentence. */
export function guardDisk<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const why = systemErrorInWords(error);
    if (why === null) throw error;
    const code = (error as { code: string }).code;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new FaultError(
        `Cannot write ${path}: ${why}; free some space and continue with --resume (nothing saved earlier is lost)`,
      );
    }
    throw new UserError(`Cannot write ${path}: ${why}`);
  }
}
