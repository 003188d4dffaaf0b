/**
 * npx tsx src/report.ts: write report.html and report.md of a run that was made earlier.
 */
import { backendFlags, useBackend } from './cli/backend.ts';
import { runCommand } from './cli/command.ts';
import type { FlagTable } from './cli/flags.ts';
import { makeReporter } from './cli/progress.ts';
import { stopOnSignals } from './cli/stop.ts';
import { UserError } from './errors.ts';
import { writeReport } from './report/index.ts';

const flags = {
  run: { type: 'text', value: 'DIR', help: 'directory of the run, such as runs/default (required)' },
  data: {
    type: 'text',
    value: 'PATH',
    help: 'where the questions are (eval/facts-*.jsonl)',
    default: 'what the run was made with',
  },
  ...backendFlags,
} as const satisfies FlagTable;

await runCommand({
  usage: 'npx tsx src/report.ts --run DIR [flags]    write report.html and report.md of a run',
  flags,
  async run(values) {
    if (values.run === undefined)
      throw new UserError('--run is required: the directory of a run, such as runs/default');
    const signal = stopOnSignals({ saying: 'Stopping', advice: () => 'The report was not written.' });
    await useBackend({ ...values, gpuMode: values['gpu-mode'] });
    await writeReport(values.run, makeReporter(), { data: values.data, signal });
    return 0;
  },
});
