/**
 * What a run's text (corpus/text.bin) says by itself: how well one could guess without reading, and how much of it is said twice.
 *
 *   unigram entropy   H = - sum over tokens p log p, the loss of who knows how often each token comes and nothing else
 *   repeated          share of windows of 48 tokens that stood in the text before: what is read again is learned by heart
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TokenFile } from '../data/bytes/token-file.ts';

export interface TextStatistics {
  readonly tokens: number;
  readonly unigramEntropy: number;
  readonly repeated: number;
}

/** Tokens read at most. */
const ENOUGH = 1 << 19;
const WINDOW = 48;

/** Null where the run holds no tokenized text. */
export function textStatistics(run: string): TextStatistics | null {
  const path = join(run, 'corpus', 'text.bin');
  if (!existsSync(path)) return null;
  const file = new TokenFile(path);
  try {
    const tokens = file.read(0, Math.min(file.length, ENOUGH));
    return { tokens: file.length, unigramEntropy: entropyOf(tokens), repeated: repeatedShare(tokens) };
  } finally {
    file.close();
  }
}

export function entropyOf(tokens: Uint16Array): number {
  const counts = new Map<number, number>();
  for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
  return -[...counts.values()].reduce((sum, count) => {
    const p = count / tokens.length;
    return sum + p * Math.log(p);
  }, 0);
}

/** Windows begin at every token; a rolling hash knows them again. */
export function repeatedShare(tokens: Uint16Array, window = WINDOW): number {
  const count = tokens.length - window + 1;
  if (count < 1) return 0;
  const [base, modulus] = [65_599, 2_147_483_647];
  // a b mod m in doubles: b in two halves, so that no product reaches 2^53
  const product = (a: number, b: number) => {
    const high = (a * (b >>> 16)) % modulus;
    return (high * 65_536 + a * (b & 0xffff)) % modulus;
  };
  let leaving = 1; // base^(window - 1): what the oldest token of a window counts
  for (let i = 1; i < window; i++) leaving = product(leaving, base);
  const seen = new Set<number>();
  let hash = 0;
  let repeated = 0;
  for (let i = 0; i < tokens.length; i++) {
    if (i >= window) hash = (hash + modulus - product(leaving, tokens[i - window]! + 1)) % modulus;
    hash = (product(hash, base) + tokens[i]! + 1) % modulus;
    if (i < window - 1) continue;
    if (seen.has(hash)) repeated++;
    else seen.add(hash);
  }
  return repeated / count;
}
