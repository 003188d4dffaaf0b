/**
 * The conformance run for backends that can only be read asynchronously: every kernel against the reference, row by row.
 *
 * It needs no test runner and no Node module: `npm test` calls it for the modes that need no GPU, a page for the others. How
 * close a result must be depends on the arithmetic of the device:
 *
 *   double   JavaScript's, rounded to float32 when stored (gpu.js mode cpu)     as the table says, nearly always the same number
 *   single   float32, correctly rounded (mode webasm)                           the same, but sums add up rounding errors
 *   device   shaders (webgl2, webgpu, headlessgl)                               division and functions are a few units off, NaN
 *                                                                               and Infinity are not promised: left out
 */
import type { Backend } from '../../../src/tensor/backend.ts';
import type { Data, HostArray } from '../../../src/tensor/dtype.ts';
import { reference } from '../../../src/tensor/index.ts';
import { sizeOf } from '../../../src/tensor/shape.ts';
import { viewOf } from '../../../src/tensor/view.ts';
import { isClose } from '../../all-close.ts';
import { table } from './cases.ts';
import { edges } from './edges/index.ts';
import { fusedTable } from './fused-cases.ts';
import { place, type Row } from './harness.ts';

export type Arithmetic = 'double' | 'single' | 'device';

interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** Where the table's own tolerance does not hold: added to it. Matched by the beginning of the kernel's name. */
const wider: Record<Arithmetic, readonly (readonly [kernel: string, Tolerance])[]> = {
  double: [['scatterAddRows', { absolute: 1e-2, relative: 1e-5 }]], // the reference adds up to 1000 numbers in float32 here
  single: [
    ['unary erf', { absolute: 1e-7, relative: 1e-6 }],
    ['reduce sum', { absolute: 1e-3, relative: 2e-5 }],
    ['cumsum', { absolute: 1e-6, relative: 1e-6 }],
    ['sumOfSquares', { absolute: 1e-6, relative: 1e-5 }],
    ['logSoftmax', { absolute: 1e-5, relative: 1e-5 }],
    ['crossEntropy', { absolute: 1e-5, relative: 1e-5 }],
    ['softmax', { absolute: 1e-7, relative: 1e-5 }],
    ['adamw', { absolute: 1e-7, relative: 1e-6 }],
    ['attention', { absolute: 1e-5, relative: 2e-5 }],
  ],
  device: [
    ['unary erf', { absolute: 2e-6, relative: 1e-5 }],
    ['unary sin', { absolute: 1e-3, relative: 1e-4 }], // WGSL promises 2^-11
    ['unary cos', { absolute: 1e-3, relative: 1e-4 }],
    ['unary', { absolute: 1e-6, relative: 2e-5 }],
    ['binary div', { absolute: 1e-30, relative: 1e-6 }],
    ['binary pow', { absolute: 1e-5, relative: 5e-5 }],
    ['reduce sum', { absolute: 1e-3, relative: 2e-5 }],
    ['cumsum', { absolute: 1e-5, relative: 1e-6 }],
    ['scatterAddRows', { absolute: 1e-2, relative: 1e-5 }],
    ['gather and scatterAdd', { absolute: 1e-6, relative: 1e-6 }],
    ['sumOfSquares', { absolute: 1e-5, relative: 1e-5 }],
    ['matmul', { absolute: 2e-5, relative: 1e-5 }],
    ['linear', { absolute: 1e-4, relative: 5e-5 }],
    ['softmaxAdjoint', { absolute: 5e-5, relative: 5e-5 }],
    ['softmax', { absolute: 1e-6, relative: 1e-4 }],
    ['logSoftmax', { absolute: 1e-4, relative: 5e-5 }],
    ['crossEntropy', { absolute: 1e-4, relative: 5e-5 }],
    ['adamw', { absolute: 1e-5, relative: 1e-5 }],
    ['rmsNorm', { absolute: 2e-5, relative: 5e-5 }],
    ['swiglu', { absolute: 1e-5, relative: 5e-5 }],
    ['rope', { absolute: 1e-6, relative: 1e-6 }],
    ['attention', { absolute: 1e-4, relative: 1e-4 }],
  ],
};

export function toleranceOf(row: Row, arithmetic: Arithmetic): Tolerance {
  const own = row.tolerance === 'exact' ? {} : row.tolerance;
  const { absolute = 0, relative = 0 } = own;
  const found = wider[arithmetic].find(([kernel]) => row.kernel.startsWith(kernel))?.[1];
  return { absolute: absolute + (found?.absolute ?? 0), relative: relative + (found?.relative ?? 0) };
}

