/** --minutes: steps counted from the time of the first ones, within their limits; a resumed run keeps what was counted. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { trainingLoop } from '../../src/training/loop.ts';
import { silentReporter } from '../../src/training/reporter.ts';
import { describePlan, type PlanOptions, TimePlan } from '../../src/training/time-plan.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { tinySettings } from './tiny.ts';
import { runAll, stopAfter, worldSettings, writeWorld } from './world.ts';

const alone: PlanOptions = { left: () => 100, share: 8, sharesAfter: 0, steps: 1000, most: 1e6 };

/** The steps that a plan counts where each takes so many seconds, and after how many of them. */
function counted(changes: Partial<PlanOptions>, seconds: number): [steps: number, measured: number] {
  const plan = new TimePlan({ ...alone, ...changes });
  for (let measured = 1; ; measured++) {
    const steps = plan.after(seconds);
    if (steps !== null) return [steps, measured];
  }
}

test('as many steps as fit into what is left, after forty quick ones or four slow ones', () => {
  const [quick, measuredQuick] = counted({}, 0.01);
  assert.is(measuredQuick, 40);
  assert.ok(Math.abs(quick - 100 / 0.0106) < 50, `${quick}`);
  const [slow, measuredSlow] = counted({}, 2);
  assert.is(measuredSlow, 4);
  assert.ok(Math.abs(slow - (4 + 100 / 2.12)) < 2, `${slow}`);
});

test('the first steps, which are slower, do not count', () => {
  const plan = new TimePlan(alone);
  let steps: number | null = null;
  for (let n = 0; steps === null; n++) steps = plan.after(n < 2 ? 0.5 : 0.02);
  assert.ok(Math.abs(plan.perStep() - 0.0212) < 1e-9);
});

test('what comes after has its share, and no more than it takes by itself', () => {
  const share = counted({ sharesAfter: 8, steps: 1e6 }, 0.01)[0];
  assert.ok(Math.abs(share - 50 / 0.0106) < 50, `half of the time: ${share}`);
  const plenty = counted({ sharesAfter: 8, steps: 1000 }, 0.01)[0];
  const rest = 1.1 * 1000 * 0.0106; // seconds that the part after it is expected to take
  assert.ok(Math.abs(plenty - (100 - rest) / 0.0106) < 50, `${plenty}`);
});

test('neither more than makes sense nor so few that nothing is learned', () => {
  assert.is(counted({ most: 300 }, 0.01)[0], 300);
  assert.equal(counted({ most: 7 }, 0.01), [7, 7], 'measured no longer than that');
  assert.is(counted({ left: () => -5 }, 0.01)[0], 40, 'those that were made');
  assert.is(counted({ left: () => 0 }, 1)[0], 20);
});

test('a stop in the middle of the measuring counts from what there is', () => {
  const plan = new TimePlan(alone);
  assert.is(plan.after(1), null);
  assert.is(plan.after(1, true), 2 + Math.floor(100 / 1.06));
  assert.is(
    describePlan('pretrain', plan, 96, 2),
    'pretrain: 1.1 s per step on this machine, so 96 steps, 1m40s from here',
  );
});

test('the schedule falls to its end over the steps that were counted', async () => {
  const rates: number[] = [];
  const plan = new TimePlan({ ...alone, left: () => 0.3, most: 60 });
  const steps = {
    async step(_: number, lr: number) {
      rates.push(lr);
      return { numbers: { loss: 1 }, gradNorm: 1, tokens: 1 };
    },
  };
  const settings = tinySettings({ warmup: 41, learningRate: 1, finalShare: 0, logEvery: 100 });
  const planned: number[] = [];
  const done = await trainingLoop(
    steps,
    settings,
    { stage: 'pretrain', startStep: 0, steps: 5, plan },
    {
      onStep: () => {},
      onPlan: (...args) => planned.push(...args),
      save: async () => {},
      shouldStop: () => false,
    },
  );
  assert.equal([done, planned], [60, [60, 40]]);
  assert.is(rates.length, 60);
  assert.ok(Math.max(...rates) === 1 && rates.at(-1)! < 0.02, `${rates.at(-1)}`);
});

test('a run of a few seconds ends in time; stopped and resumed, it keeps the steps that were counted', async () => {
  const out = join(temporaryFolder(), 'run');
  const data = writeWorld(join(temporaryFolder(), 'world'));
  const settings = worldSettings(data, {
    stages: ['tokenizer', 'pretrain'],
    minutes: 0.1,
    changes: { batchSize: 1, epochs: 1 },
  });
  const notes: string[] = [];
  const reporter = { ...silentReporter, note: (text: string) => void notes.push(text) };
  assert.is(await runAll({ out, settings, resume: false, ...stopAfter(45, reporter) }), false);
  const state = () =>
    JSON.parse(readFileSync(join(out, 'pretrain', 'trainer_state.json'), 'utf8')) as Record<string, number>;
  const { step, steps } = state();
  assert.is(step, 45);
  assert.ok(steps! > 45, `${steps}`);
  assert.ok(
    notes.some((note) => note.includes(`so ${steps!.toLocaleString('en')} steps`)),
    notes.join('\n'),
  );
  assert.is(await runAll({ out, settings, resume: true, reporter }), true);
  assert.equal([state().step, state().steps], [steps, steps]);
  assert.ok(existsSync(join(out, 'metrics.jsonl')));
});

test.run();
