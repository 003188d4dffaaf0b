/**
 * The directory of a run, as all who look for one know it: by the file of its settings, which is written last.
 */
import { locateDirectory } from './atomic.ts';
import { markedBy } from './replace.ts';

export const RUN_FILE = 'run.json';

/** A new run takes the place of an earlier one, which is kept (replace.ts). */
export const runSwap = markedBy(RUN_FILE);

/** Where the run is now, also while a new one takes its place. */
export function locateRun(path: string): string {
  return locateDirectory(path, runSwap);
}
