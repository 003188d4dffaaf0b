/**
 * Comparing numbers, in Node and in a page: `allClose` throws with the place and the size of the first difference, `sameNumbers`
 * where two numbers are not the same one.
 *
 * Both take time proportional to the number of elements, also when they fail: the difference that `assert.equal` prints takes the
 * square of it, which for ten thousand numbers looks like a test that hangs.
 */
export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
}

/** True if |a - b| <= absolute + relative |b|. NaN and the infinities are close to themselves alone, whatever the tolerance. */
export function isClose(a: number, b: number, { absolute = 0, relative = 0 }: Tolerance): boolean {
  if (a === b) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.isNaN(a) && Number.isNaN(b);
  return Math.abs(a - b) <= absolute + relative * Math.abs(b);
}

/** Throws unless every element is close to its counterpart. */
export function allClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute = 1e-9, relative = 1e-7 }: Tolerance = {},
  what = '',
): void {
  const tolerance = { absolute, relative };
  firstUnlike(actual, expected, what, (a, b) => isClose(a, b, tolerance));
}

/** Throws unless both hold the same numbers: NaN is the same as NaN, 0 is not the same as -0. */
export function sameNumbers(actual: ArrayLike<number>, expected: ArrayLike<number>, what = ''): void {
  firstUnlike(actual, expected, what, Object.is);
}

function firstUnlike(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  alike: (a: number, b: number) => boolean,
): void {
  const head = what === '' ? '' : `${what}: `;
  if (actual.length !== expected.length) {
    throw new Error(`${head}${actual.length} numbers instead of ${expected.length}`);
  }
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    if (alike(a, b)) continue;
    const sign = (x: number) => (Object.is(x, -0) ? '-0' : `${x}`);
    throw new Error(
      `${head}element ${i} is ${sign(a)}, expected ${sign(b)} (difference ${Math.abs(a - b).toExponential(2)})`,
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
