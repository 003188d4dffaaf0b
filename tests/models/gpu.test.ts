/**
 * The whole model on the gpu backend in Node (gpu.js's webasm, and cpu where it is short): gradients against the composed formulas in
 * float64, training against PyTorch and against the reference, and what a training step leaves behind (nothing).
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { preset } from '../../src/models/presets.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { clipFactor, gradientNorm } from '../../src/optim/clip.ts';
import { createGpuBackend } from '../../src/tensor/backends/gpu/index.ts';
import {
  type Backend,
  fromArray,
  fusedFor,
  Random,
  randn,
  reference,
  scope,
  type Tensor,
  withDefaults,
} from '../../src/tensor/index.ts';
import { allClose, differs, Golden } from '../close.ts';

const cpu = await createGpuBackend({ mode: 'cpu' });
const webasm = await createGpuBackend({ mode: 'webasm' });
test.after(async () => {
  await cpu.stop();
  await webasm.stop();
});

const configOf = (arch: string) => ({ ...preset('pico', arch), vocabSize: 517, numKeyValueHeads: 2 });
const architectures = ['tinyllm', 'llama2'] as const;
const [B, T] = [3, 37]; // no multiple of anything
const places = (n: number, first = 0) => Int32Array.from({ length: n }, (_, i) => i + first);

/** Loss and gradients of a batch with packed documents and masked targets, on one backend. */
async function lossAndGradients(
  backend: Backend,
  dtype: 'float32' | 'float64',
  { documents = true, arch = 'tinyllm' } = {},
) {
  const config = configOf(arch);
  const tensors = withDefaults({ backend, dtype }, () => {
    const model = new CausalLM(config, new Random(5));
    // Gains and biases off their start values, so that each of them counts.
    for (const p of model.parameters())
      if (p.rank === 1) p.assign(p.detach().add(randn(p.shape, new Random(9), { std: 0.3 })));
    const draw = new Random(1);
    const ids = Int32Array.from({ length: B * T }, () => draw.int(config.vocabSize));
    const targetRows = places(B * T - 5, 2);
    const targets = Int32Array.from(targetRows, () => draw.int(config.vocabSize));
    const rows = Array.from({ length: B }, (_, b) => Uint16Array.from({ length: T }, (_, t) => t >> (3 + b)));
    const loss = maskedCrossEntropy(model, {
      ids: fromArray(ids, [B, T]),
      options: documents ? { documents: rows } : {},
      targetRows: fromArray(targetRows, [targetRows.length]),
      targets: fromArray(targets, [targets.length]),
    });
    loss.backward();
    return { loss, model };
  });
  const gradients = new Map<string, ArrayLike<number>>();
  for (const [name, { grad }] of tensors.model.namedParameters()) gradients.set(name, await grad!.read());
  const [loss] = await tensors.loss.read();
  return { loss: loss!, gradients };
}

const exact = {
  tinyllm: await lossAndGradients(reference, 'float64'),
  llama2: await lossAndGradients(reference, 'float64', { arch: 'llama2' }),
};

for (const backend of [cpu, webasm]) {
  for (const arch of architectures) {
    test(`${arch}, mode ${backend.mode}: loss and every gradient equal the composed float64 ones`, async () => {
      assert.ok(fusedFor(randn([2, 2], new Random(1), { backend })));
      const { loss, gradients } = await lossAndGradients(backend, 'float32', { arch });
      allClose([loss], [exact[arch].loss], { absolute: 0, relative: 2e-6 });
      for (const [name, expected] of exact[arch].gradients) {
        const largest = Math.max(...Array.from(expected, Math.abs));
        allClose(gradients.get(name)!, expected, { absolute: 5e-5 * largest, relative: 0 }, name);
      }
    });
  }
}

test('control: without the document mask the gradients are others', async () => {
  const { gradients } = await lossAndGradients(webasm, 'float32', { documents: false });
  const name = 'model.layers.0.self_attn.k_proj.weight';
  assert.ok(
    differs(gradients.get(name)!, exact.tinyllm.gradients.get(name)!, { absolute: 1e-4, relative: 1e-2 }),
  );
});

interface Rows {
  readonly ids: Int32Array;
  readonly targets: Int32Array;
  readonly rows: number;
}

async function number(tensor: Tensor): Promise<number> {
  const [value] = await tensor.read();
  tensor.dispose();
  return value!;
}

/** One update as training/loop.ts makes it; returns the loss before it. */
async function update(backend: Backend, model: CausalLM, optimizer: AdamW, batch: Rows, rate: number) {
  const n = batch.ids.length;
  const run = <R>(fn: () => R) => withDefaults({ backend }, () => scope(fn));
  const loss = run(() => {
    const result = maskedCrossEntropy(model, {
      ids: fromArray(batch.ids.slice(), [batch.rows, n / batch.rows]),
      targetRows: fromArray(places(n), [n]),
      targets: fromArray(batch.targets.slice(), [n]),
    });
    result.backward();
    return result.detach();
  });
  const value = await number(loss);
  const norm = await number(run(() => gradientNorm(model)));
  run(() => optimizer.update(rate, clipFactor(norm, 1)));
  model.zeroGrad();
  return value;
}

