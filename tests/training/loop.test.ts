/**
 * The loop: what is logged, evaluated and saved when; a stop is noticed and saved; signals get their turn.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { allClose } from '../close.ts';
import { go, rows, session } from './session.ts';

test('what is logged, evaluated and saved when; the rate follows the schedule; the loss is a mean since the last line', async () => {
  const s = session({ logEvery: 3, saveEvery: 2, evaluateEvery: 4, warmup: 2 });
  const objective = { ...s.objective, heldOut: rows.slice(0, 3) };
  const { lines, logged, saved } = await go({ ...s, objective }, { steps: 17 });
  assert.equal(saved, [2, 4, 6, 8, 10, 12, 14, 16, 17]);
  // The first ten all are, and those where something is held out.
  assert.equal(logged, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 17]);
  assert.equal(
    lines.filter(({ heldOutLoss: loss }) => loss !== undefined).map(({ step }) => step),
    [4, 8, 12, 16, 17],
  );
  allClose(
    lines.slice(0, 3).map(({ lr }) => lr),
    [0.005, 0.01, 0.01],
  );
  assert.ok(lines.at(-1)!.lr < 0.003 && lines.at(-1)!.lr > 0.001);
  const each = await go(session({ logEvery: 1 }), { steps: 17 });
  const mean = (each.lines[12]!.loss + each.lines[13]!.loss + each.lines[14]!.loss) / 3;
  // Same data and model; only the held-out rows and the spacing of the lines differ.
  allClose([lines[14]!.loss], [mean], { relative: 1e-6 });
});

test('a stop is noticed after the step, and saved; at the end there is nothing left to do', async () => {
  const { done, saved } = await go(session(), { stopAfter: 2 });
  assert.equal([done, saved], [2, [2]]);
  const late = await go(session(), { from: 6, steps: 6 });
  assert.equal([late.done, late.lines.length, late.saved], [6, 0, []]);
});

test('signals and timers get their turn while training runs', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await go(session(), { steps: 20 });
  clearInterval(timer);
  assert.ok(turns >= 3, `${turns} turns of the event loop in 20 steps`);
});

test.run();
