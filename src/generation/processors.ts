/**
 * Logits processors: reshape the scores of the next token before one is chosen. Each works in place on one row of V logits.
 *
 *   repetition penalty r   seen tokens: l / r if l > 0, l r otherwise                      (Keskar et al. 2019)
 *   temperature t          l / t: below 1 sharper, above 1 flatter
 *   top-k                  all but the k largest become -Infinity
 *   top-p                  keep the smallest set of most likely tokens whose probabilities reach p   (Holtzman et al. 2020)
 *
 * They are applied in this order. A token that was removed stays removed: its probability is exactly 0.
 */
export type Logits = Float32Array | Float64Array;

export function penalizeRepetition(logits: Logits, seen: Iterable<number>, penalty: number): void {
  for (const id of new Set(seen)) {
    const score = logits[id]!;
    logits[id] = score > 0 ? score / penalty : score * penalty;
  }
}

export function applyTemperature(logits: Logits, temperature: number): void {
  for (let i = 0; i < logits.length; i++) logits[i] = logits[i]! / temperature;
}

/** Equal scores at the border stay in, so more than k tokens can remain. */
export function keepTopK(logits: Logits, k: number): void {
  if (k <= 0 || k >= logits.length) return;
  const border = logits.slice().sort()[logits.length - k]!;
  for (let i = 0; i < logits.length; i++) if (logits[i]! < border) logits[i] = -Infinity;
}

/** At least one token always stays. */
export function keepTopP(logits: Logits, p: number): void {
  if (p >= 1) return;
  const probabilities = softmax(logits);
  const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  let before = 0; // probability of everything more likely than this token
  for (const id of order) {
    if (before >= p && before > 0) logits[id] = -Infinity;
    before += probabilities[id]!;
  }
}

/** Probabilities of one row of logits. */
export function softmax(logits: Logits): Float64Array {
  let max = -Infinity;
  for (const logit of logits) max = Math.max(max, logit);
  const result = Float64Array.from(logits, (logit) => Math.exp(logit - max));
  const sum = result.reduce((total, e) => total + e, 0);
  return result.map((e) => e / sum);
}
