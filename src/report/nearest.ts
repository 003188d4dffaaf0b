/**
 * Learned or copied? For each drawn text the nearest passage of the training text: the longest run of characters that both have.
 *
 *   drawn      春风吹绿江南岸，明月照人还          run of 7: 春风吹绿江南岸
 *   training   …又春风吹绿江南岸，几度花开…        shared: 60 % of all runs of four characters stand somewhere in the training text
 *
 * All drawn texts become one suffix automaton (Blumer et al. 1985), which knows each of their substrings; the training text then
 * goes through it once, character by character. The state after a character is the longest end of what was read that is a
 * substring of some drawn text, and its mask says of which.
 */

/** Characters of a run whose share is counted. */
const GRAM = 4;
/** Characters shown before and after the run. */
const AROUND = 16;
/** At most this many texts: their numbers are bits of a mask. */
export const MOST_TEXTS = 30;
/** Of a larger corpus so much is looked through. */
const MOST_CHARACTERS = 20_000_000;

export interface Nearest {
  /** The longest run of characters that stands in the training text too, and what stands around it there. */
  readonly run: string;
  readonly passage: string;
  /** Share of its runs of four characters that the training text has, anywhere. */
  readonly shared: number;
}

export interface NearestResult {
  /** One for each drawn text, in order. */
  readonly nearest: readonly Nearest[];
  /** False where only the beginning of a large corpus was looked through. */
  readonly whole: boolean;
}

/** White space counts as one space: where lines end is not what is copied. */
const plain = (text: string) => text.replace(/\s+/g, ' ').trim();

export function findNearest(texts: readonly string[], documents: Iterable<string>): NearestResult {
  if (texts.length > MOST_TEXTS) throw new RangeError(`At most ${MOST_TEXTS} texts, got ${texts.length}`);
  const drawn = texts.map((text) => [...plain(text)]);
  const automaton = new SuffixAutomaton();
  for (const [i, characters] of drawn.entries()) automaton.add(characters, 1 << i);
  automaton.spreadMasks();
  const best = drawn.map(() => ({ length: 0, passage: '', run: '' }));
  const grams = new Map<string, boolean>(drawn.flatMap(gramsOf).map((gram) => [gram, false]));
  let seen = 0;
  for (const document of documents) {
    const characters = [...plain(document)];
    for (let i = GRAM; i <= characters.length; i++) {
      const gram = characters.slice(i - GRAM, i).join('');
      if (grams.has(gram)) grams.set(gram, true);
    }
    search(automaton, characters, best);
    seen += characters.length;
    if (seen > MOST_CHARACTERS) break;
  }
  const nearest = drawn.map((characters, i) => {
    const own = gramsOf(characters);
    const { run, passage } = best[i]!;
    return { run, passage, shared: own.filter((gram) => grams.get(gram)).length / Math.max(1, own.length) };
  });
  return { nearest, whole: seen <= MOST_CHARACTERS };
}

function gramsOf(characters: readonly string[]): string[] {
  return characters.slice(GRAM - 1).map((_, i) => characters.slice(i, i + GRAM).join(''));
}

/** Read a document, and keep for each text the longest run met. */
function search(
  automaton: SuffixAutomaton,
  characters: readonly string[],
  best: { length: number; passage: string; run: string }[],
): void {
  let [state, length] = [0, 0];
  let least = Math.min(...best.map((each) => each.length));
  for (const [i, character] of characters.entries()) {
    while (state !== 0 && !automaton.next[state]!.has(character)) {
      state = automaton.link[state]!;
      length = automaton.length[state]!;
    }
    const next = automaton.next[state]!.get(character);
    if (next === undefined) continue;
    state = next;
    length++;
    if (length <= least) continue;
    // The longest run ends in `state`; shorter ones that end here are those of other texts too.
    for (
      let at = state, reach = length;
      at !== 0 && reach > least;
      at = automaton.link[at]!, reach = automaton.length[at]!
    ) {
      const mask = automaton.mask[at]!;
      for (const [text, each] of best.entries()) {
        if ((mask & (1 << text)) === 0 || reach <= each.length) continue;
        each.length = reach;
        each.run = characters.slice(i + 1 - reach, i + 1).join('');
        each.passage = characters.slice(Math.max(0, i + 1 - reach - AROUND), i + 1 + AROUND).join('');
      }
    }
    least = Math.min(...best.map((each) => each.length));
  }
}

/** The states of all substrings of some texts, by their ends. */
class SuffixAutomaton {
  readonly next: Map<string, number>[] = [new Map()];
  /** The state of the longest end that stands in other places too. */
  readonly link: number[] = [-1];
  readonly length: number[] = [0];
  /** Bits of the texts that a state's substrings stand in. */
  readonly mask: number[] = [0];

  add(characters: readonly string[], bit: number): void {
    let last = 0;
    for (const character of characters) {
      last = this.extend(last, character);
      this.mask[last]! |= bit;
    }
  }

  /** What stands in a text stands there with each of its ends. */
  spreadMasks(): void {
    const longestFirst = [...this.length.keys()].sort((a, b) => this.length[b]! - this.length[a]!);
    for (const state of longestFirst) if (state !== 0) this.mask[this.link[state]!]! |= this.mask[state]!;
  }

  private extend(last: number, character: string): number {
    const known = this.next[last]!.get(character);
    if (known !== undefined) {
      // An earlier text had this too; its state serves if it means nothing longer.
      return this.length[known] === this.length[last]! + 1 ? known : this.split(last, known, character);
    }
    const state = this.state(this.length[last]! + 1, new Map(), -1);
    let at = last;
    while (at !== -1 && !this.next[at]!.has(character)) {
      this.next[at]!.set(character, state);
      at = this.link[at]!;
    }
    if (at === -1) this.link[state] = 0;
    else {
      const other = this.next[at]!.get(character)!; // the loop ended there
      this.link[state] =
        this.length[other] === this.length[at]! + 1 ? other : this.split(at, other, character);
    }
    return state;
  }

  /** A state for the shorter substrings of `other`, which are met in one more place. */
  private split(from: number, other: number, character: string): number {
    const copy = this.state(this.length[from]! + 1, new Map(this.next[other]), this.link[other]!);
    this.link[other] = copy;
    for (let at = from; at !== -1 && this.next[at]!.get(character) === other; at = this.link[at]!)
      this.next[at]!.set(character, copy);
    return copy;
  }

  private state(length: number, next: Map<string, number>, link: number): number {
    this.length.push(length);
    this.next.push(next);
    this.link.push(link);
    this.mask.push(0);
    return this.length.length - 1;
  }
}
