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
import { answerBadly, type Flaw } from './flaws.ts';
import { unknown } from './smalltalk.ts';
import { dealt } from './splits.ts';
import { fill } from './text.ts';
import type { Fact } from './types.ts';

export const QUALITIES = ['fact', 'sentence', 'polite', 'stop'] as const;
type Quality = (typeof QUALITIES)[number];

export interface Pair {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  readonly quality: Quality;
}

/** Training pairs. Facts are the hardest to judge, since knowing one does not help with the next. */
const PAIRS: Readonly<Record<Quality, number>> = { fact: 1650, sentence: 550, polite: 550, stop: 550 };
const HELDOUT_PAIRS = 100; // of each quality

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
  const train = QUALITIES.flatMap((quality) =>
    random
      .shuffle([...trained])
      .slice(0, PAIRS[quality])
      .map((asked, i) => MAKE[quality](random, asked, i)),
  );
  // Held-out pairs ask what training pairs never ask; each reserve question serves one quality.
  const spare = random.shuffle([...reserve]);
  const heldout = QUALITIES.flatMap((quality) =>
    spare.splice(0, HELDOUT_PAIRS).map((asked) => MAKE[quality](random, asked, 1)),
  );
  return { train: random.shuffle(distinct(train)), heldout: random.shuffle(heldout) };
}

function distinct(pairs: readonly Pair[]): Pair[] {
  return [
    ...new Map(pairs.map((pair) => [`${pair.prompt}\n${pair.chosen}\n${pair.rejected}`, pair])).values(),
  ];
}

type Make = (random: Random, asked: Asked, index: number) => Pair;

const RUDE_UNKNOWN = ['不知道，别问我。', '我怎么会知道，真烦。', '谁要知道这个，走开。'];

const MAKE: Readonly<Record<Quality, Make>> = {
  fact: (random, { question, fact }) => {
    const wrong = random.pick(relationOf(fact).wrong.get(fact.id)!);
    const rejected = fill(relationOf(fact).reply, { ...slotsOf(fact), a: wrong });
    return { prompt: question, chosen: replyTo(fact), rejected, quality: 'fact' };
  },
  sentence: (random, asked) => flawed(random, asked, 'sentence'),
  polite: (random, asked, index) => {
    if (index % 5 !== 0) return flawed(random, asked, 'polite');
    const [question, answer] = unknown(random).messages;
    return {
      prompt: question!.content,
      chosen: answer!.content,
      rejected: random.pick(RUDE_UNKNOWN),
      quality: 'polite',
    };
  },
  stop: (random, asked) => flawed(random, asked, 'stop'),
};

function flawed(random: Random, { question, fact }: Asked, quality: Flaw): Pair {
  return { prompt: question, chosen: replyTo(fact), rejected: answerBadly[quality](random, fact), quality };
}
