/**
 * npx tsx docs/results/make-curves.ts --runs A,B,C: reference curves out of runs that differ in nothing but their seeds.
 *
 *   for s in 42 1 2; do npx tsx src/train.ts --seed $s --out runs/seed-$s; done
 *   npx tsx docs/results/make-curves.ts --runs runs/seed-42,runs/seed-1,runs/seed-2
 *
 * Writes docs/results/curves/PRESET-ARCHITECTURE.json, which src/diagnose.ts compares other runs with.
 */
import { join } from 'node:path';
import { runCommand } from '../../src/cli/command.ts';
import { CURVES_FOLDER, fileNameOf, formatReference, makeReference } from '../../src/diagnosis/reference.ts';
import { readRun } from '../../src/diagnosis/run-record.ts';
import { UserError } from '../../src/errors.ts';
import { writeFileAtomically } from '../../src/storage/atomic.ts';
import { stages } from '../../src/training/stages/index.ts';

await runCommand({
  usage: 'npx tsx docs/results/make-curves.ts --runs A,B,C    reference curves for src/diagnose.ts',
  flags: {
    runs: {
      type: 'list',
      value: 'A,B,C',
      help: 'directories of runs that differ in their seeds alone (required)',
    },
    out: { type: 'text', value: 'DIR', help: 'where the file is written', default: 'docs/results/curves' },
  },
  async run({ runs: directories = [], out = CURVES_FOLDER }) {
    if (directories.length === 0) throw new UserError('--runs is required: directories of finished runs');
    const runs = directories.map((directory) => readRun(stages, directory));
    const kinds = runs.map(({ settings, arch }) => {
      if (settings === null || arch === null)
        throw new UserError('every run must have its run.json and a model');
      return fileNameOf({ ...settings, arch });
    });
    if (new Set(kinds).size > 1) throw new UserError(`the runs are of several kinds: ${kinds.join(', ')}`);
    const path = join(out, kinds[0]!); // there is at least one
    const reference = makeReference(runs);
    writeFileAtomically(path, formatReference(reference));
    const { seeds } = reference;
    process.stdout.write(
      `${path}: ${Object.keys(reference.stages).join(', ')} of the seeds ${seeds.join(', ')}\n`,
    );
    return 0;
  },
});
