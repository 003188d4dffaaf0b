/**
 * Restarts: some stages are started again, with another seed, in the directory of a finished run, struck at random moments, and
 * continued. At every moment the directory holds the old run or the new one, never a mixture; at the end it is the run that an
 * uninterrupted restart leaves, and the old one lies whole beside it.
 */
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Tally, untilFinished } from './kills.ts';
import { differences } from './same-run.ts';
import type { Trial } from './trial.ts';
import { type Baselines, restarts, variants } from './world.ts';

export async function restartsTrial(
  trial: Trial,
  baselines: Baselines,
  tally: Tally & { restarts: number },
): Promise<void> {
  const again = trial.random.pick(restarts);
  const [variant] = variants;
  const [before, after] = [
    await baselines.of(variant),
    await baselines.after(variant, again.name, again.flags),
  ];
  const out = join(trial.folder, 'run');
  cpSync(before.out, out, { recursive: true });
  trial.tell(again.name);
  // Nothing tells a run that has not begun from the old one: what was asked for is asked for again.
  const hasBegun = () => {
    const record = join(out, 'run.json');
    return !existsSync(record) || !readFileSync(record).equals(readFileSync(join(before.out, 'run.json')));
  };
  const fresh = ['--data', baselines.world, ...again.flags, '--out', out];
  const finished = await untilFinished(trial, { out, fresh, hasBegun, seconds: after.seconds }, tally);
  tally.restarts++;
  if (!finished) return;
  trial.expect('not the run that nobody disturbed', differences(out, after.out));
  const beside = readdirSync(dirname(out)).filter((name) => name !== basename(out));
  if (beside.length !== 1)
    trial.fault(`beside the run there is ${beside.join(', ') || 'nothing'}, not the old run`);
  for (const name of beside)
    trial.expect(`the old run in ${name}`, differences(join(dirname(out), name), before.out));
}
