/**
 * Comparing numbers, in Node and in a page: `allClose` throws with the place and the size of the first difference.
 */
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
