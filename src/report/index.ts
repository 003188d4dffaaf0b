/**
 * The report of a run: report.html to look at, report.md to keep. Written at the end of a run, and by src/report.ts for an
 * earlier one.
 */
import { join } from 'node:path';
import { writeFileAtomically } from '../storage/atomic.ts';
import type { Reporter } from '../training/reporter.ts';
import { collectReport } from './collect.ts';
import { renderMarkdown } from './markdown.ts';
import { renderPage } from './page.ts';

/** `data` in place of the data directory that the run was made with. Nothing is written where `signal` is aborted before. */
export async function writeReport(
  run: string,
  reporter: Reporter,
  { data, signal }: { readonly data?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const report = await collectReport(run, data, signal);
  for (const sentence of report.missing) reporter.note(`report: ${sentence}`);
  writeFileAtomically(join(run, 'report.md'), renderMarkdown(report));
  writeFileAtomically(join(run, 'report.html'), renderPage(report));
  reporter.note(`report: ${join(run, 'report.html')}`);
}
