/**
 * One in n, chosen by a hash of the text itself: what is kept for evaluation stays the same however much is added around it.
 */
export function oneIn(n: number, text: string): boolean {
  let hash = 0x811c9dc5; // FNV-1a, then a last mixing so that the low bits depend on every character
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return (hash >>> 0) % n === 0;
}
