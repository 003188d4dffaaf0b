/**
 * Comparing numbers in tests: `allClose` for arrays, with a message that says where and by how much they differ.
 */
import { readFileSync } from 'node:fs';
import { decodeSafetensors, type StoredTensor } from '../src/formats/safetensors.ts';
import { fromArray, type Tensor } from '../src/tensor/index.ts';

export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
}

/** Throws unless |a - b| <= absolute + relative |b| for every element (and no NaN stands against a number). */
export function allClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance = {},
  what = '',
): void {
  const { absolute = 1e-9, relative = 1e-7 } = tolerance;
  const head = what === '' ? '' : `${what}: `;
  if (actual.length !== expected.length) {
    throw new Error(`${head}${actual.length} numbers instead of ${expected.length}`);
  }
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    if (Object.is(a, b) || a === b || Math.abs(a - b) <= absolute + relative * Math.abs(b)) continue;
    throw new Error(
      `${head}element ${i} is ${a}, expected ${b} (difference ${Math.abs(a - b).toExponential(2)})`,
    );
  }
}

/** True if the two differ somewhere: for negative controls. */
export function differs(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance = {},
): boolean {
  try {
    allClose(actual, expected, tolerance);
    return false;
  } catch {
    return true;
  }
}

/** The tensors of tests/golden/NAME.safetensors, as numbers and as tensors. */
export class Golden {
  private readonly stored: ReadonlyMap<string, StoredTensor>;
  private readonly name: string;

  constructor(name: string) {
    this.name = name;
    const path = new URL(`golden/${name}.safetensors`, import.meta.url);
    this.stored = decodeSafetensors(readFileSync(path), path.pathname).tensors;
  }

  has(key: string): boolean {
    return this.stored.has(key);
  }

  keys(prefix = ''): string[] {
    return [...this.stored.keys()].filter((key) => key.startsWith(prefix));
  }

  entry(key: string): StoredTensor {
    const entry = this.stored.get(key);
    if (entry === undefined) throw new Error(`tests/golden/${this.name}.safetensors has no "${key}"`);
    return entry;
  }

  values(key: string): ArrayLike<number> {
    return this.entry(key).values;
  }

  number(key: string): number {
    return this.entry(key).values[0]!;
  }

  tensor(key: string): Tensor {
    const { values, shape } = this.entry(key);
    return fromArray(values.slice(), shape);
  }
}
