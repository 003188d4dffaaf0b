/**
 * npx tsx src/diagnose.ts: is my run normal?
 *
 * Reads the files of a run and opens no model; a run that is still training can be asked about.
 */
import { runCommand } from './cli/command.ts';
import { diagnose } from './diagnosis/index.ts';
import { inWords } from './diagnosis/words.ts';
import { UserError } from './errors.ts';
import { prettyJson } from './formats/json.ts';
import { stages } from './training/stages/index.ts';

await runCommand({
  usage:
    'npx tsx src/diagnose.ts --run DIR [flags]    is my run normal? Stage by stage: normal, or what is off and why\n\n' +
    'Compares loss, gradients, accuracies, log-probabilities and KL with docs/results/curves/. Exit code 0, whatever it finds.',
  flags: {
    run: { type: 'text', value: 'DIR', help: 'directory of the run, such as runs/default (required)' },
    json: { type: 'boolean', help: 'the same as JSON, with all numbers' },
  },
  async run({ run, json = false }) {
    if (run === undefined)
      throw new UserError('--run is required: the directory of a run, such as runs/default');
    const diagnosis = diagnose(stages, run);
    process.stdout.write(json ? prettyJson(diagnosis) : inWords(diagnosis));
    return 0;
  },
});
