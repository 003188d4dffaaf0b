/**
 * Each cause speaks where it should and nowhere else: on curves of every shape, made up, beside a reference of good ones; and on
 * data of one's own, where there is none.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { diagnose } from '../../src/diagnosis/index.ts';
import type { Reference } from '../../src/diagnosis/reference.ts';
import { stages } from '../../src/training/stages/index.ts';
import {
  flat,
  GUESSING,
  good,
  type MadeRun,
  madeUpReference,
  makeUpRun,
  towards,
  withCurves,
} from './made-up-run.ts';

const reference = madeUpReference();

/** The verdict of the stage, and the causes named. */
function stageOf(
  made: MadeRun,
  name = Object.keys(made.stages)[0]!,
  given: Reference | undefined = reference,
) {
  const found = diagnose(stages, makeUpRun(made), { reference: given }).stages.find(
    (stage) => stage.name === name,
  )!;
  return { ...found, named: found.causes.map((cause) => cause.name), text: JSON.stringify(found) };
}
const own = { data: { 'novel.txt': 'e'.repeat(64) } };

test('control: a good run is normal in every stage, and one with data of its own cannot be called so', () => {
  const { stages: found, unjudged } = diagnose(stages, makeUpRun({ stages: good, seed: 9 }), { reference });
  assert.equal(
    found.map(({ name, verdict, causes }) => [name, verdict, causes.length]),
    Object.keys(good).map((name) => [name, 'normal', 0]),
  );
  assert.equal(unjudged, []);
  const other = { stages: { pretrain: { ...good.pretrain!, ...own } } };
  assert.is(stageOf(other).verdict, 'unjudged');
});

test('learning rate: too high where the loss is off as well, with and without a reference; too low; harmless', () => {
  const settings = { learningRate: 0.09 };
  const high = withCurves('pretrain', { loss: towards(GUESSING, 3) }, { settings });
  assert.equal(stageOf(high).named[0], 'learning-rate-too-high');
  assert.match(stageOf(high).text, /30.0 times the usual one/);
  const stuck = withCurves(
    'pretrain',
    { loss: flat(GUESSING), heldOutLoss: flat(GUESSING) },
    { settings, ...own },
  );
  assert.equal(stageOf(stuck).named[0], 'learning-rate-too-high');
  const rises = withCurves(
    'pretrain',
    { loss: (share) => (share < 0.01 ? GUESSING : share < 0.3 ? 2 : 5) },
    own,
  );
  assert.equal(
    stageOf(rises).named[0],
    'learning-rate-too-high',
    'it diverges at a rate that nobody changed',
  );
  const low = withCurves('pretrain', { loss: towards(GUESSING, 4) }, { settings: { learningRate: 1e-4 } });
  assert.equal(stageOf(low).named[0], 'learning-rate-too-low');
  assert.is(stageOf(withCurves('pretrain', {}, { settings: { learningRate: 0.009 } })).verdict, 'normal');
});

test('no warm-up: named with what the first steps show', () => {
  const settings = { warmup: 0 };
  const harmless = stageOf(withCurves('pretrain', {}, { settings }));
  assert.equal([harmless.verdict, harmless.named[0]], ['off', 'no-warm-up']);
  assert.match(harmless.text, /do not show that it did harm/);
  const wild = { gradNorm: (_: number, step: number) => (step < 8 ? 40 : 0.5) };
  const harmed = stageOf(withCurves('pretrain', wild, { settings }));
  assert.match(harmed.text, /longest gradient of the first ten steps 40.0, usually/);
  assert.not.match(harmed.text, /do not show/);
});

test('labels unshifted: both losses vanish; learned by heart: only that in training does', () => {
  const copied = { loss: towards(GUESSING, 0.001), heldOutLoss: towards(GUESSING, 0.001) };
  for (const rest of [{}, own])
    assert.equal(stageOf(withCurves('pretrain', copied, rest)).named[0], 'labels-unshifted');
  const byHeart = {
    loss: towards(GUESSING, 0.02),
    heldOutLoss: (share: number) => 2 + 4 * Math.abs(share - 0.3),
  };
  assert.equal(stageOf(withCurves('pretrain', byHeart, own)).named, ['held-out-gap']);
});

test('shuffled targets: the loss stays high at a usual rate; the file that differs is named', () => {
  const curves = { loss: towards(1.5, 1.3), heldOutLoss: flat(2.5) };
  const found = stageOf(
    withCurves('sft', curves, { data: { sft: 'e'.repeat(64), other: 'd'.repeat(64) } }),
    'sft',
  );
  assert.equal(found.named[0], 'targets-shuffled');
  assert.match(found.text, /sft differs from that of the reference/);
  assert.match(found.text, /answers do not belong to their questions/);
});

