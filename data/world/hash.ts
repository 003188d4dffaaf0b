/**
 * A number from a text. What is chosen by it stays the same however much is added around it: which sums are kept for evaluation,
 * how the questions about a fact are worded.
 */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5; // FNV-1a, then a last mixing so that the low bits depend on every character
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return hash >>> 0;
}

/** One in n, chosen by the text. */
export function oneIn(n: number, text: string): boolean {
  return hashOf(text) % n === 0;
}