const settings = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };

test('20 steps of training follow PyTorch', async () => {
  const golden = new Golden('trajectory');
  const model = withDefaults({ backend: webasm }, () => {
    const made = new CausalLM(preset('pico'), new Random(1));
    made.loadState(
      new Map([...made.namedParameters().keys()].map((name) => [name, golden.tensor(`init/${name}`)])),
    );
    return made;
  });
  const optimizer = new AdamW(model, settings);
  const ids = golden.values('ids');
  const losses: number[] = [];
  for (let step = 0; step < 20; step++) {
    const cell = (row: number, t: number) => ids[(step * 4 + row) * 33 + t]!;
    const pick = (shift: number) =>
      Int32Array.from({ length: 128 }, (_, i) => cell(i >> 5, (i & 31) + shift));
    const batch = { ids: pick(0), targets: pick(1), rows: 4 };
    losses.push(await update(webasm, model, optimizer, batch, golden.values('lr')[step]!));
  }
  allClose(losses, golden.values('loss'), { absolute: 0, relative: 1e-4 });
});

/** Text that repeats every 7 tokens, with noise: something to learn in 50 steps. */
function noisyBatch(step: number): Rows {
  const random = new Random(100 + step);
  const row = () => {
    const start = random.int(7);
    return Int32Array.from({ length: 17 }, (_, t) =>
      random.float() < 0.1 ? random.int(512) : (start + t) % 7,
    );
  };
  const rows = [row(), row()];
  const cut = (from: number) => Int32Array.from(rows.flatMap((ids) => [...ids.subarray(from, from + 16)]));
  return { ids: cut(0), targets: cut(1), rows: 2 };
}

async function train(
  backend: Backend,
  { rate, steps = 50, onStep = () => {} }: { rate: number; steps?: number; onStep?: () => void },
) {
  const model = withDefaults({ backend }, () => new CausalLM(preset('pico'), new Random(3)));
  const optimizer = new AdamW(model, settings);
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    losses.push(await update(backend, model, optimizer, noisyBatch(step), rate));
    onStep();
  }
  return losses;
}

test('50 pico steps follow the reference; steps after the first compile nothing and leave nothing behind', async () => {
  const expected = await train(reference, { rate: 3e-3 });
  assert.ok(expected[49]! < expected[0]! - 2, 'there is something to learn');
  const { device } = webasm;
  const seen: { compiled: number; launches: number; arrays: number; elements: number }[] = [];
  const losses = await train(webasm, {
    rate: 3e-3,
    onStep: () => {
      const { arrays, elements } = device.memory;
      seen.push({ compiled: device.compiled, launches: device.launches, arrays, elements });
    },
  });
  allClose(losses, expected, { absolute: 1e-2, relative: 0 });
  const { compiled, arrays, elements } = seen[1]!;
  for (const step of seen.slice(1)) {
    assert.equal([step.compiled, step.arrays, step.elements], [compiled, arrays, elements]);
  }
  assert.is(seen[1]!.compiled, seen[0]!.compiled, 'the second step compiled something');
  assert.ok(seen[49]!.launches - seen[48]!.launches > 200);
  // Controls: another rate is another curve, another shape is another kernel, a tensor that nobody gives back is seen.
  const other = await train(webasm, { rate: 2.5e-3, steps: 10 });
  assert.ok(differs(other, expected.slice(0, 10), { absolute: 1e-2, relative: 0 }));
  const kept = fromArray(Float32Array.of(1, 2, 3), [3], { backend: webasm })
    .exp()
    .keep();
  assert.ok(device.compiled > compiled);
  assert.ok(device.memory.arrays > arrays);
  kept.dispose();
});

test('decoding: 64 tokens share their kernels, whatever the length of the cache', async () => {
  const model = withDefaults({ backend: webasm }, () => new CausalLM(preset('pico'), new Random(3)));
  const { generate } = await import('../../src/generation/generate.ts');
  const counts: number[] = [];
  await withBackend(async () => {
    for await (const _ of generate(model, [1, 2, 3], { maxNewTokens: 12 }))
      counts.push(webasm.device.compiled);
  });
  assert.is(counts.length, 12);
  assert.equal(
    counts.slice(3),
    counts.slice(3).map(() => counts[3]),
  );
});

/** generate() makes its cache between awaits, so the default backend has to stay set. */
async function withBackend(fn: () => Promise<void>): Promise<void> {
  const { getDefaults, setDefaults } = await import('../../src/tensor/index.ts');
  const before = getDefaults();
  setDefaults({ backend: webasm });
  try {
    await fn();
  } finally {
    setDefaults(before);
  }
}

test.run();
