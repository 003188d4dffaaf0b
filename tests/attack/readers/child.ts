/**
 * Tries mutated files, one after another, and says what came of each: one line of JSON before a try and one after it, so that
 * readers.ts knows which one it was if this process hangs or dies.
 *
 *   child.ts FOLDER SEED COUNT        tries SEED, SEED + 1, ...
 */
import { copyFileSync, mkdirSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Random } from '../../../src/tensor/index.ts';
import { judge, type Outcome } from './judge.ts';
import { mutate } from './mutate.ts';
import { makeSamples, place, type Sample } from './samples.ts';

/** What a process may take at most; a good reader of small files takes a tenth of it. */
const MAX_RESIDENT_KB = 1_500_000;
/** Time of the processor, so that a busy machine is no fault. */
const SLOW_MS = 10_000;

/** `start` before a try, `end` after it; without a fault the file was read or refused. */
export type Line =
  | { readonly at: 'ready' }
  | { readonly at: 'start'; readonly seed: number; readonly what: string; readonly path: string }
  | {
      readonly at: 'end';
      readonly seed: number;
      readonly outcome: Outcome;
      readonly why: string;
    };

function say(line: Line): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EAGAIN') throw error; // the other side is slow
    }
  }
}

const [folder = '', seedText = '1', countText = '1'] = process.argv.slice(2);
const samples = await makeSamples(folder);
const others = [...new Map(samples.map((sample) => [sample.path, sample.original])).values()];
const expected = new Map<Sample, unknown>();
for (const sample of samples) expected.set(sample, await sample.read());
const total = samples.reduce((sum, { weight }) => sum + weight, 0);
say({ at: 'ready' });

for (let seed = Number(seedText); seed < Number(seedText) + Number(countText); seed++) {
  const random = new Random(seed);
  const sample = draw(random);
  const { bytes, what } = mutate(sample.original, random, others);
  place(sample, bytes);
  say({ at: 'start', seed, what: `${sample.name} (${what})`, path: sample.path });
  const began = process.cpuUsage();
  const { outcome, why } = await judge(sample, expected.get(sample));
  const { user, system } = process.cpuUsage(began); // microseconds
  const seconds = (user + system) / 1e6;
  const { maxRSS } = process.resourceUsage();
  const tooMuch = maxRSS > MAX_RESIDENT_KB ? `it took ${Math.round(maxRSS / 1000)} MB of memory` : null;
  const fault =
    outcome === 'fault'
      ? why
      : (tooMuch ?? (1000 * seconds > SLOW_MS ? `it took ${Math.round(seconds)} seconds` : null));
  if (fault !== null) {
    mkdirSync(join(folder, 'kept'), { recursive: true });
    copyFileSync(sample.path, join(folder, 'kept', `${seed}-${basename(sample.path)}`));
  }
  say({ at: 'end', seed, outcome: fault === null ? outcome : 'fault', why: fault ?? why });
  place(sample, sample.original);
  if (tooMuch !== null) process.exit(0); // what it took stays counted: another one goes on
}

function draw(random: Random): Sample {
  let left = random.float() * total;
  for (const sample of samples) {
    left -= sample.weight;
    if (left < 0) return sample;
  }
  return samples[0]!; // there are some
}

process.exit(0);
