/** A training process that is killed or stopped at any moment continues to the same bits. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { put, temporaryFolder } from '../data/temporary.ts';
import { writeWorld } from '../training/world.ts';
import { command, type Finished, isRefused, start } from './spawn.ts';

const folder = temporaryFolder();
const world = writeWorld(join(folder, 'world'));
const STEPS = 60;
const flags = ['--data', world, '--preset', 'pico', '--stages', 'tokenizer,pretrain', '--vocab-size', '400'];
flags.push(
  '--context',
  '16',
  '--batch-size',
  '2',
  '--max-steps',
  String(STEPS),
  '--epochs',
  '50',
  '--save-every',
  '2',
);

const weights = (out: string) => readFileSync(join(out, 'pretrain', 'model.safetensors'));
/** Step of the last checkpoint; 0 before the first (and in the blink between two renames). */
function stepOf(out: string): number {
  try {
    return (JSON.parse(readFileSync(join(out, 'pretrain', 'trainer_state.json'), 'utf8')) as { step: number })
      .step;
  } catch {
    return 0;
  }
}

/** Start training, wait for a checkpoint of at least `step`, send the signal. */
async function interrupt(
  args: string[],
  out: string,
  step: number,
  signal: NodeJS.Signals,
): Promise<Finished> {
  const { child, finished } = start('train', [...args, '--out', out]);
  let over = false;
  void finished.then(() => {
    over = true;
  });
  while (!over && stepOf(out) < step) await new Promise((resolve) => setTimeout(resolve, 3));
  child.kill(signal);
  return finished;
}

const whole = join(folder, 'whole');
await command('train', [...flags, '--out', whole]);

test('kill -9, twice, and --resume: the bits of an uninterrupted run', async () => {
  const out = join(folder, 'killed');
  assert.is((await interrupt(flags, out, 2, 'SIGKILL')).signal, 'SIGKILL');
  const first = stepOf(out);
  assert.is((await interrupt(['--resume'], out, first + 4, 'SIGKILL')).signal, 'SIGKILL');
  const second = stepOf(out);
  assert.ok(second < STEPS, 'it was killed before its end');
  const { code, stderr } = await command('train', ['--resume', '--out', out]);
  assert.is(code, 0, stderr);
  assert.is(stepOf(out), STEPS);
  assert.ok(weights(out).equals(weights(whole)));
  for (const left of ['pretrain.next', 'pretrain.previous']) assert.not.ok(existsSync(join(out, left)));
  const logged = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const steps = logged.map((line) => (JSON.parse(line) as { step: number }).step);
  assert.equal(
    steps,
    [...new Set(steps)].sort((a, b) => a - b),
    'no step twice',
  );
  assert.is(steps.at(-1), STEPS);
});

test('Ctrl-C: a checkpoint, a hint, exit code 130; then --resume, which refuses other flags and other data', async () => {
  const out = join(folder, 'stopped');
  const { code, signal, stderr } = await interrupt(flags, out, 2, 'SIGINT');
  assert.equal([code, signal], [130, null], stderr);
  assert.match(stderr, /\nStopping after this step; a second Ctrl-C stops at once\.\n/);
  assert.ok(stderr.endsWith(`Stopped. Continue with: npx tsx src/train.ts --resume --out ${out}\n`));
  const stopped = stepOf(out);
  assert.ok(stopped >= 2 && stopped < STEPS, `stopped at step ${stopped}`);

  const corpus = readFileSync(join(world, 'pretrain.txt'), 'utf8');
  const changed = await command('train', ['--resume', '--out', out, '--batch-size', '3']);
  isRefused(changed, 2, 'was started with', 'batchSize', 'leave the flag out');
  put(world, 'pretrain.txt', `${corpus}\n\n又来了一只小猫。`);
  isRefused(
    await command('train', ['--resume', '--out', out]),
    2,
    'was made with other data in pretrain.txt',
  );
  put(world, 'pretrain.txt', corpus);

  assert.is(stepOf(out), stopped, 'nothing was lost by that');
  assert.is((await command('train', ['--resume', '--out', out])).code, 0);
  assert.ok(weights(out).equals(weights(whole)));
});

test('nobody reads what it says any more (2>&1 | head -1): it goes on, to the same bits and exit code 0', async () => {
  const out = join(folder, 'unheard');
  const { child, finished } = start('train', [...flags, '--out', out]);
  child.stderr?.once('data', () => child.stderr?.destroy());
  child.stdout?.destroy();
  const { code, signal } = await finished;
  assert.equal([code, signal], [0, null]);
  assert.ok(weights(out).equals(weights(whole)));
});

test('a damaged checkpoint is not resumed from', async () => {
  const out = join(folder, 'stopped');
  const state = join(out, 'pretrain', 'trainer_state.json');
  put(
    out,
    'pretrain/trainer_state.json',
    readFileSync(state, 'utf8').replace(`"step": ${STEPS}`, '"step": 4'),
  );
  isRefused(await command('train', ['--resume', '--out', out]), 2, 'trainer_state.json', 'SHA-256 differs');
});

test.run();
