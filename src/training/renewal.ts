/**
 * A new run in the place of an earlier one, of which it keeps some stages.
 *
 *   OUT (all stages)  ->  OUT.old-1 (all stages, as they were)  +  OUT (the stages kept, and the settings of the new run)
 *
 * The new directory is made complete beside the old one (kept stages are hard links: no copy, and files of a stage never change in
 * place) and then takes its place in one swap, so that at no moment the settings of one run stand over the stages of another.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { guardDisk } from '../errors.ts';
import { locateDirectory, writeFileAtomically } from '../storage/atomic.ts';
import { linkOrCopyDirectory, replaceDirectory, startNext } from '../storage/replace.ts';
import { HISTORY_FILE, keepHistoryOf } from './history.ts';
import { linesOf, METRICS_FILE } from './metrics.ts';
import { RUN_FILE, type RunSettings, writeRunSettings } from './run-settings.ts';

/** Returns where the run that was in `out` is now. */
export function renewRun(out: string, kept: readonly string[], settings: RunSettings): string {
  return guardDisk(out, () => {
    const next = startNext(out);
    mkdirSync(next, { recursive: true });
    for (const stage of kept) linkOrCopyDirectory(locateDirectory(join(out, stage)), join(next, stage));
    copyPart(METRICS_FILE, (text) => linesOf(text, kept));
    copyPart(HISTORY_FILE, (text) => keepHistoryOf(text, kept));
    writeRunSettings(next, settings); // last: with it the new run is complete
    return replaceDirectory(out, RUN_FILE);

    function copyPart(name: string, keep: (text: string) => string): void {
      const path = join(out, name);
      if (existsSync(path)) writeFileAtomically(join(next, name), keep(readFileSync(path, 'utf8')));
    }
  });
}
