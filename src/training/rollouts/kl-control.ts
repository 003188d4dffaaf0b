/**
 * The price of moving away from the reference: fixed, or adapted so that the divergence stays near a target.
 *
 *   coefficient <- coefficient (1 + 0.1 clip(kl / target - 1, -0.2, 0.2))           (Ziegler et al. 2019, section 2.2)
 *
 * Clipping makes it follow slowly: at most 2 % per step. The coefficient is part of the state that a resumed run continues from.
 */
const GAIN = 0.1;
const LARGEST_ERROR = 0.2;

export class KlControl {
  coefficient: number;
  private readonly target: number | null;

  constructor(coefficient: number, target: number | null) {
    this.coefficient = coefficient;
    this.target = target;
  }

  /** Tell it the divergence of the step just made, in nats per answer. */
  observe(kl: number): void {
    if (this.target === null) return;
    const error = Math.min(LARGEST_ERROR, Math.max(-LARGEST_ERROR, kl / this.target - 1));
    this.coefficient *= 1 + GAIN * error;
  }
}
