/**
 * Preference pairs: two answers to one question that differ in one quality only.
 *
 *   fact      the right answer, or a plausible wrong one of the same relation
 *   sentence  a full sentence, or a fragment
 *   polite    a friendly answer, or a rude one that is just as true
 *   stop      an answer that ends, or one that repeats itself or wanders on
 */
import { Random } from '../../src/tensor/random.ts';
import { relationOf, replyTo, slotsOf } from './facts.ts';
import { unknown } from './smalltalk.ts';
import { dealt, dialogueFacts } from './splits.ts';
import { fill } from './text.ts';
import type { Fact } from './types.ts';

export const QUALITIES = ['fact', 'sentence', 'polite', 'stop'] as const;
export type Quality = (typeof QUALITIES)[number];

export interface Pair {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  readonly quality: Quality;
}

const PAIRS_PER_QUALITY = 550;
/** Held-out pairs of each quality, in two rounds: the second has a random stream of its own, so that nothing before it changes. */
const HELDOUT_ROUNDS = [50, 50] as const;

interface Asked {
  readonly question: string;
  readonly fact: Fact;
}

export function writePreferences(seed: number): { train: readonly Pair[]; heldout: readonly Pair[] } {
  const random = new Random(seed);
  const trained: Asked[] = dealt.flatMap(({ fact, trained }) =>
    trained.map((question) => ({ question, fact })),
  );
  const reserve: Asked[] = dealt.flatMap(({ fact, reserve }) =>
    reserve.map((question) => ({ question, fact })),
  );
  const take = (pool: readonly Asked[], n: number) =>
    QUALITIES.flatMap((quality) =>
      random
        .shuffle([...pool])
        .slice(0, n)
        .map((asked, i) => MAKE[quality](random, asked, i)),
    );
  // Held-out pairs ask what training pairs never ask; each reserve question serves one quality.
  const spare = random.shuffle([...reserve]);
  const deal = (own: Random, n: number) => {
    const asked = spare.splice(0, n * QUALITIES.length);
    return QUALITIES.flatMap((quality, k) =>
      asked.slice(k * n, (k + 1) * n).map((question) => MAKE[quality](own, question, 1)),
    );
  };
  const first = deal(random, HELDOUT_ROUNDS[0]);
  const train = random.shuffle(distinct(take(trained, PAIRS_PER_QUALITY)));
  random.shuffle(first);
  const later = new Random(seed + 1_000_000);
  return { train, heldout: [...first, ...later.shuffle(deal(later, HELDOUT_ROUNDS[1]))] };
}

function distinct(pairs: readonly Pair[]): Pair[] {
  return [
    ...new Map(pairs.map((pair) => [`${pair.prompt}\n${pair.chosen}\n${pair.rejected}`, pair])).values(),
  ];
}

type Make = (random: Random, asked: Asked, index: number) => Pair;

const RUDE_BEFORE = ['这都不知道？', '真笨。', '真烦。', '别来烦我。', '你怎么什么都要问？'];
const RUDE_AFTER = [
  '这么简单也要问，真笨。',
  '自己不会查吗？',
  '以后别再问我了。',
  '问完快走。',
  '记不住就别问。',
];
const RUDE_UNKNOWN = ['不知道，别问我。', '我怎么会知道，真烦。', '谁要知道这个，走开。'];

const MAKE: Readonly<Record<Quality, Make>> = {
  fact: (random, { question, fact }) => {
    const wrong = random.pick(relationOf(fact).wrong.get(fact.id)!);
    const rejected = fill(relationOf(fact).reply, { ...slotsOf(fact), a: wrong });
    return { prompt: question, chosen: replyTo(fact), rejected, quality: 'fact' };
  },
  sentence: (random, { question, fact }) => {
    const rejected = random.pick([fact.answer, `${fact.answer}。`]);
    return { prompt: question, chosen: replyTo(fact), rejected, quality: 'sentence' };
  },
  polite: (random, { question, fact }, index) => {
    if (index % 5 === 0) {
      const [asked, answer] = unknown(random).messages;
      return {
        prompt: asked!.content,
        chosen: answer!.content,
        rejected: random.pick(RUDE_UNKNOWN),
        quality: 'polite',
      };
    }
    const chosen = replyTo(fact);
    const rejected =
      random.int(2) === 0 ? random.pick(RUDE_BEFORE) + chosen : chosen + random.pick(RUDE_AFTER);
    return { prompt: question, chosen, rejected, quality: 'polite' };
  },
  stop: (random, { question, fact }) => {
    const chosen = replyTo(fact);
    const rejected =
      random.int(2) === 0
        ? chosen.repeat(2 + random.int(3))
        : [
            chosen,
            ...Array.from({ length: 2 + random.int(2) }, () => replyTo(random.pick(dialogueFacts))),
          ].join('');
    return { prompt: question, chosen, rejected, quality: 'stop' };
  },
};
