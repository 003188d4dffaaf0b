/**
 * Checkpoints: interrupted = uninterrupted to the last bit, and nothing broken ever gets into one.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from '../../src/formats/safetensors.ts';
import type { ModelConfig } from '../../src/models/config.ts';
import { fingerprintOf, readTrainerState, restoreCheckpoint } from '../../src/training/checkpoint.ts';
import type { StepMetrics } from '../../src/training/loop.ts';
import type { StageSettings } from '../../src/training/settings.ts';
import { put, refuses, refusesLater, temporaryFolder } from '../data/temporary.ts';
import { bitsOf, go, rows, type Session, save, session } from './session.ts';

const folder = temporaryFolder();

const variants: [string, Partial<StageSettings>, Partial<ModelConfig>][] = [
  ['plain', {}, {}],
  ['with accumulation', { gradAccum: 3, batchSize: 1 }, {}],
  ['with dropout', {}, { attentionDropout: 0.3 }],
  ['untied, constant rate, no clipping', { schedule: 'constant', gradClip: 0 }, { tieWordEmbeddings: false }],
];
for (const [name, settings, config] of variants) {
  test(`six steps = three steps, a checkpoint, and three more in fresh objects (${name})`, async () => {
    const whole = session(settings, config);
    await go(whole);
    const directory = join(folder, name);
    const stopped = await go(session(settings, config), { stopAfter: 3, directory });
    assert.equal([stopped.done, stopped.saved], [3, [3]]);

    const resumed = session(settings, config);
    resumed.random.uint32(); // a fresh process may have drawn otherwise until here
    const state = readTrainerState(directory)!;
    restoreCheckpoint(directory, resumed, state);
    const rest = await go(resumed, { from: state.step });
    assert.equal(
      rest.lines.map(({ step }) => step),
      [4, 5, 6],
    );
    assert.is(bitsOf(resumed), bitsOf(whole));
  });
}

test('stopped at any moment, in the middle of the held-out numbers too: the same lines and the same bits', async () => {
  const settings = { logEvery: 4, evaluateEvery: 3, saveEvery: 2 };
  const make = () => {
    const s = session(settings, { attentionDropout: 0.3 });
    return { ...s, objective: { ...s.objective, heldOut: rows.slice(0, 5) } };
  };
  const whole = make();
  const { lines } = await go(whole);
  const timeless = (some: readonly StepMetrics[]) => some.map((line) => ({ ...line, tokensPerSecond: 0 }));
  let inTheMiddle = 0;
  for (let question = 1; question <= 10; question++) {
    const directory = join(folder, `question ${question}`);
    const first = await go(make(), { stopAtQuestion: question, directory });
    const state = readTrainerState(directory)!;
    assert.is(state.step, first.done);
    if (state.unreported !== null) inTheMiddle++;
    const rest = make();
    restoreCheckpoint(directory, rest, state);
    const { pending, unreported } = state;
    const second = await go(rest, { from: state.step, pending, unreported, directory });
    assert.equal(timeless([...first.lines, ...second.lines]), timeless(lines), `question ${question}`);
    assert.is(bitsOf(rest), bitsOf(whole));
    assert.equal(readTrainerState(directory)!.unreported, null);
  }
  assert.is(inTheMiddle, 4, 'two evaluations of three batches each');
});

test('dropout acts, and its random state is what makes the two runs equal', async () => {
  const whole = session({}, { attentionDropout: 0.3 });
  await go(whole);
  const other = session({}, { attentionDropout: 0.3 });
  other.random.uint32();
  await go(other);
  assert.is.not(bitsOf(other), bitsOf(whole));
});

/** Weights that turn into NaN when the rows of `step` are asked for. */
function breakAt(s: Session, step: number): void {
  const real = s.objective.rows;
  const weights = s.model.parameters().at(-1)!.view.data as Float32Array;
  const row = (n: number) => {
    if (n === step * s.settings.batchSize) weights.fill(Number.NaN);
    return real.row(n);
  };
  Object.assign(s.objective, { rows: { row } });
}

test('NaN ends the stage with a sentence, and the checkpoint before it is intact', async () => {
  const directory = join(folder, 'nan');
  const s = session({ saveEvery: 2 });
  breakAt(s, 4);
  await refusesLater(
    () => go(s, { steps: 8, directory }),
    'pretrain',
    'loss is NaN at step 5',
    'the last checkpoint is intact',
    '--lr',
  );
  const good = session({ saveEvery: 2 });
  restoreCheckpoint(directory, good, readTrainerState(directory)!);
  const straight = session({ saveEvery: 2 });
  await go(straight, { steps: 8, stopAfter: 4 });
  assert.is(bitsOf(good), bitsOf(straight));
});

test('trainer_state.json: what it holds, none, and damaged', async () => {
  const directory = join(folder, 'state');
  assert.is(readTrainerState(directory), null);
  const s = session();
  await save(s, directory, 3, 6);
  const state = readTrainerState(directory)!;
  assert.equal([state.stage, state.step, state.steps], ['pretrain', 3, 6]);
  assert.equal(state.random, s.random.state());
  put(directory, 'trainer_state.json', '{"stage": ');
  refuses(() => readTrainerState(directory), 'trainer_state.json is not valid JSON', 'delete');
});

test('moments that do not belong to the weights are found by their checksum', async () => {
  const directory = join(folder, 'moments');
  const s = session();
  await save(s, directory, 3, 6);
  const path = join(directory, 'optimizer.safetensors');
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  put(directory, 'optimizer.safetensors', bytes);
  refuses(() => restoreCheckpoint(directory, s, readTrainerState(directory)!), path, 'SHA-256');
});

test('moments of another model are refused by name: one more, one less, another shape', async () => {
  const directory = join(folder, 'strange');
  const s = session();
  await save(s, directory, 3, 6);
  const path = join(directory, 'optimizer.safetensors');
  const { tensors } = decodeSafetensors(readFileSync(path), path);
  rmSync(join(directory, 'SHA256SUMS')); // as somebody would who knows of it
  const [first, ...others] = [...tensors];
  const values = new Float32Array(3);
  const cases: [ReadonlyMap<string, StoredTensor>, string][] = [
    [new Map([...tensors, ['score.weight.exp_avg', { shape: [3], values }]]), 'score.weight.exp_avg'],
    [new Map(others), first![0]],
    [new Map([[first![0], { shape: [3], values }], ...others]), '[3]'],
  ];
  for (const [changed, words] of cases) {
    put(directory, 'optimizer.safetensors', encodeSafetensors(changed));
    const again = () => restoreCheckpoint(directory, session(), readTrainerState(directory)!);
    refuses(again, path, 'is not of this stage', words, '--out');
  }
});

test('the fingerprint depends on every value and on the order', () => {
  const prints = [
    [1, 2, 3],
    [1, 3, 2],
    [1, 2],
    [257, 2, 3],
  ].map((ids) => fingerprintOf([Uint16Array.from(ids)]));
  assert.is(new Set(prints).size, 4);
  assert.is(fingerprintOf([Uint16Array.of(9, 1, 2, 9).subarray(1, 3)]), prints[2]);
});

test.run();
