/**
 * Learning rate over the steps of a stage: a linear rise, then half a cosine down, or constant, or constant with a cooldown.
 *
 *   warm-up    lr (s + 1) / w                                           for s < w
 *   cosine     lr ( m + (1 - m) (1 + cos(pi (s - w) / (S - w))) / 2 )   for s >= w; m = the share left at the end
 *   cooldown   lr                                                       until a share c of the steps is left, then in a
 *              lr ( m + (1 - m) (S - s) / (c S) )                       straight line down
 *
 * The first steps are small because Adam's running means know nothing yet (Loshchilov & Hutter 2017, eq. 5, without restarts). A
 * cooldown does as well as a cosine, and what precedes it does not depend on where the training will end (Hägele et al. 2024,
 * "Scaling laws and compute-optimal training beyond fixed training durations").
 */
export interface Schedule {
  readonly kind: 'cosine' | 'constant' | 'cooldown';
  readonly learningRate: number;
  /** Steps of warm-up. */
  readonly warmup: number;
  /** Steps of the whole stage. */
  readonly steps: number;
  /** Learning rate at the end, as a share of the highest. */
  readonly finalShare: number;
  /** Share of all steps in which a cooldown falls. */
  readonly cooldown: number;
}

/** Learning rate of step s = 0, 1, 2, ... */
export function learningRateAt(step: number, schedule: Schedule): number {
  const { kind, learningRate, warmup, steps, finalShare, cooldown } = schedule;
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  if (kind === 'constant') return learningRate;
  if (kind === 'cooldown') {
    const falling = Math.min(cooldown * steps, steps - warmup); // it does not begin before the warm-up has ended
    const left = falling > 0 ? Math.min(1, (steps - step) / falling) : 1;
    return learningRate * (finalShare + (1 - finalShare) * left);
  }
  const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return learningRate * (finalShare + (1 - finalShare) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
