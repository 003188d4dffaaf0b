/**
 * Kills: a run is struck again and again, at random moments of all its stages, and always continued. What is left when it has
 * come to its end is the run of which nobody knew, to the byte.
 *
 * Now and then a second writer begins in the same directory while the first one is at work: it is refused, and does no harm.
 * One comes by itself: who kills npx or tsx leaves the trainer behind.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { damages, differences } from './same-run.ts';
import { type Ended, Session, type Way, ways } from './session.ts';
import { drawStrike, gone, hit, judgeAnswer, sleep, undisturbed } from './strike.ts';
import { notARefusal, type Trial } from './trial.ts';
import { type Baselines, variants } from './world.ts';

/** Then it is left in peace. */
const MOST_SESSIONS = 12;

export interface Tally {
  kills: number;
  secondWriters: number;
}

export async function killsTrial(trial: Trial, baselines: Baselines, tally: Tally): Promise<void> {
  const variant = trial.random.pick(variants);
  const { out: expected, seconds } = await baselines.of(variant);
  const out = join(trial.folder, 'run');
  trial.tell(variant.name);
  const fresh = [...baselines.flagsOf(variant), '--out', out];
  const hasBegun = () => existsSync(join(out, 'run.json'));
  if (await untilFinished(trial, { out, fresh, hasBegun, seconds }, tally))
    trial.expect('not the run that nobody disturbed', differences(out, expected));
}

interface Struck {
  readonly out: string;
  /** Arguments that start the run. */
  readonly fresh: readonly string[];
  /** True once there is something to continue. */
  hasBegun(): boolean;
  readonly seconds: number;
}

/** Strike and continue until it is finished. False if it never is. */
export async function untilFinished(trial: Trial, struck: Struck, tally: Tally): Promise<boolean> {
  const { out, seconds } = struck;
  for (let n = 0; n < MOST_SESSIONS + 2; n++) {
    const way = trial.random.pick(ways);
    const session = new Session(way, 'src/train.ts', argumentsFor(struck));
    const isStruck = n === 0 || (n < MOST_SESSIONS && trial.chance(0.9));
    const ended = isStruck
      ? await struckSession(trial, { way, session, out, seconds }, tally)
      : await undisturbed(trial, session);
    trial.expect('damaged', damages(out));
    if (ended.code === 0 && isFinished(ended)) return true;
    if (ended.code !== null && ![0, 129, 130, 137, 143].includes(ended.code)) {
      trial.fault(`${session.words}: exit ${ended.code}: ${lastLine(ended.stderr)}`);
      return false;
    }
  }
  trial.fault(`not finished after ${MOST_SESSIONS + 2} sessions`);
  return false;
}

/** As a user would: --resume where there is something to resume. */
function argumentsFor({ out, fresh, hasBegun }: Struck): readonly string[] {
  return hasBegun() ? ['--resume', '--threads', '1', '--out', out] : fresh;
}

interface UnderFire {
  readonly way: Way;
  readonly session: Session;
  readonly out: string;
  readonly seconds: number;
}

async function struckSession(trial: Trial, fire: UnderFire, tally: Tally): Promise<Ended> {
  const { way, session, out, seconds } = fire;
  const strike = drawStrike(trial, seconds);
  const rival = trial.chance(0.25) ? rivalry(trial, fire, trial.below(seconds * 1000)) : null;
  // Whoever reads standard error leaves, as `2>&1 | head` does: the work goes on, and nobody hears how it ends.
  const isUnheard = trial.chance(0.1);
  if (isUnheard) void sleep(trial.below(seconds * 1000)).then(() => session.closeErrors());
  const { landed, hadBegun } = await hit(strike, session, out);
  if (landed) tally.kills++;
  await session.exited;
  // The trainer may live on without its parent: then going on is what a user does next.
  if (!session.isOver && strike.target === 'parent' && way !== 'node') {
    await new Promise<void>((resolve) => setTimeout(resolve, trial.below(200)));
    await writeBeside(trial, session, out, tally);
    if (trial.chance(0.5)) session.send('SIGKILL', 'group');
  }
  if (rival !== null && (await rival)) tally.secondWriters++;
  const ended = await gone(trial, session, strike.signal);
  trial.tell(
    `(${strike.signal} to the ${strike.target}, ${JSON.stringify(strike.moment)}, landed: ${landed})`,
  );
  trial.judge(session, ended);
  if (landed && !isUnheard) judgeAnswer(trial, { strike, way, hadBegun }, ended, out);
  return ended;
}

/** A second writer after some time. True if there was a first one all the while. */
async function rivalry(trial: Trial, { session, out }: UnderFire, after: number): Promise<boolean> {
  await Promise.race([session.ended, sleep(after)]);
  return writeBeside(trial, session, out, null);
}

async function writeBeside(trial: Trial, first: Session, out: string, tally: Tally | null): Promise<boolean> {
  // Only one that has said that it works can be known to hold the directory.
  if (!first.said.includes('backend:') || !existsSync(join(out, 'run.json')) || first.trainer() === null)
    return false;
  const second = new Session('node', 'src/train.ts', ['--resume', '--threads', '1', '--out', out]);
  const ended = await gone(trial, second, 'it should have been refused');
  trial.judge(second, ended);
  const wasAlone = first.trainer() === null; // it may have ended meanwhile, and then the second one does the work
  if (wasAlone) return false;
  const wrong = notARefusal(ended, /./);
  if (wrong !== null) trial.fault(`a second writer beside a living one: ${wrong}`);
  if (tally !== null) tally.secondWriters++;
  return true;
}

const isFinished = ({ stderr }: Ended) => stderr.includes('Talk to it:');

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1) ?? '';
