/**
 * The two kinds of bad news a command can bring, and the exit code of each.
 *
 *   UserError   what the user gave cannot be used (flag, file, line, number)     exit code 2
 *   FaultError  the machine or the run failed (full disk, NaN in the loss)        exit code 1
 *
 * Both carry one sentence that names the thing, the place and what to do; the commands print that
 * sentence and no stack. Any other error is a bug in this project and keeps its stack.
 *
 * A sentence quotes what stands in files and flags. It is made printable here, once for all of them: a file cannot move the
 * cursor, colour the terminal or look like a second line.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  readonly exitCode: number = 2;

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}

export class FaultError extends Error {
  override readonly name: string = 'FaultError';
  readonly exitCode: number = 1;

  constructor(message: string, options?: ErrorOptions) {
    super(printable(message), options);
  }
}

/** Longer than any sentence of ours with a long path in it. */
const LONGEST = 1500;
/** How much is kept of the end, where it says what to do. */
const END = 400;

/**
 * Text of any origin on one line: line breaks, escape codes, marks that turn the direction of writing and other characters that
 * are not seen are shown as \u{...}, and the middle of what is very long is left out. The two joiners that emoji and some scripts
 * need stay.
 *
 *     printable('a\n\x1b[2J') === 'a\\u{a}\\u{1b}[2J'
 */
export function printable(text: string): string {
  const isLong = text.length > LONGEST;
  const short = isLong ? `${text.slice(0, LONGEST - END)} ... ${text.slice(-END)}` : text;
  return visible(short);
}

/** The same without cutting, and with the characters in `keep` as they are: '\n\t' for text of several lines. */
export function visible(text: string, keep = ''): string {
  return text.replace(
    /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => (keep.includes(character) ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`), // the match is not empty
  );
}

/** What the operating system says about a file, in words; null if it is not such an error. */
export function systemErrorInWords(error: unknown): string | null {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code !== 'string') return null;
  if (code === 'ERR_INVALID_ARG_VALUE' && String(message).includes('null bytes'))
    return 'its name holds a NUL character';
  return systemErrors[code] ?? null;
}

const systemErrors: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'something else of that name is in the way',
  ENOTEMPTY: 'the directory is not empty',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the file system or "ulimit -f" allows',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  EINVAL: 'the system does not allow that there',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  EBUSY: 'it is in use, or another file system is mounted there',
  EXDEV: 'it lies on another file system',
  EMLINK: 'it has too many links',
  ETXTBSY: 'it is a program that is running',
  ENXIO: 'there is no such device',
  ENODEV: 'there is no such device',
  EIO: 'the disk reports an error',
  ESTALE: 'the network file system has lost it',
  ETIMEDOUT: 'the network file system does not answer',
  ENOMEM: 'the system is out of memory',
  ENOSYS: 'the file system cannot do that',
  ENOTSUP: 'the file system cannot do that',
  EOPNOTSUPP: 'the file system cannot do that',
};

/** The disk has no room: nothing is wrong with what was given, and there is something to do. */
const noRoom: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** Other failures of the machine. */
const faults: ReadonlySet<unknown> = new Set([
  ...['EIO', 'EMFILE', 'ENFILE', 'ESTALE', 'ETIMEDOUT', 'ENOMEM', 'ETXTBSY'],
]);

/** Run something that writes to `path`; a full disk or a forbidden place becomes one sentence. */
export function guardDisk<T>(path: string, write: () => T): T {
  return guardFile(`Cannot write ${path}`, write);
}

/** Run calls of the file system; what the system says of them is added to the start of a sentence, such as "Cannot read x". */
export function guardFile<T>(start: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const why = systemErrorInWords(error);
    if (why === null) throw error;
    throw diskError(`${start}: ${why}`, (error as { code?: unknown }).code);
  }
}

/**
 * The sentence for an error of a file system call that nobody below has caught, as it comes from Node; null for any other error.
 * The last net: it knows the path, but not what the file was for.
 */
export function fileError(error: unknown): UserError | FaultError | null {
  const { code, syscall, path, dest } = (error ?? {}) as NodeJS.ErrnoException & { dest?: unknown };
  const why = systemErrorInWords(error);
  if (why === null || typeof syscall !== 'string') return null;
  const [verb, joint] = actions[syscall] ?? ['use', 'and'];
  const place = path === undefined ? 'a file' : path;
  const places = typeof dest === 'string' ? `${place} ${joint} ${dest}` : place;
  return diskError(`Cannot ${verb} ${places}: ${why}`, code);
}

/** What a system call does, and what stands between its two paths. */
const actions: Readonly<Record<string, readonly [verb: string, joint: string]>> = {
  open: ['open', 'and'],
  read: ['read', 'and'],
  scandir: ['read', 'and'],
  write: ['write', 'and'],
  fsync: ['write', 'and'],
  mkdir: ['make', 'and'],
  rename: ['rename', 'to'],
  link: ['link', 'to'],
  copyfile: ['copy', 'to'],
  unlink: ['remove', 'and'],
  rmdir: ['remove', 'and'],
  rm: ['remove', 'and'],
};

/**
 * The sentence for memory that nobody below could get; null for any other error. V8 cannot tell of its own heap: when that is
 * full the process ends with a report of V8's.
 */
export function memoryError(error: unknown): FaultError | null {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const isMemory =
    code === 'ERR_STRING_TOO_LONG' ||
    code === 'ERR_WORKER_OUT_OF_MEMORY' ||
    (error instanceof RangeError && noMemory.test(String(message)));
  if (!isMemory) return null;
  return new FaultError(
    `The memory is used up (${message}); take a smaller --batch-size, a shorter --context, a smaller model or less data at once`,
  );
}

const noMemory =
  /allocation failed|could not allocate|out of memory|array length: \d{9}|string length|(Map|Set) maximum size/i;

function diskError(sentence: string, code: unknown): UserError | FaultError {
  if (noRoom.has(code)) {
    return new FaultError(
      `${sentence}; free some space and continue with --resume (nothing saved earlier is lost)`,
    );
  }
  return faults.has(code) ? new FaultError(sentence) : new UserError(sentence);
}
