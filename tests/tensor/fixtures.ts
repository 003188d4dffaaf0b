/**
 * What the engine's tests share: inputs with distinct values, memory layouts, a table-driven gradient check, fake backends.
 */
import * as assert from 'uvu/assert';
import { record } from '../../src/tensor/autograd.ts';
import type { Backend } from '../../src/tensor/backend.ts';
import type { Data, HostArray } from '../../src/tensor/dtype.ts';
import {
  fromArray,
  type GradcheckOptions,
  gradcheck,
  Random,
  reference,
  type Shape,
  type Tensor,
  tensor,
  withDefaults,
} from '../../src/tensor/index.ts';
import { sizeOf } from '../../src/tensor/shape.ts';
import type { Adjoint } from '../../src/tensor/tensor.ts';

/** Run `fn` with float64 as the type of new tensors. */
export const float64 = <T>(fn: () => T): T => withDefaults({ dtype: 'float64' }, fn);

/** int32 ids. */
export const ids = (values: Parameters<typeof tensor>[0]): Tensor => tensor(values, { dtype: 'int32' });

export type Range = readonly [low: number, high: number];

/**
 * Shuffled, evenly spaced float64 values: no two equal, none within 1e-3 of zero, so that no finite difference steps over a tie
 * of max or sort or over the corner of relu.
 */
export function distinct(shape: Shape, seed = 1, [low, high]: Range = [-1.93, 2.11]): Tensor {
  const size = sizeOf(shape);
  const values = Float64Array.from({ length: size }, (_, i) => low + ((i + 0.5) * (high - low)) / size);
  for (let i = 0; i < size; i++) if (Math.abs(values[i]!) < 1e-3) values[i]! += 3e-3;
  const order = new Random(seed).shuffle([...values]);
  return fromArray(Float64Array.from(order), shape);
}

export interface Layout {
  readonly name: string;
  /** Shape of the memory for a tensor that shall look like `shape`. */
  readonly memory: (shape: Shape) => Shape;
  /** How that memory is looked at. */
  readonly view: (leaf: Tensor, shape: Shape) => Tensor;
  /** What is done to the result, so that the upstream gradient arrives in an odd layout too. */
  readonly after: (y: Tensor) => Tensor;
}

const backwards = (shape: Shape) => shape.map((_, axis) => shape.length - 1 - axis);

export const layouts: readonly Layout[] = [
  { name: 'row-major', memory: (shape) => shape, view: (leaf) => leaf, after: (y) => y },
  {
    name: 'transposed',
    memory: (shape) => [...shape].reverse(),
    view: (leaf, shape) => leaf.permute(backwards(shape)),
    after: (y) => y.permute(backwards(y.shape)),
  },
  {
    name: 'sliced',
    memory: (shape) => shape.map((length) => length + 2),
    view: (leaf, shape) => shape.reduce((t, length, axis) => t.slice(axis, 1, length + 1), leaf),
    after: (y) => (y.rank === 0 || y.shape[0]! < 2 ? y : y.slice(0, 1)),
  },
  {
    name: 'expanded',
    memory: (shape) => shape.map((length, axis) => (axis === 0 ? 1 : length)),
    view: (leaf, shape) => leaf.expand(shape),
    after: (y) => y.sum(0 < y.rank ? 0 : []), // its adjoint hands on a view with stride 0
  },
];

export interface GradientCase {
  readonly name: string;
  readonly inputs: readonly Shape[];
  readonly fn: (...inputs: Tensor[]) => Tensor;
  /** Where the values lie: one range for all inputs, or one each. */
  readonly ranges?: Range | readonly Range[];
  /** Layouts that make no sense here: `expanded` makes equal values, which max and sort must not see. */
  readonly without?: readonly string[];
  readonly options?: GradcheckOptions;
}

