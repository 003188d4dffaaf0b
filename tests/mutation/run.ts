/**
 * How many bugs the tests catch: each is planted in a copy of the tree, and the tests that are nearest to it are run.
 *
 *   npx tsx tests/mutation/run.ts                       all bugs (an hour on two cores)
 *   npx tsx tests/mutation/run.ts --list                what they are, and whether each still has its place
 *   npx tsx tests/mutation/run.ts --only wasm,nn        of these areas; also single ones: --only wasm/rope-tail
 *   npx tsx tests/mutation/run.ts --jobs 2 --full       two at a time; what survives meets the whole of `npm test`
 *
 * A bug is caught if a test fails, or if the tests do not end in time. Before the first bug of an area its tests must pass as
 * they are. Not part of `npm test`: run by hand when tests or what they hold have changed. Exits 1 below 95 %.
 */
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Area, Bug } from './bug.ts';
import { cli } from './bugs/cli.ts';
import { data } from './bugs/data.ts';
import { evaluation } from './bugs/evaluation.ts';
import { generation } from './bugs/generation.ts';
import { losses } from './bugs/losses.ts';
import { models } from './bugs/models.ts';
import { nn } from './bugs/nn.ts';
import { optim } from './bugs/optim.ts';
import { report } from './bugs/report.ts';
import { storage } from './bugs/storage.ts';
import { tensor } from './bugs/tensor.ts';
import { tokenizer } from './bugs/tokenizer.ts';
import { training } from './bugs/training.ts';
import { wasm } from './bugs/wasm.ts';
import { planted, type TestRun, Workplace } from './workplace.ts';

const areas: readonly Area[] = [
  ...[tensor, wasm, nn, models, tokenizer, data, losses],
  ...[optim, generation, evaluation, training, storage, report, cli],
];
/** Share of the bugs that the tests should catch. */
const GOAL = 0.95;
/** Seconds that tests may take beyond four times their own time before a bug counts as an endless loop. */
const PATIENCE = 60;

const { values } = parseArgs({
  options: {
    list: { type: 'boolean' },
    full: { type: 'boolean' },
    only: { type: 'string' },
    jobs: { type: 'string', default: '1' },
  },
});

interface Planted {
  readonly id: string;
  readonly area: Area;
  readonly bug: Bug;
}

interface Result extends Planted {
  readonly caught: boolean;
}

/** The bugs that were asked for, all of which must have their place. */
function chosenBugs(): Planted[] {
  const all = areas.flatMap((area) =>
    Object.entries(area.bugs).map(([name, bug]): Planted => ({ id: `${area.name}/${name}`, area, bug })),
  );
  const words = values.only?.split(',');
  const chosen = all.filter(
    ({ id, area }) => words === undefined || words.some((word) => word === id || word === area.name),
  );
  if (chosen.length === 0)
    fail(`--only ${values.only}: no such bug; areas are ${areas.map(({ name }) => name).join(', ')}`);
  const stale = chosen.flatMap(({ id, bug }) => {
    try {
      planted(bug);
      nearest(bug);
      return [];
    } catch (error) {
      return [`${id}: ${(error as Error).message}`];
    }
  });
  if (stale.length > 0)
    fail(`These bugs have lost their place; write them anew for the code as it is:\n${stale.join('\n')}`);
  return chosen;
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/** The file's own test and those that the bug names. */
function nearest(bug: Bug): string[] {
  const own = bug.file.replace(/\.ts$/, '');
  const hasOwn = existsSync(fileURLToPath(new URL(`../${own}.test.ts`, import.meta.url)));
  const words = [...(hasOwn ? [own] : []), ...(bug.tests?.split(' ') ?? [])];
  if (words.length === 0) throw new Error('it names no test, and its file has none of its own');
  return words;
}

const baselines = new Map<string, Promise<number>>();

/** Seconds that the tests of an area (or all of them) take as they are; they must pass. */
function baseline(name: string, words: readonly string[], place: Workplace): Promise<number> {
  const known = baselines.get(name);
  if (known !== undefined) return known;
  const measured = place.test(words, 3600).then(({ outcome, output, seconds }) => {
    if (outcome !== 'passed') fail(`${name}: the tests do not pass without a bug:\n${output}`);
    return seconds;
  });
  baselines.set(name, measured);
  return measured;
}

/** Plant the bug and run tests, nearest first, until one fails. */
async function check({ id, area, bug }: Planted, place: Workplace): Promise<Result> {
  const near = nearest(bug);
  const wide = [...new Set(Object.values(area.bugs).flatMap(nearest)), ...area.tests.split(' ')];
  const limit = PATIENCE + 4 * (await baseline(area.name, wide, place));
  const fullLimit = values.full ? PATIENCE + 4 * (await baseline('all tests', [], place)) : 0;
  const began = performance.now();
  const runs = await place.with(bug, async () => {
    const made: TestRun[] = [await place.test(near, limit)];
    if (made.at(-1)?.outcome === 'passed') made.push(await place.test(area.tests.split(' '), limit));
    if (made.at(-1)?.outcome === 'passed' && values.full) made.push(await place.test([], fullLimit));
    return made;
  });
  const last = runs.at(-1)!; // there is at least one
  if (/Transform failed|no test file matches/.test(last.output)) fail(`${id}: no program:\n${last.output}`);
  const caught = last.outcome !== 'passed';
  const seconds = `${((performance.now() - began) / 1000).toFixed(0)}s`;
  const why = caught ? reason(last) : `${bug.breaks} (src/${bug.file})`;
  process.stdout.write(
    `${caught ? 'caught  ' : 'SURVIVED'}  ${id.padEnd(34)} ${seconds.padStart(5)}  ${why}\n`,
  );
  return { id, area, bug, caught };
}

/** The first file that failed. */
function reason({ outcome, output }: TestRun): string {
  return outcome === 'failed' ? (/^FAIL (\S+)/m.exec(output)?.[1] ?? 'the runner died') : outcome;
}

/** A line for each area, what survived, and the share. */
function summary(results: readonly Result[]): number {
  const line = (name: string, own: readonly Result[]) => {
    const caught = own.filter((result) => result.caught).length;
    return `${name.padEnd(12)}${String(own.length).padStart(5)}${String(caught).padStart(8)}${String(own.length - caught).padStart(10)}`;
  };
  const rows = areas.flatMap(({ name }) => {
    const own = results.filter(({ area }) => area.name === name);
    return own.length === 0 ? [] : [line(name, own)];
  });
  const lost = results.filter(({ caught }) => !caught);
  const share = 1 - lost.length / results.length;
  const text = [
    ...['', 'area         bugs  caught  survived', ...rows, line('all', results), ''],
    ...lost.map(({ id, bug }) => `survived: ${id}: ${bug.breaks} (src/${bug.file})`),
    `${results.length - lost.length} of ${results.length} bugs caught (${(100 * share).toFixed(1)} %)`,
  ];
  process.stdout.write(`${text.join('\n')}\n`);
  return share;
}

const bugs = chosenBugs();
if (values.list) {
  for (const { id, bug } of bugs) process.stdout.write(`${id.padEnd(34)} ${bug.breaks} (src/${bug.file})\n`);
} else {
  setPriority(10);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const waiting = [...bugs];
  const results: Result[] = [];
  const work = async () => {
    const place = new Workplace();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results.push(await check(next, place));
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, work));
  if (summary(results) < GOAL) process.exitCode = 1;
}
