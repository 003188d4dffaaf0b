/** A curve with these values at steps 1, 2, 3, ... */
import type { Point } from '../../src/report/metrics-lines.ts';

export const points = (values: readonly number[]): Point[] =>
  values.map((value, i) => ({ step: i + 1, value }));
