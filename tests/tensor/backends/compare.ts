/**
 * Holding a backend to the reference, row by row: `compare` for numbers that are there, `conforms` for any backend anywhere.
 *
 * `conforms` waits for every read, so that it also serves a device whose memory JavaScript cannot see, and a page.
 */
import type { Backend } from '../../../src/tensor/backend.ts';
import type { HostArray } from '../../../src/tensor/dtype.ts';
import { reference } from '../../../src/tensor/index.ts';
import { allClose } from '../../all-close.ts';
import { compute, computeAsync, type Row, sameBits } from './harness.ts';

/** Throws unless `actual` is `expected` within the row's tolerance; `on` says where it was computed. */
export function compare(
  row: Row,
  actual: readonly HostArray[],
  expected: readonly HostArray[],
  on: string,
): void {
  const what = `${row.kernel}: ${row.name} on ${on}`;
  if (actual.length !== expected.length)
    throw new Error(`${what}: ${actual.length} results instead of ${expected.length}`);
  for (const [i, values] of actual.entries()) {
    if (values.constructor !== expected[i]!.constructor) {
      throw new Error(`${what}: ${values.constructor.name} instead of ${expected[i]!.constructor.name}`);
    }
    if (row.tolerance !== 'exact') allClose(values, expected[i]!, row.tolerance, what);
    else if (!sameBits(values, expected[i]!)) {
      allClose(values, expected[i]!, { absolute: 0, relative: 0 }, what);
      throw new Error(`${what}: a zero has the wrong sign`);
    }
  }
}

/** A backend under test. */
export interface Candidate {
  readonly name: string;
  readonly backend: Backend;
  /** Its results must be, bit for bit, those of the candidate of this name, which comes earlier in the list. */
  readonly sameBitsAs?: string;
  /** Bytes in use, where the backend knows: the same before and after a row. */
  readonly usedBytes?: () => number;
}

/** Throws unless every candidate computes these rows as the reference does. */
export async function conforms(rows: readonly Row[], candidates: readonly Candidate[]): Promise<void> {
  for (const row of rows) {
    const expected = compute(reference, row);
    const results = new Map<string, HostArray[]>();
    for (const { name, backend, sameBitsAs, usedBytes } of candidates) {
      const before = usedBytes?.();
      const actual = await computeAsync(backend, row);
      const what = `${row.kernel}: ${row.name} on ${name}`;
      const after = usedBytes?.();
      if (after !== before) throw new Error(`${what}: ${after} bytes in use afterwards, ${before} before`);
      compare(row, actual, expected, name);
      results.set(name, actual);
      for (const [i, values] of (sameBitsAs === undefined ? [] : actual).entries()) {
        const same = results.get(sameBitsAs!)?.[i];
        if (same === undefined || !sameBits(values, same))
          throw new Error(`${what}: other bits than ${sameBitsAs}`);
      }
    }
  }
}
