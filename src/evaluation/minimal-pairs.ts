/**
 * Minimal pairs: in how many pairs the model finds the right sentence more likely than the wrong one. Guessing: half.
 *
 *   right if log p(good) > log p(bad)            sums over the whole sentence with its `</s>`, as in BLiMP (Warstadt et al. 2020)
 *
 * Sums, not means: the sentences differ in a word or two, and a longer one has to pay for its length. Equal is not right.
 */
import type { MinimalPair } from '../data/minimal-pairs.ts';
import type { Watch } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { scoreAnswers } from '../scoring/log-probs.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { type Estimate, wilson } from './intervals.ts';

/** `minimal-pairs` over all and `minimal-pairs-KIND` for each kind. Pairs longer than the context are left out of n. */
export async function minimalPairs(
  model: CausalLM,
  tokenizer: Tokenizer,
  pairs: readonly MinimalPair[],
  { onProgress, signal }: Watch = {},
): Promise<Record<string, Estimate>> {
  const encode = (text: string) => [tokenizer.eosId, ...tokenizer.encode(text), tokenizer.eosId];
  const encoded = pairs.map(({ kind, good, bad }) => ({ kind, good: encode(good), bad: encode(bad) }));
  const limit = model.config.maxPositionEmbeddings + 1;
  const fitting = encoded.filter(({ good, bad }) => Math.max(good.length, bad.length) <= limit);
  const scores = await scoreAnswers(
    model,
    fitting.flatMap(({ good, bad }) => [
      { ids: good, answerStart: 1 },
      { ids: bad, answerStart: 1 },
    ]),
    { onProgress: (done) => onProgress?.(Math.floor(done / 2)), signal },
  );
  const right = fitting.map((_, i) => scores[2 * i]! > scores[2 * i + 1]!);
  const share = (keep: (kind: string) => boolean) => {
    const own = right.filter((_, i) => keep(fitting[i]!.kind));
    return { ...wilson(own.filter(Boolean).length, own.length), chance: 0.5 };
  };
  const kinds = [...new Set(fitting.map(({ kind }) => kind))].sort();
  return Object.fromEntries([
    ['minimal-pairs', share(() => true)],
    ...kinds.map((kind) => [`minimal-pairs-${kind}`, share((own) => own === kind)] as const),
  ]);
}
