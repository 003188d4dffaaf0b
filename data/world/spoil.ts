/**
 * Good answers made worse in one quality, for the rejected side of preference pairs: sums, introductions, refusals, stories.
 * Answers about a fact have their own ways to be bad (flaws.ts, and the wrong answers of their relation).
 *
 *   fact      another result; what is true of something else; a claim where nothing can be known; a story about somebody else;
 *             or not to know what it does know: a reward model that never saw that rejected soon makes a policy that knows nothing
 *   sentence  only a part of it: the bare number, the beginning of the first sentence
 *   polite    the same with a rude word before or after
 *   stop      said again and again, or wandering on to other things
 */
import type { Random } from '../../src/tensor/random.ts';
import { replyTo } from './facts.ts';
import { RUDE_AFTER, RUDE_BEFORE } from './flaws.ts';
import { dialogueFacts } from './splits.ts';

export const SPOILED_KINDS = ['sum', 'introduction', 'refusal', 'story'] as const;
export type SpoiledKind = (typeof SPOILED_KINDS)[number];

/** A question of one of these kinds with its good answer. */
export interface Answered {
  readonly kind: SpoiledKind;
  readonly question: string;
  readonly answer: string;
  /** Result of a sum, subject of an introduction, hero of a story; '' where there is none. */
  readonly about: string;
}

/** One rejected answer in so many says that it does not know. */
export const REFUSED = 3;

interface Peers {
  /** Questions of the same kind. */
  readonly peers: readonly Answered[];
  /** What is said where nothing is known. */
  readonly refusals: readonly string[];
}

type Spoil = (random: Random, asked: Answered, beside: Peers) => string;

export const spoil: Readonly<Record<'fact' | 'sentence' | 'polite' | 'stop', Spoil>> = {
  fact(random, asked, { peers, refusals }) {
    if (asked.kind === 'refusal') return replyTo(random.pick(dialogueFacts));
    if (random.int(REFUSED) === 0) return random.pick(refusals);
    if (asked.kind === 'sum') return withOtherResult(random, asked.answer);
    const others = peers.filter(({ kind, answer }) => kind === asked.kind && !answer.includes(asked.about));
    return random.pick(others).answer;
  },
  sentence(random, { kind, answer, about }) {
    if (kind === 'sum') return random.pick([about, `${about}。`]);
    const [first] = answer.split(/[，。！？]/u);
    return first!.slice(0, Math.max(2, Math.ceil(first!.length / 2)));
  },
  polite: (random, { answer }) =>
    random.int(2) === 0 ? random.pick(RUDE_BEFORE) + answer : answer + random.pick(RUDE_AFTER),
  stop(random, { kind, answer }) {
    if (kind === 'story') return `${answer}${answer.slice(0, Math.ceil(answer.length / 2))}`;
    if (random.int(2) === 0) return answer.repeat(2 + random.int(2));
    return answer + replyTo(random.pick(dialogueFacts)) + replyTo(random.pick(dialogueFacts));
  },
};

/** The last number, in digits or characters, a little off, as a slip is: by one, by two, by ten. */
function withOtherResult(random: Random, answer: string): string {
  const number = /(\d+)(?=\D*$)/u.exec(answer);
  if (number === null) throw new Error(`The answer "${answer}" has no result in digits to get wrong`);
  const result = Number(number[0]);
  const wrong = random.pick([1, -1, 2, -2, 10, -10].map((by) => result + by).filter((n) => n >= 0));
  return answer.slice(0, number.index) + wrong + answer.slice(number.index + number[0].length);
}
