/**
 * Preference pairs: two answers to one question that differ in one quality only.
 *
 *   fact      the right answer, or a plausible wrong one
 *   sentence  a full sentence, or a fragment
 *   polite    a friendly answer, or a rude one that is just as true
 *   stop      an answer that ends, or one that repeats itself or wanders on
 *
 * Most are about facts; the others ask for sums, introductions, stories, and what nobody can know.
 */
import { Random } from '../../src/tensor/random.ts';
import type { Dialogue } from './dialogues.ts';
import { relationOf, replyTo, slotsOf } from './facts.ts';
import { answerBadly } from './flaws.ts';
import { dealt } from './splits.ts';
import { type Answered, REFUSED, SPOILED_KINDS, type SpoiledKind, spoil } from './spoil.ts';
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
const PAIRS: Readonly<Record<Quality, number>> = { fact: 1500, sentence: 400, polite: 400, stop: 400 };
const HELDOUT_PAIRS = 75; // of each quality

/** Pairs of the other kinds: training, held out. */
const OTHERS: Readonly<Record<Quality, Partial<Record<SpoiledKind, readonly [number, number]>>>> = {
  fact: { sum: [240, 10], introduction: [180, 5], refusal: [120, 7], story: [50, 3] },
  sentence: { sum: [80, 13], introduction: [70, 12] },
  polite: { sum: [40, 6], introduction: [40, 6], refusal: [80, 13] },
  stop: { sum: [60, 9], introduction: [50, 8], story: [40, 8] },
};

/** What the pairs ask, and, for the answer key, what is right there. */
export interface Preferences {
  readonly train: readonly Pair[];
  readonly heldout: readonly Pair[];
  /** The questions that are not about facts. */
  readonly asked: readonly Answered[];
}

interface AskedFact {
  readonly question: string;
  readonly fact: Fact;
}

export function writePreferences(
  seed: number,
  dialogues: Readonly<Record<'train' | 'heldout', readonly Dialogue[]>>,
): Preferences {
  const random = new Random(seed);
  const questions = (of: 'trained' | 'reserve'): AskedFact[] =>
    dealt.flatMap((entry) => entry[of].map((question) => ({ question, fact: entry.fact })));
  const trained = questions('trained');
  const others = answered(dialogues.train);
  const known = new Set(others.map(({ question }) => question));
  const othersHeldOut = answered(dialogues.heldout).filter(({ question }) => !known.has(question));
  const refusals = others.flatMap(({ kind, answer }) => (kind === 'refusal' ? [answer] : []));
  const about: Pair[] = QUALITIES.flatMap((quality) =>
    random
      .shuffle([...trained])
      .slice(0, PAIRS[quality])
      .map((asked) => ofFact(random, asked, quality, refusals)),
  );
  // Held-out pairs ask what training pairs never ask; each reserve question serves one quality.
  const spare = random.shuffle(questions('reserve'));
  const aboutHeldOut = QUALITIES.flatMap((quality) =>
    spare.splice(0, HELDOUT_PAIRS).map((asked) => ofFact(random, asked, quality, refusals)),
  );
  const other = ofOthers(random, others, refusals, 0);
  const otherHeldOut = ofOthers(random, othersHeldOut, refusals, 1);
  return {
    train: random.shuffle(distinct([...about, ...other.pairs])),
    heldout: random.shuffle(distinct([...aboutHeldOut, ...otherHeldOut.pairs])),
    asked: [...new Map([...other.asked, ...otherHeldOut.asked].map((a) => [a.question, a])).values()],
  };
}

function distinct(pairs: readonly Pair[]): Pair[] {
  return [
    ...new Map(pairs.map((pair) => [`${pair.prompt}\n${pair.chosen}\n${pair.rejected}`, pair])).values(),
  ];
}

function ofFact(
  random: Random,
  { question, fact }: AskedFact,
  quality: Quality,
  refusals: readonly string[],
): Pair {
  const right = replyTo(fact);
  const wrong = () => {
    if (random.int(REFUSED) === 0) return random.pick(refusals);
    const answer = random.pick(relationOf(fact).wrong.get(fact.id)!);
    return fill(relationOf(fact).reply, { ...slotsOf(fact), a: answer });
  };
  const rejected = quality === 'fact' ? wrong() : answerBadly[quality](random, fact);
  return { prompt: question, chosen: right, rejected, quality };
}

/** Single questions of the other kinds with their answers, each question once. */
function answered(dialogues: readonly Dialogue[]): Answered[] {
  const found = dialogues.flatMap(({ kind: name, about = '', messages }): Answered[] => {
    const [asked, given, ...more] = messages.filter(({ role }) => role !== 'system');
    const kind = SPOILED_KINDS.find((kind) => kind === name);
    if (kind === undefined || more.length > 0 || !asked || !given) return [];
    const [question, answer] = [asked.content, given.content];
    if (kind !== 'sum') return [{ kind, question, answer, about }];
    const result = /=(\d+)。$/u.exec(answer)?.[1]; // a rhyme of the tables has none
    return result === undefined ? [] : [{ kind, question, answer, about: result }];
  });
  return [...new Map(found.map((asked) => [asked.question, asked])).values()];
}

function ofOthers(random: Random, all: readonly Answered[], refusals: readonly string[], place: 0 | 1) {
  const pairs: Pair[] = [];
  const asked: Answered[] = [];
  for (const quality of QUALITIES) {
    for (const kind of SPOILED_KINDS) {
      const wanted = OTHERS[quality][kind]?.[place] ?? 0;
      const peers = all.filter((one) => one.kind === kind);
      // A story that may be about anybody has no wrong hero.
      const fit = quality === 'fact' && kind === 'story' ? peers.filter(({ about }) => about !== '') : peers;
      for (const one of random.shuffle([...fit]).slice(0, wanted)) {
        asked.push(one);
        const rejected = spoil[quality](random, one, { peers, refusals });
        pairs.push({ prompt: one.question, chosen: one.answer, rejected, quality });
      }
    }
  }
  return { pairs, asked };
}
