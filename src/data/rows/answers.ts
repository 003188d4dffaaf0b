/**
 * An answer in its place: the whole conversation as ids, and where the answer begins.
 *
 *   ids           <|user|> 你 好 吗 </s> <|assistant|> 我 很 好 </s>
 *   answerStart                                       ^ 6               (an answer cut off by the limit has no `</s>` at its end)
 *
 * Answers are packed side by side into rows as wide as the longest of them: their lengths differ a lot, and filler costs as much
 * as text.
 */
export interface Answer {
  readonly ids: readonly number[];
  readonly answerStart: number;
}

export function answerLength({ ids, answerStart }: Answer): number {
  return ids.length - answerStart;
}

/** Where each answer of a batch lies. */
interface Packing {
  readonly rows: number;
  readonly width: number;
  /** Row and first column of each answer, in the order given. */
  readonly places: readonly { readonly row: number; readonly column: number }[];
}

/** Put lengths into rows of `width` (the longest by default): long ones first, each where it fits first. */
export function packLengths(lengths: readonly number[], width = Math.max(0, ...lengths)): Packing {
  const places = lengths.map(() => ({ row: 0, column: 0 }));
  const used: number[] = [];
  const order = [...lengths.keys()].sort((a, b) => lengths[b]! - lengths[a]! || a - b);
  for (const i of order) {
    let row = used.findIndex((columns) => columns + lengths[i]! <= width);
    if (row === -1) row = used.push(0) - 1;
    places[i] = { row, column: used[row]! };
    used[row]! += lengths[i]!;
  }
  return { rows: used.length, width, places };
}

/** Answers to one prompt, which is there once for all of them. */
export interface Bundle {
  readonly prompt: readonly number[];
  /** Which answers, by their place in the list. */
  readonly members: readonly number[];
  /** Tokens of the prompt and of all answers. */
  readonly length: number;
}

/** A shorter prompt is not worth sharing. */
const LEAST_SHARED = 2;

/**
 * Answers with the same prompt together, in the order in which the first of each bundle comes. A bundle is at most twice as long
 * as the longest answer with its prompt: attention looks at all pairs of tokens in a row. `cut` tokens at the end of each answer
 * are left out.
 */
export function bundle(answers: readonly Answer[], cut = 0): Bundle[] {
  const most = 2 * Math.max(0, ...answers.map(({ ids }) => ids.length));
  const bundles: { prompt: readonly number[]; members: number[]; length: number }[] = [];
  const open = new Map<string, (typeof bundles)[number]>();
  for (const [i, answer] of answers.entries()) {
    const prompt = answer.ids.slice(0, answer.answerStart);
    const length = Math.max(0, answerLength(answer) - cut);
    const key = prompt.join();
    const known = prompt.length < LEAST_SHARED ? undefined : open.get(key);
    if (known !== undefined && known.length + length <= most) {
      known.members.push(i);
      known.length += length;
      continue;
    }
    const made = { prompt, members: [i], length: prompt.length + length };
    bundles.push(made);
    open.set(key, made);
  }
  return bundles;
}
