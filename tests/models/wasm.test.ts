/**
 * The whole model on the wasm backend, fused kernels and threads included, against PyTorch and against the composed formulas in float64.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { preset } from '../../src/models/presets.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { clipFactor, gradientNorm } from '../../src/optim/clip.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import type { WasmBackend } from '../../src/tensor/backends/wasm/index.ts';
import {
  type Backend,
  fromArray,
  fusedFor,
  Random,
  randn,
  reference,
  scope,
  withDefaults,
} from '../../src/tensor/index.ts';
import { allClose, differs, Golden } from '../close.ts';

const builds = [
  { deterministic: true, threads: 1 },
  { deterministic: true, threads: 2 },
  { deterministic: false, threads: 1 },
  { deterministic: false, threads: 2 },
];
const backends: WasmBackend[] = [];
for (const build of builds) backends.push(await startWasmBackend(build));
test.after(() => {
  for (const backend of backends) backend.stop();
});

const configOf = (arch: string) => ({ ...preset('pico', arch), vocabSize: 517, numKeyValueHeads: 2 });
const architectures = ['tinyllm', 'llama2'] as const;
const [B, T] = [3, 37]; // no multiple of anything

/** Loss and gradients of a batch with packed documents and masked targets, on one backend. */
function lossAndGradients(
  backend: Backend,
  dtype: 'float32' | 'float64',
  { documents = true, arch = 'tinyllm' } = {},
) {
  return withDefaults({ backend, dtype }, () => {
    const config = configOf(arch);
    const model = new CausalLM(config, new Random(5));
    // Gains and biases off their start values, so that each of them counts.
    for (const p of model.parameters())
      if (p.rank === 1) p.assign(p.detach().add(randn(p.shape, new Random(9), { std: 0.3 })));
    const draw = new Random(1);
    const ids = Int32Array.from({ length: B * T }, () => draw.int(config.vocabSize));
    const targetRows = Int32Array.from({ length: B * T - 5 }, (_, i) => i + 2);
    const targets = Int32Array.from(targetRows, () => draw.int(config.vocabSize));
    const rows = Array.from({ length: B }, (_, b) => Uint16Array.from({ length: T }, (_, t) => t >> (3 + b)));
    const loss = maskedCrossEntropy(model, {
      ids: fromArray(ids, [B, T]),
      options: documents ? { documents: rows } : {},
      targetRows: fromArray(targetRows, [targetRows.length]),
      targets: fromArray(targets, [targets.length]),
    });
    loss.backward();
    const gradients = [...model.namedParameters()].map(([name, p]) => [name, p.grad!.toArray()] as const);
    return { loss: loss.item(), gradients: new Map(gradients) };
  });
}

const exact = Object.fromEntries(
  architectures.map((arch) => [arch, lossAndGradients(reference, 'float64', { arch })]),
) as Record<(typeof architectures)[number], ReturnType<typeof lossAndGradients>>;

for (const backend of backends) {
  for (const arch of architectures) {
    test(`${arch}, ${backend.variant}, ${backend.threads} threads: loss and gradients equal the composed float64 ones`, () => {
      assert.ok(fusedFor(randn([2, 2], new Random(1), { backend })));
      const { loss, gradients } = lossAndGradients(backend, 'float32', { arch });
      allClose([loss], [exact[arch].loss], { absolute: 0, relative: 1e-6 });
      for (const [name, expected] of exact[arch].gradients) {
        const largest = Math.max(...Array.from(expected, Math.abs));
        allClose(gradients.get(name)!, expected, { absolute: 2e-5 * largest, relative: 0 }, name);
      }
    });
  }
}

for (const arch of architectures) {
  test(`${arch}: the same bits for 1 and 2 threads and from run to run`, () => {
    for (const [one, two] of [
      [0, 1],
      [2, 3],
    ] as const) {
      const runs = [backends[one]!, backends[two]!, backends[two]!].map((backend) =>
        lossAndGradients(backend, 'float32', { arch }),
      );
      for (const other of runs.slice(1)) assert.equal(other, runs[0]);
    }
  });
}

test('control: without the document mask the gradients are others', () => {
  const { gradients } = lossAndGradients(backends[3]!, 'float32', { documents: false });
  const name = 'model.layers.0.self_attn.k_proj.weight';
  assert.ok(
    differs(gradients.get(name)!, exact.tinyllm.gradients.get(name)!, { absolute: 1e-4, relative: 1e-2 }),
  );
});

test('20 steps of training follow PyTorch', () => {
  const golden = new Golden('trajectory');
  for (const backend of backends) {
    withDefaults({ backend }, () => {
      const model = new CausalLM(preset('pico'), new Random(1));
      model.loadState(
        new Map([...model.namedParameters().keys()].map((name) => [name, golden.tensor(`init/${name}`)])),
      );
      const optimizer = new AdamW(model, { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 });
      const ids = golden.values('ids');
      const losses: number[] = [];
      for (let step = 0; step < 20; step++) {
        const cell = (row: number, t: number) => ids[(step * 4 + row) * 33 + t]!;
        const pick = (shift: number) =>
          Int32Array.from({ length: 4 * 32 }, (_, i) => cell(i >> 5, (i & 31) + shift));
        losses.push(
          scope(() => {
            const loss = maskedCrossEntropy(model, {
              ids: fromArray(pick(0), [4, 32]),
              targetRows: fromArray(
                Int32Array.from({ length: 128 }, (_, i) => i),
                [128],
              ),
              targets: fromArray(pick(1), [128]),
            });
            loss.backward();
            optimizer.update(golden.values('lr')[step]!, clipFactor(gradientNorm(model).item(), 1));
            model.zeroGrad();
            return loss;
          }).item(),
        );
      }
      allClose(losses, golden.values('loss'), { absolute: 0, relative: 1e-4 });
    });
  }
});

test.run();