/** Why a row is left out on this arithmetic; null if it runs. */
export function leftOut(row: Row, arithmetic: Arithmetic): string | null {
  if (row.name.includes('float64')) return 'float64';
  if (row.forThreads === true) return 'made for several threads';
  const numbers = row.inputs.flatMap(({ values = [] }) => values);
  if (row.name === 'special numbers to int32' && arithmetic !== 'double')
    return 'whole numbers are exact up to 2^24 only';
  if (arithmetic !== 'device') return null;
  const isOdd = (x: number) => !Number.isFinite(x) || Math.abs(x) > 1e18 || (x !== 0 && Math.abs(x) < 1e-18);
  if (numbers.some(isOdd) || /Infinity/.test(row.name)) return 'NaN, Infinity or numbers near them';
  if (row.kernel.startsWith('unary') && row.name.includes('wide [-100')) return 'functions far from zero';
  if (row.kernel === 'binary div' && / and 0$/.test(row.name)) return 'division by zero';
  if (row.kernel === 'binary pow' && row.name.includes('-1 and')) return 'power of a negative number';
  return null;
}

export interface ConformanceOptions {
  readonly arithmetic: Arithmetic;
  /** Of each kernel's rows, about this many (see `chosen`); all by default. */
  readonly rowsPerKernel?: number;
  readonly select?: (row: Row) => boolean;
  /** Called after every row: to show progress, or to drop compiled kernels. */
  readonly onRow?: (row: Row, done: number, total: number) => void;
}

export interface ConformanceResult {
  /** Rows that ran, by kernel. */
  readonly kernels: ReadonlyMap<string, number>;
  readonly leftOut: ReadonlyMap<string, number>;
  /** One sentence for each row that failed. */
  readonly failures: readonly string[];
}

export const allRows: readonly Row[] = [...table, ...edges, ...fusedTable];

export async function conformance(
  backend: Backend,
  { arithmetic, rowsPerKernel = Infinity, select = () => true, onRow }: ConformanceOptions,
): Promise<ConformanceResult> {
  const kernels = new Map<string, number>();
  const out = new Map<string, number>();
  const failures: string[] = [];
  const rows = chosen(
    allRows.filter((row) => {
      const why = leftOut(row, arithmetic);
      if (why !== null) out.set(why, (out.get(why) ?? 0) + 1);
      return why === null && select(row);
    }),
    rowsPerKernel,
  );
  for (const [done, row] of rows.entries()) {
    const failure = await check(backend, row, toleranceOf(row, arithmetic));
    if (failure !== null) failures.push(`${row.kernel}: ${row.name}: ${failure}`);
    kernels.set(row.kernel, (kernels.get(row.kernel) ?? 0) + 1);
    onRow?.(row, done + 1, rows.length);
  }
  return { kernels, leftOut: out, failures };
}

/**
 * Of each kernel: its largest, its first empty, its first broadcast row, the first with most axes, and about `perKernel` spread
 * evenly over all.
 */
function chosen(rows: readonly Row[], perKernel: number): Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.kernel, [...(groups.get(row.kernel) ?? []), row]);
  return [...groups.values()].flatMap((group) => {
    if (group.length <= perKernel) return group;
    // Large ones are what other kernels (two steps, folded grids) are for: the last row of each kernel's largest size is in.
    const sizes = group.map((row) => Math.max(...row.inputs.map((input) => sizeOf(input.shape))));
    const axes = group.map((row) => Math.max(...row.inputs.map((input) => input.shape.length)));
    const step = group.length / perKernel;
    const picked = new Set(Array.from({ length: perKernel }, (_, i) => Math.floor((i + 0.5) * step)));
    picked.add(sizes.lastIndexOf(Math.max(...sizes)));
    picked.add(sizes.indexOf(0));
    picked.add(axes.indexOf(Math.max(...axes)));
    picked.add(group.findIndex(({ inputs }) => inputs.some(({ layout }) => layout === 'expanded')));
    return group.filter((_, i) => picked.has(i));
  });
}

/** What is wrong with the row's result; null if nothing. */
async function check(backend: Backend, row: Row, tolerance: Tolerance): Promise<string | null> {
  try {
    const [actual, expected] = [await compute(backend, row), await compute(reference, row)];
    return compare(actual, expected, tolerance);
  } catch (error) {
    return (error as Error).message;
  }
}

async function compute(backend: Backend, row: Row): Promise<HostArray[]> {
  const views = row.inputs.map((input, i) => place(backend, input, i + 1));
  const result = row.run(backend, ...views);
  const made = (Array.isArray(result) ? result : [result]) as readonly Data[];
  const host: HostArray[] = [];
  for (const data of made) host.push(await backend.read(viewOf(data, [data.length])));
  if (row.inPlace !== true) for (const data of made) backend.release(data);
  for (const view of views) backend.release(view.data);
  return host;
}

export function compare(
  actual: readonly HostArray[],
  expected: readonly HostArray[],
  tolerance: Tolerance,
): string | null {
  if (actual.length !== expected.length) return `${actual.length} results instead of ${expected.length}`;
  for (const [k, values] of expected.entries()) {
    const own = actual[k]!;
    if (own.constructor !== values.constructor) return `result ${k} is a ${own.constructor.name}`;
    if (own.length !== values.length)
      return `result ${k} has ${own.length} numbers instead of ${values.length}`;
    for (let i = 0; i < values.length; i++) {
      const [a, b] = [own[i]!, values[i]!];
      if (isClose(a, b, tolerance)) continue;
      return `element ${i} of result ${k} is ${a}, expected ${b} (difference ${Math.abs(a - b).toExponential(2)})`;
    }
  }
  return null;
}
