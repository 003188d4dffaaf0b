/**
 * Running one kernel on several backends: inputs described once, placed in the memory of each in the same layout, results
 * compared.
 */
import type { Backend } from '../../../src/tensor/backend.ts';
import type { Data, DType, HostArray } from '../../../src/tensor/dtype.ts';
import { Random } from '../../../src/tensor/index.ts';
import { rowMajorStrides, type Shape, sizeOf } from '../../../src/tensor/shape.ts';
import { type View, viewOf } from '../../../src/tensor/view.ts';
import type { Tolerance } from '../../all-close.ts';

/** How a tensor of some shape lies in its memory. */
export type Layout = 'row-major' | 'transposed' | 'sliced' | 'expanded' | 'every second' | 'reversed';

export interface Input {
  readonly shape: Shape;
  readonly layout?: Layout;
  readonly dtype?: DType;
  /** Evenly distributed between these. */
  readonly range?: readonly [low: number, high: number];
  /** Taken in turn instead of random values. */
  readonly values?: readonly number[];
}

export interface Row {
  /** Rows of one kernel are one test. */
  readonly kernel: string;
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly run: (backend: Backend, ...views: View[]) => Data | readonly Data[];
  /** `exact`: the same numbers, with -0 different from 0. */
  readonly tolerance: Tolerance | 'exact';
  /** The result is the memory of input 0 (written in place), which the harness owns already. */
  readonly inPlace?: boolean;
  /** Large only so that several threads share the work: nothing new where there is one. */
  readonly forThreads?: boolean;
}

/** Random numbers, drawn once: the suite needs millions. */
const random = new Random(1);
const dice = Float64Array.from({ length: 65521 }, () => random.float());

/** Memory and view of an input; the same numbers on every backend. */
export function place(backend: Backend, input: Input, seed: number): View {
  const { shape, layout = 'row-major', dtype = 'float32', range = [-2, 2], values } = input;
  const draw = (size: number): HostArray => {
    const numbers = dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
    const [low, width] = [range[0], range[1] - range[0]];
    if (values !== undefined) for (let i = 0; i < size; i++) numbers[i] = values[i % values.length]!;
    else
      for (let i = 0, at = seed * 7919; i < size; i++, at++)
        numbers[i] = low + width * dice[at % dice.length]!;
    return numbers;
  };
  const memoryOf = (memory: Shape) => backend.upload(draw(sizeOf(memory)));
  switch (layout) {
    case 'row-major':
      return viewOf(memoryOf(shape), shape);
    case 'transposed': {
      const memory = [...shape].reverse();
      return viewOf(memoryOf(memory), shape, rowMajorStrides(memory).reverse());
    }
    case 'sliced': {
      const memory = shape.map((length) => length + 2);
      const stride = rowMajorStrides(memory);
      return viewOf(
        memoryOf(memory),
        shape,
        stride,
        stride.reduce((sum, step) => sum + step, 0),
      );
    }
    case 'expanded': {
      const memory = shape.map((length, axis) => (axis === 0 ? 1 : length));
      const stride = rowMajorStrides(memory).map((step, axis) => (axis === 0 ? 0 : step));
      return viewOf(memoryOf(memory), shape, stride);
    }
    case 'every second': {
      const memory = shape.map((length, axis) => (axis === shape.length - 1 ? 2 * length : length));
      const stride = rowMajorStrides(memory);
      if (stride.length > 0) stride[stride.length - 1] = 2;
      return viewOf(memoryOf(memory), shape, stride);
    }
    case 'reversed': {
      const stride = rowMajorStrides(shape);
      const last = Math.max(0, sizeOf(shape) - 1);
      return viewOf(
        memoryOf(shape),
        shape,
        stride.map((step) => -step),
        last,
      );
    }
  }
}

/** What the row's kernel returns on this backend, on the host; everything it made is released again. */
export function compute(backend: Backend, row: Row): HostArray[] {
  const { made, release } = launch(backend, row);
  const host = made.map((view) => backend.readSync!(view));
  release();
  return host;
}

/** The same where reading has to be waited for. */
export async function computeAsync(backend: Backend, row: Row): Promise<HostArray[]> {
  const { made, release } = launch(backend, row);
  const host: HostArray[] = [];
  for (const view of made) host.push(await backend.read(view));
  release();
  return host;
}

function launch(backend: Backend, row: Row): { made: View[]; release: () => void } {
  const views = row.inputs.map((input, i) => place(backend, input, i + 1));
  const result = row.run(backend, ...views);
  const made = (Array.isArray(result) ? result : [result]) as readonly Data[];
  return {
    made: made.map((data) => viewOf(data, [data.length])),
    release() {
      if (row.inPlace !== true) for (const data of made) backend.release(data);
      for (const view of views) backend.release(view.data);
    },
  };
}

/** The same bits, NaN and -0 included. */
export function sameBits(a: HostArray, b: HostArray): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++)
    if (a[i] !== b[i] || a[i] === 0) if (!Object.is(a[i], b[i])) return false;
  return true;
}
