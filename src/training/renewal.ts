/**
 * A new run in the place of an earlier one, of which it keeps some stages.
 *
 *   OUT (all stages)  ->  OUT.old-1 (all stages, as they were)  +  OUT (the stages kept, and the settings of the new run)
 *
 * The new directory is made complete beside the old one (kept stages are hard links: no copy, and files of a stage never change
 * in place) and then takes its place in one swap, so that at no moment the settings of one run stand over the stages of another.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { locateDirectory, writeFileAtomically } from '../storage/atomic.ts';
import { readText } from '../storage/read-file.ts';
import { linkOrCopyDirectory, replaceDirectory } from '../storage/replace.ts';
import { RUN_FILE } from '../storage/run-directory.ts';
import { SAMPLES_FILE } from './drawn-samples.ts';
import { HISTORY_FILE, keepHistoryOf } from './history.ts';
import { linesOf, METRICS_FILE } from './metrics.ts';
import { type RunSettings, writeRunSettings } from './run-settings.ts';

/** Returns where the run that was in `out` is now. */
export function renewRun(out: string, kept: readonly string[], settings: RunSettings): string {
  const aside = replaceDirectory(out, RUN_FILE, (next) => {
    for (const stage of kept) linkOrCopyDirectory(locateDirectory(join(out, stage)), join(next, stage));
    for (const file of [METRICS_FILE, SAMPLES_FILE]) copyPart(file, next, (text) => linesOf(text, kept));
    copyPart(HISTORY_FILE, next, (text) => keepHistoryOf(text, kept));
    writeRunSettings(next, settings);
  });
  if (aside === null) throw new TypeError(`There is no run in ${out} to make room`);
  return aside;

  function copyPart(name: string, next: string, keep: (text: string) => string): void {
    const path = join(out, name);
    if (existsSync(path)) writeFileAtomically(join(next, name), keep(readText(path)));
  }
}
