/**
 * Learning rate over the steps of a stage: a linear rise, then half a cosine down, or constant.
 *
 *   warm-up   lr (s + 1) / w                                           for s < w
 *   cosine    lr ( m + (1 - m) (1 + cos(pi (s - w) / (S - w))) / 2 )   for s >= w; m = the share left at the end
 *
 * The first steps are small because Adam's running means know nothing yet (Loshchilov & Hutter 2017, eq. 5, without restarts).
 */
export interface Schedule {
  readonly kind: 'cosine' | 'constant';
  readonly learningRate: number;
  /** Steps of warm-up. */
  readonly warmup: number;
  /** Steps of the whole stage. */
  readonly steps: number;
  /** Learning rate at the end, as a share of the highest. */
  readonly finalShare: number;
}

/** Learning rate of step s = 0, 1, 2, ... */
export function learningRateAt(step: number, schedule: Schedule): number {
  const { kind, learningRate, warmup, steps, finalShare } = schedule;
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  if (kind === 'constant') return learningRate;
  const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return learningRate * (finalShare + (1 - finalShare) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
