/**
 * npm run bench [-- --json] [-- --only gemm|train|generate]: how fast, in medians of several runs, with ratios taken in one process.
 *
 *   gemm       the reference backend's blocked product against the textbook loop, in GFLOP/s
 *   train      tokens per second of a whole training step (forward, backward, clipping, AdamW)
 *   generate   tokens per second of greedy decoding with a KV cache
 */
import { runCommand } from '../src/cli/command.ts';
import type { FlagTable } from '../src/cli/flags.ts';
import { generate } from '../src/generation/generate.ts';
import { maskedCrossEntropy } from '../src/losses/sft.ts';
import { CausalLM } from '../src/models/causal-lm.ts';
import { preset } from '../src/models/presets.ts';
import { AdamW } from '../src/optim/adamw.ts';
import { clipFactor, gradientNorm } from '../src/optim/clip.ts';
import { fromArray, Random, randn, scope } from '../src/tensor/index.ts';
import { median, milliseconds } from './timing.ts';

export interface Measurement {
  readonly group: string;
  readonly name: string;
  readonly backend: string;
  readonly threads: number;
  readonly value: number;
  readonly unit: string;
  /** Against what stands in `against`, both measured alternately in this run. */
  readonly ratio?: number;
  readonly against?: string;
}

const base = { backend: 'reference', threads: 1 } as const;

/** The loop everybody writes first: i, k, j over row-major arrays. */
function textbookMatmul(
  a: Float32Array,
  b: Float32Array,
  [m, k, n]: readonly [number, number, number],
): Float32Array {
  const c = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const factor = a[i * k + l]!;
      for (let j = 0; j < n; j++) c[i * n + j]! += factor * b[l * n + j]!;
    }
  }
  return c;
}

function* gemm(): Generator<Measurement> {
  const shapes = [
    [64, 64, 64],
    [256, 256, 256],
    [1024, 64, 176],
    [1024, 64, 2048],
    [1024, 128, 344],
  ] as const;
  const random = new Random(1);
  for (const shape of shapes) {
    const [m, k, n] = shape;
    const [a, b] = [randn([m, k], random), randn([k, n], random)];
    const [left, right] = [a.toArray() as Float32Array, b.toArray() as Float32Array];
    const times = milliseconds(9, [() => a.matmul(b), () => textbookMatmul(left, right, shape)]);
    const gflops = times.map((ms) => (2 * m * k * n) / ms / 1e6);
    const name = `${m}x${k}x${n}`;
    yield {
      group: 'gemm',
      name,
      ...base,
      value: gflops[0]!,
      unit: 'GFLOP/s',
      ratio: gflops[0]! / gflops[1]!,
      against: 'textbook loop',
    };
  }
}

function* train(): Generator<Measurement> {
  for (const [name, rows] of [
    ['pico', 16],
    ['pico-2k', 8],
    ['nano', 8],
  ] as const) {
    const config = preset(name);
    const T = config.maxPositionEmbeddings;
    const model = new CausalLM(config, new Random(1));
    const optimizer = new AdamW(model, { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 });
    const random = new Random(2);
    const draw = (n: number) =>
      fromArray(
        Int32Array.from({ length: n }, () => random.int(config.vocabSize)),
        [n],
      );
    const step = () =>
      scope(() => {
        const ids = draw(rows * T).reshape([rows, T]);
        const targetRows = fromArray(
          Int32Array.from({ length: rows * T }, (_, i) => i),
          [rows * T],
        );
        maskedCrossEntropy(model, { ids, targetRows, targets: draw(rows * T) }).backward();
        optimizer.update(1e-3, clipFactor(gradientNorm(model).item(), 1));
        model.zeroGrad();
      });
    const [ms] = milliseconds(5, [step]);
    yield { group: 'train', name, ...base, value: (rows * T * 1000) / ms!, unit: 'tokens/s' };
  }
}

async function* decode(): AsyncGenerator<Measurement> {
  for (const name of ['pico', 'pico-2k', 'nano']) {
    const config = preset(name);
    const model = new CausalLM(config, new Random(1)).eval();
    const speeds: number[] = [];
    for (let run = 0; run < 4; run++) {
      const began = performance.now();
      let tokens = 0;
      for await (const _ of generate(model, [1, 2, 3, 4], { maxNewTokens: config.maxPositionEmbeddings - 4 }))
        tokens++;
      if (run > 0) speeds.push((tokens * 1000) / (performance.now() - began));
    }
    yield { group: 'generate', name, ...base, value: median(speeds), unit: 'tokens/s' };
  }
}

function formatLine({ group, name, value, unit, ratio, against }: Measurement): string {
  const comparison = ratio === undefined ? '' : `   ${ratio.toFixed(2)} x ${against}`;
  return `${group.padEnd(9)} ${name.padEnd(14)} ${value.toFixed(value < 100 ? 2 : 0).padStart(9)} ${unit}${comparison}\n`;
}

const groups = { gemm, train, generate: decode };

const flags = {
  json: { type: 'boolean', help: 'one JSON object a line' },
  only: {
    type: 'list',
    value: 'A,B',
    choices: Object.keys(groups),
    help: `groups: ${Object.keys(groups).join(', ')}`,
    default: 'all',
  },
} as const satisfies FlagTable;

await runCommand({
  usage: 'npm run bench -- [flags]    measure the speed of this machine',
  flags,
  async run(values) {
    for (const [name, measure] of Object.entries(groups)) {
      if (values.only !== undefined && !values.only.includes(name)) continue;
      for await (const result of measure()) {
        process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : formatLine(result));
      }
    }
    return 0;
  },
});
