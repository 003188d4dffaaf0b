/**
 * Paths as a user types them, and where they lead.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { systemErrorInWords, UserError } from '../errors.ts';

/** The absolute path behind `given`, free of symbolic links. Its last parts need not exist yet. */
export function realPath(given: string): string {
  const missing: string[] = [];
  for (let path = resolve(given); ; path = dirname(path)) {
    try {
      return join(realpathSync.native(path), ...missing);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(given, error);
      if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
        throw new UserError(`${path} is a symbolic link to a place that does not exist`);
      missing.unshift(basename(path));
    }
  }
}

function unusable(path: string, error: unknown): unknown {
  const why = systemErrorInWords(error);
  return why === null ? error : new UserError(`Cannot use ${path}: ${why}`);
}
