/**
 * Byte pair encoding in its plainest form: count all neighbouring pairs, merge the most frequent, repeat.
 *
 *   Example: learnPieces(['北京', '北京人', '北京人', '京人'], 2)  ->  ['北京', '北京人']
 *
 * There 北+京 and 京+人 both occur 3 times, and 北 is the older symbol. Once 北京 is one symbol, 北京+人 occurs twice and
 * 京+人 once.
 *
 * No piece reaches across the end of a word; the trainer cuts words where the script changes (script-classes.ts). Every merge
 * counts the whole corpus anew: megabytes would take days. bpe-trainer.ts learns the same pieces in seconds, and a test holds it
 * to this.
 */
interface PlainOptions {
  /** A pair that occurs less often is not worth a piece. */
  readonly minPairCount?: number;
  /** Longest piece, in characters. */
  readonly maxPieceLength?: number;
  /** All characters of the words, oldest first: of equally frequent pairs the one with the older symbols wins. */
  readonly characters?: readonly string[];
}

/** The pieces that training adds to the characters, in the order learned; fewer than `nPieces` where no pair is left. */
export function learnPieces(words: readonly string[], nPieces: number, options: PlainOptions = {}): string[] {
  const { minPairCount = 2, maxPieceLength = 16, characters = [...new Set(words.join(''))] } = options;
  const age = new Map(characters.map((character, i) => [character, i])); // the symbols: characters, then pieces
  const older = (a: string, b: string) => age.get(a)! - age.get(b)!; // rows hold nothing but symbols
  const rows = words.map((word) => [...word]);
  while (age.size < characters.length + nPieces) {
    const best = countPairs(rows)
      .filter(
        ({ left, right, count }) => count >= minPairCount && [...left, ...right].length <= maxPieceLength,
      )
      .sort((a, b) => b.count - a.count || older(a.left, b.left) || older(a.right, b.right))[0];
    if (best === undefined) break;
    age.set(best.left + best.right, age.size);
    for (const row of rows) merge(row, best);
  }
  return [...age.keys()].slice(characters.length);
}

interface Pair {
  readonly left: string;
  readonly right: string;
  count: number;
}

function countPairs(rows: readonly string[][]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const row of rows) {
    for (let i = 0; i + 1 < row.length; i++) {
      const [left, right] = [row[i]!, row[i + 1]!]; // i + 1 < row.length
      const pair = pairs.get(`${left} ${right}`) ?? { left, right, count: 0 };
      pair.count++;
      pairs.set(`${left} ${right}`, pair);
    }
  }
  return [...pairs.values()];
}

/** From left to right, so that "aaa" becomes "aa" and "a". */
function merge(row: string[], { left, right }: Pair): void {
  for (let i = 0; i + 1 < row.length; i++) {
    if (row[i] === left && row[i + 1] === right) row.splice(i, 2, left + right);
  }
}
