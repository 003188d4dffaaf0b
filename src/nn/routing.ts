/**
 * Routing: which experts a token goes to, and which tokens that gives each expert. Whole numbers only, so all of it happens on
 * the host.
 *
 *   chosen   the k experts with the largest scores of each token; equal scores by position; slot s is of token floor(s / k)
 *   groups   the slots sorted by expert: a stable counting sort, so that each expert meets its tokens in the order of the text
 *
 * Nothing is dropped: an expert takes every token that chose it, and the counts add up to N k. (Switch gives each expert a
 * capacity and drops what is beyond it, since its hardware wants rows of equal number; here groups may have any size.)
 * Letters: N tokens, E experts, k experts per token.
 */
export interface Groups {
  /** Slots [N k], those of expert 0 first. */
  readonly slots: Int32Array;
  /** How many of them each expert has, [E]. */
  readonly counts: readonly number[];
}

/** The k best experts of each row of scores [N, E], best first: [N k]. */
export function chooseExperts(scores: ArrayLike<number>, experts: number, k: number): Int32Array {
  const rows = scores.length / experts;
  const chosen = new Int32Array(rows * k);
  for (let row = 0; row < rows; row++) {
    const at = row * experts;
    for (let slot = 0; slot < k; slot++) {
      let best = -1;
      for (let expert = 0; expert < experts; expert++) {
        if (best >= 0 && !(scores[at + expert]! > scores[at + best]!)) continue;
        if (!isTaken(chosen, row * k, slot, expert)) best = expert;
      }
      chosen[row * k + slot] = best;
    }
  }
  return chosen;
}

/** True if one of the row's earlier slots has the expert. */
function isTaken(chosen: Int32Array, start: number, slots: number, expert: number): boolean {
  for (let slot = 0; slot < slots; slot++) if (chosen[start + slot] === expert) return true;
  return false;
}

export function groupByExpert(chosen: Int32Array, experts: number): Groups {
  const counts = new Array<number>(experts).fill(0);
  for (const expert of chosen) counts[expert]!++;
  const next = new Array<number>(experts).fill(0);
  for (let expert = 1; expert < experts; expert++) next[expert] = next[expert - 1]! + counts[expert - 1]!;
  const slots = new Int32Array(chosen.length);
  for (const [slot, expert] of chosen.entries()) slots[next[expert]!++] = slot;
  return { slots, counts };
}
