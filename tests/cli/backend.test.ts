/** --backend gpu in the commands: which mode ran is said and written, wrong choices are refused, results equal those of wasm. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { modelGemms, timeGemms } from '../../src/cli/gemm-probe.ts';
import { preset } from '../../src/models/presets.ts';
import { canRevectorize } from '../../src/platform/v8-flags.ts';
import { reference } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { temporaryFolder } from '../data/temporary.ts';
import { writeWorld } from '../training/world.ts';
import { command, isRefused } from './spawn.ts';

const folder = temporaryFolder();
const world = writeWorld(join(folder, 'world'));
const run = join(folder, 'run');
const small = [
  '--preset',
  'pico',
  '--max-steps',
  '2',
  '--batch-size',
  '2',
  '--context',
  '16',
  '--vocab-size',
  '400',
];
const gpu = ['--backend', 'gpu', '--gpu-mode'];
const trained = await command('train', ['--data', world, '--out', run, ...small, ...gpu, 'cpu']);

test('train --backend gpu: all stages run; the mode is said once, and is in progress lines and metrics', () => {
  assert.is(trained.code, 0, trained.stderr);
  assert.is(trained.stderr.match(/^backend: gpu, mode cpu \(.*slower than --backend wasm\)$/gm)?.length, 1);
  assert.match(trained.stderr, /^pretrain 2\/2, .* tokens\/s on gpu cpu/m);
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const backends = lines.map((line) => (JSON.parse(line) as { backend: string }).backend);
  assert.equal(backends, Array(4).fill('gpu cpu'), 'two steps of two stages');
  const saved = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as Record<string, unknown>;
  assert.equal([saved.backend, saved.gpuMode], ['gpu', 'cpu']);
});

test('evaluate --logits and chat on gpu webasm: the same as on wasm', async () => {
  const model = ['--model', join(run, 'sft')];
  const logits = ['--logits', '1,300,2,77'];
  const [there, here] = [
    await command('evaluate', [...model, ...logits, ...gpu, 'webasm']),
    await command('evaluate', [...model, ...logits, '--backend', 'wasm']),
  ];
  assert.is(there.code, 0, there.stderr);
  assert.match(there.stderr, /^backend: gpu, mode webasm/m);
  const [a, b] = [there, here].map(({ stdout }) => (JSON.parse(stdout) as number[][]).flat()) as [
    number[],
    number[],
  ];
  allClose(a, b, { absolute: 1e-5, relative: 1e-5 });
  assert.ok(
    differs(
      a,
      b.map((x) => -x),
      { absolute: 1e-3 },
    ),
  ); // control: they are not all zero
  const say = ['--prompt', '你好', '--max-new-tokens', '6'];
  const [answer, same] = [
    await command('chat', [...model, ...say, ...gpu, 'webasm']),
    await command('chat', [...model, ...say, '--backend', 'wasm']),
  ];
  assert.is(answer.code, 0, answer.stderr);
  assert.is(answer.stdout, same.stdout);
});

test('modes that cannot be had, and flags that do not fit, are refused', async () => {
  const model = ['--model', join(run, 'sft'), '--prompt', 'x'];
  isRefused(await command('chat', [...model, '--gpu-mode', 'cpu']), 2, '--gpu-mode belongs to --backend gpu');
  isRefused(
    await command('chat', [...model, ...gpu, 'webgl2']),
    2,
    'no "webgl2"',
    'webgpu, headlessgl, webasm, cpu',
  );
  isRefused(
    await command('chat', [...model, ...gpu, 'cpu', '--threads', '2']),
    2,
    '--threads',
    '--backend wasm',
  );
});

test('--wide belongs to wasm; what runs is said, and stands in metrics and history', async () => {
  const model = ['--model', join(run, 'sft'), '--prompt', 'x'];
  isRefused(await command('chat', [...model, '--wide', 'yes']), 2, 'no "yes"', 'auto, on, off');
  for (const backend of ['reference', 'gpu'])
    isRefused(
      await command('chat', [...model, '--backend', backend, '--wide', 'on']),
      2,
      '--wide',
      '--backend wasm',
    );
  const out = join(folder, 'narrow');
  const flags = ['--data', world, '--out', out, '--stages', 'tokenizer,pretrain', ...small, '--wide', 'off'];
  const { code, stderr } = await command('train', flags);
  assert.is(code, 0, stderr);
  const said = /^backend: (wasm \(\w+\)), 1 thread/m.exec(stderr)?.[1];
  assert.ok(said, stderr);
  assert.not.match(stderr, /Node 24 or newer/); // nobody who asks for narrow kernels needs a wide one
  const [line] = readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n');
  const [session] = JSON.parse(readFileSync(join(out, 'history.json'), 'utf8')) as { backend: string }[];
  assert.equal([(JSON.parse(line!) as { backend: string }).backend, session?.backend], [said, said]); // a text has a first line
  assert.not.ok('wide' in (JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as object));
  const on = [...model, '--max-new-tokens', '1', '--wide', 'on'];
  for (const backend of ['auto', 'wasm']) {
    const wide = await command('chat', [...on, '--backend', backend]);
    if (canRevectorize()) assert.is(wide.code, 0, wide.stderr);
    else isRefused(wide, 2, '--wide on takes Node 24 or newer');
  }
  // The bits are the same: a run may go on in the other width.
  const more = await command('train', ['--resume', '--out', out, '--wide', 'auto']);
  assert.is(more.code, 0, more.stderr);
});

test('the probe multiplies at the sizes of the model, and sees a device that answers late', async () => {
  const shapes = modelGemms(preset('pico'), 32);
  assert.equal(shapes, [
    [32, 64, 64],
    [32, 64, 176],
    [32, 176, 64],
    [32, 64, 512],
  ]);
  const quick = await timeGemms(reference, shapes);
  const late = {
    ...reference,
    read: async (...args: Parameters<typeof reference.read>) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return reference.read(...args);
    },
  };
  assert.ok(quick > 0 && (await timeGemms(late, shapes)) > quick + 30);
});

test.run();