/** gradcheck in every layout, then with each of several inputs frozen in turn. Returns how many checks were made. */
export function checkGradient(one: GradientCase): number {
  const { name, inputs, fn, ranges, without = [], options = {} } = one;
  const range = (i: number): Range | undefined =>
    ranges === undefined || typeof ranges[0] === 'number'
      ? (ranges as Range | undefined)
      : (ranges[i] as Range);
  return float64(() => {
    let checks = 0;
    const attempt = (what: string, run: () => void) => {
      checks++;
      try {
        run();
      } catch (error) {
        throw new Error(`${name}, ${what}: ${(error as Error).message}`);
      }
    };
    for (const layout of layouts.filter((candidate) => !without.includes(candidate.name))) {
      const leaves = inputs.map((shape, i) => distinct(layout.memory(shape), i + 1, range(i)).requireGrad());
      const seen = (...all: Tensor[]) => all.map((leaf, i) => layout.view(leaf, inputs[i]!));
      attempt(layout.name, () => gradcheck((...all) => layout.after(fn(...seen(...all))), leaves, options));
    }
    if (inputs.length < 2) return checks;
    for (let frozen = 0; frozen < inputs.length; frozen++) {
      const leaves = inputs.map((shape, i) => distinct(shape, i + 1, range(i)).requireGrad(i !== frozen));
      attempt(`input ${frozen} frozen`, () => {
        gradcheck(fn, leaves, options);
        assert.is(leaves[frozen]!.grad, null, 'a frozen input got a gradient');
      });
    }
    return checks;
  });
}

/** The numbers of `y`, recorded as an op of `inputs` with adjoints written by hand: for negative controls. */
export function byHand(inputs: readonly Tensor[], y: Tensor, ...adjoints: Adjoint[]): Tensor {
  const copy = y.detach().clone();
  return record('byHand', copy.data, copy.shape, inputs, adjoints);
}

/** The reference backend without synchronous reads, as a GPU would be. */
export function deviceLike(): { backend: Backend; reads: () => number } {
  let reads = 0;
  const { readSync: _, ...rest } = reference;
  const backend: Backend = {
    ...rest,
    name: 'device',
    read: (view) => {
      reads++;
      return reference.read(view);
    },
  };
  return { backend, reads: () => reads };
}

/**
 * The reference backend with bookkeeping: every memory that a kernel returns is live until it is released. Releasing twice, or
 * using released memory in a kernel, throws, as it would destroy other tensors on a backend with its own allocator.
 */
export function counting(): { backend: Backend; live: () => number; made: () => number; most: () => number } {
  const live = new Set<Data>();
  let made = 0;
  let most = 0;
  const born = (result: unknown): unknown => {
    if (ArrayBuffer.isView(result)) {
      live.add(result as HostArray);
      made++;
      most = Math.max(most, live.size);
    } else if (result !== null && typeof result === 'object') {
      for (const part of Object.values(result)) born(part);
    }
    return result;
  };
  const isView = (value: unknown): value is { data: Data } =>
    value !== null && typeof value === 'object' && 'stride' in value && 'data' in value;
  const watched: Record<string, unknown> = { name: 'counting' };
  for (const [name, member] of Object.entries(reference)) {
    if (typeof member !== 'function' || name === 'supports') continue;
    const kernel = member as (...values: unknown[]) => unknown;
    watched[name] = (...values: unknown[]) => {
      for (const value of values) {
        if (isView(value) && !live.has(value.data)) throw new Error(`${name} was given released memory`);
      }
      const result = kernel(...values);
      return name === 'read' || name === 'readSync' ? result : born(result);
    };
  }
  watched.supports = () => true;
  watched.release = (data: Data) => {
    if (!live.delete(data)) throw new Error('memory was released twice');
  };
  return {
    backend: watched as unknown as Backend,
    live: () => live.size,
    made: () => made,
    most: () => most,
  };
}

/** Assert that `fn` throws an error whose sentence contains every one of `parts`. */
export function throwsWith(fn: () => unknown, ...parts: string[]): void {
  let message: string | undefined;
  try {
    fn();
  } catch (error) {
    message = (error as Error).message;
  }
  assert.ok(message !== undefined, `nothing was thrown, expected an error about ${parts.join(', ')}`);
  for (const part of parts) {
    assert.ok(message.includes(part), `the error should mention "${part}", it says: ${message}`);
  }
}

/** Like `throwsWith`, for a promise. */
export async function throwsLater(fn: () => Promise<unknown>, ...parts: string[]): Promise<void> {
  let message = '';
  try {
    await fn();
  } catch (error) {
    ({ message } = error as Error);
  }
  for (const part of parts) assert.ok(message.includes(part), `"${message}" does not say "${part}"`);
}
