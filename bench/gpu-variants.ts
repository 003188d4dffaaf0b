/**
 * Two ways of gpu.js to do more in one call, against the plain kernels of the backend, on the modes without a GPU:
 *
 *   vector     a thread computes four neighbouring columns of a product and returns them as an Array(4)
 *   pipeline   createPipeline records a chain of kernels once and runs it as one plan (webasm: over one memory, with threads)
 *
 *   npx tsx bench/gpu-variants.ts          (results: docs/log.md, 2026-11-24)
 */
import { GPU } from 'gpu.js';
import '../src/tensor/backends/gpu/index.ts';
import { allKernels, type Cell, type FloatArray } from '../src/tensor/backends/gpu/kernel.ts';
import { median } from './timing.ts';

type Call = (...args: unknown[]) => unknown;
type Pipeline = ((...args: unknown[]) => Promise<unknown>) & {
  readonly executorKind: string;
  readonly fallbackReason: string | null;
};
interface Library {
  createKernel(source: string, settings: object): Call;
  createPipeline(fn: (...handles: unknown[]) => unknown, settings?: object): Pipeline;
  destroy(): Promise<void>;
}

function fourColumns(
  this: Cell<'inner' | 'aRow' | 'aColumn' | 'bRow' | 'bColumn'>,
  a: FloatArray,
  b: FloatArray,
): number[] {
  const from = this.thread.y * this.constants.aRow;
  const to = 4 * this.thread.x * this.constants.bColumn;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let k = 0; k < this.constants.inner; k++) {
    const value = a[from + k * this.constants.aColumn];
    const j = to + k * this.constants.bRow;
    s0 += value * b[j];
    s1 += value * b[j + this.constants.bColumn];
    s2 += value * b[j + 2 * this.constants.bColumn];
    s3 += value * b[j + 3 * this.constants.bColumn];
  }
  return [s0, s1, s2, s3];
}

const sourceOf = (name: string) => allKernels.find((kernel) => kernel.name === name)!.source.toString();
const numbers = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898));

function make(gpu: Library, source: string, output: number[], constants: object, takes: string[]): Call {
  const types = Object.fromEntries(Object.keys(constants).map((name) => [name, 'Integer']));
  return gpu.createKernel(source, {
    ...{ output, constants, constantTypes: types, argumentTypes: takes, pipeline: true, immutable: true },
    ...{ precision: 'single', loopMaxIterations: 1 << 30 },
  });
}

async function time(call: () => unknown): Promise<number> {
  await call();
  const times: number[] = [];
  for (let round = 0; round < 9; round++) {
    const began = performance.now();
    for (let i = 0; i < 5; i++) await call();
    times.push((performance.now() - began) / 5);
  }
  return median(times);
}

const say = (text: string) => process.stdout.write(`${text}\n`);

async function products(gpu: Library, mode: string): Promise<void> {
  for (const [M, K, N, turned] of [
    [1024, 64, 176, false],
    [1024, 64, 176, true],
    [256, 128, 512, false],
  ] as const) {
    const strides = { aRow: K, aColumn: 1, bRow: turned ? 1 : N, bColumn: turned ? K : 1 };
    const operand = ['Array', 'Integer'];
    const constants = { ...strides, fours: K / 4, rest: 0, fold: M };
    const plain = make(gpu, sourceOf('matmul'), [N, M], constants, [...operand, ...operand]);
    const vector = make(gpu, fourColumns.toString(), [N / 4, M], { ...strides, inner: K }, [
      'Array',
      'Array',
    ]);
    const [a, b] = [numbers(M * K), numbers(K * N)];
    const rate = (ms: number) => ((2 * M * K * N) / ms / 1e6).toFixed(2);
    const flat = () => {
      // What the next kernel needs: the rows of vectors as one array.
      const result = new Float32Array(M * N);
      let at = 0;
      for (const row of vector(a, b) as Float32Array[][]) {
        for (const four of row) {
          result.set(four, at);
          at += 4;
        }
      }
    };
    const [one, four] = [await time(() => plain(a, 0, b, 0)), await time(flat)];
    say(
      `${mode} ${M}x${K}x${N}${turned ? ' B transposed' : ''}: plain ${rate(one)}, vector ${rate(four)} GFLOP/s`,
    );
  }
}

/** A chain of 12 layers of product and sum, [rows, 64] each. */
async function chains(gpu: Library, mode: string): Promise<void> {
  const width = 64;
  for (const rows of [16, 256]) {
    const constants = {
      ...{ fours: width / 4, rest: 0, fold: rows },
      aRow: width,
      aColumn: 1,
      bRow: width,
      bColumn: 1,
    };
    const operand = ['Array', 'Integer'];
    const takes = [...operand, ...operand];
    const kernel = make(gpu, sourceOf('matmul'), [width, rows], constants, takes);
    const chain = (x: unknown, w: unknown) => {
      let h = x;
      for (let layer = 0; layer < 12; layer++) h = kernel(h, 0, w, 0);
      return h;
    };
    const [x, w] = [numbers(rows * width), numbers(width * width).map((v) => v / 8)];
    // The host modes return rows; the backend makes them one array for the next kernel, and so does this.
    const plain = () => {
      let h = x;
      for (let layer = 0; layer < 12; layer++) {
        const result = kernel(h, 0, w, 0) as Float32Array[];
        h = new Float32Array(rows * width);
        for (const [i, row] of result.entries()) h.set(row, i * width);
      }
    };
    const ms = await time(plain);
    for (const threads of mode === 'webasm' ? [false, true] : [false]) {
      const pipeline = gpu.createPipeline(chain, { threads });
      try {
        const planned = await time(() => pipeline(x, w));
        const how = `${pipeline.executorKind}${pipeline.fallbackReason === null ? '' : ` (${pipeline.fallbackReason})`}`;
        say(
          `${mode} chain of 12, ${rows} rows: plain ${ms.toFixed(2)} ms, pipeline ${planned.toFixed(2)} ms, ${how}`,
        );
      } catch (error) {
        say(
          `${mode} chain of 12, ${rows} rows: plain ${ms.toFixed(2)} ms, pipeline: ${(error as Error).message}`,
        );
      }
    }
  }
}

for (const mode of ['cpu', 'webasm'] as const) {
  const gpu = new GPU({ mode: mode as 'cpu' }) as unknown as Library;
  await products(gpu, mode);
  await chains(gpu, mode);
  await gpu.destroy();
}
process.exit(0); // worker threads of a plan outlive it
