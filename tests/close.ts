/**
 * What numbers are compared with: the golden files, and `allClose` (in a file of its own, since a page has no files).
 */
import { readFileSync } from 'node:fs';
import { decodeSafetensors, type StoredTensor } from '../src/formats/safetensors.ts';
import { fromArray, type Tensor } from '../src/tensor/index.ts';

export { allClose, differs, isClose, sameNumbers, type Tolerance } from './all-close.ts';

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