test('reversed pairs: by held-out accuracy, by what the reference thought of them, and a loss with the wrong sign', () => {
  const parted = { heldOutAccuracy: towards(0.5, 0.05) };
  for (const name of ['reward', 'dpo'] as const)
    for (const rest of [{}, own])
      assert.equal(stageOf(withCurves(name, parted, rest), name).named[0], 'pairs-reversed', name);
  const swapped = { chosenLogProb: towards(-20, -10), rejectedLogProb: towards(-4, -25) };
  assert.equal(stageOf(withCurves('dpo', swapped), 'dpo').named[0], 'pairs-reversed');
  const backwards = { accuracy: towards(0.5, 0.02), heldOutAccuracy: towards(0.5, 0.03) };
  assert.equal(stageOf(withCurves('reward', backwards), 'reward').named[0], 'pairs-reversed');
});

test('KL: no price, or a divergence above its band, or one that ended the run', () => {
  const free = withCurves('ppo', { kl: towards(0, 15), klCoefficient: flat(0) });
  assert.equal(stageOf(free, 'ppo').named[0], 'kl-off');
  assert.match(stageOf(free, 'ppo').text, /the KL penalty is off/);
  assert.match(stageOf(withCurves('ppo', { kl: towards(0, 15) }), 'ppo').text, /KL penalty is too low/);
  const failed = {
    ppo: 'ppo: at step 9 the divergence from the reference is 61.0 nats per answer, more than 50',
  };
  assert.equal(stageOf({ ...withCurves('ppo', {}, { done: 8, ...own }), failed }, 'ppo').named[0], 'kl-off');
});

test('the start: ln V for new weights, less than that for others, ln 2 for DPO', () => {
  const begins = (loss: number) => ({ loss: towards(loss, 1) });
  assert.equal(stageOf(withCurves('pretrain', begins(9), own)).named, ['start']);
  assert.equal(stageOf(withCurves('pretrain', begins(4.5), own)).named, ['start']);
  assert.equal(stageOf(withCurves('sft', begins(9), own), 'sft').named[0], 'start');
  assert.match(stageOf(withCurves('sft', begins(9), own), 'sft').text, /do not fit the vocabulary/);
  assert.equal(stageOf(withCurves('dpo', begins(1.2), own), 'dpo').named, ['start']);
  assert.equal(stageOf(withCurves('dpo', begins(1.2), { ...own, own: { dpoLoss: 'ipo' } }), 'dpo').named, []);
});

test('NaN, in the sentence that ended the run or as a gap in its lines; a loss that does not fall', () => {
  const failed = { pretrain: 'pretrain: the loss is NaN at step 35; the last checkpoint is intact.' };
  const ended = stageOf({ ...withCurves('pretrain', {}, { done: 30 }), failed });
  assert.equal([ended.verdict, ended.named[0]], ['off', 'not-finite']);
  const gap = { loss: (share: number) => (share > 0.5 ? Number.NaN : 3) }; // JSON.stringify writes null
  assert.equal(stageOf(withCurves('pretrain', gap)).named[0], 'not-finite');
  assert.ok(
    stageOf(withCurves('reward', { loss: flat(0.69), accuracy: flat(0.5) }, own), 'reward').named.includes(
      'not-falling',
    ),
  );
});

test('a stage made from one that is off, with other settings or other data: said, and second to what it did itself', () => {
  const off = {
    ...good.pretrain!,
    curves: { ...good.pretrain!.curves, loss: towards(GUESSING, 3) },
    settings: { learningRate: 0.09 },
  };
  const sft = { ...good.sft!, curves: { ...good.sft!.curves, loss: towards(3, 0.7) } };
  assert.equal(stageOf({ stages: { pretrain: off, sft } }, 'sft').named[0], 'stage-before');
  assert.match(stageOf({ stages: { pretrain: off, sft } }, 'sft').text, /made from pretrain, which is off/);
  const short = withCurves(
    'pretrain',
    { loss: towards(GUESSING, 2), heldOutLoss: towards(GUESSING, 2) },
    { settings: { epochs: 1 }, steps: 50 },
  );
  assert.equal(stageOf(short).named, ['other-settings']);
  assert.match(stageOf(short).text, /50 steps, usually 200/);
});

test('off for no known reason is off', () => {
  const found = stageOf(withCurves('ppo', { score: flat(-3) }), 'ppo');
  assert.equal([found.verdict, found.named], ['off', []]);
  assert.equal(
    found.deviations.map(({ name, side }) => [name, side]),
    [['score', 'below']],
  );
});

test.run();
