/**
 * Introductions: 介绍一下长江 -> what it is, and one or two things more. True sentences, each of them told elsewhere too.
 *
 * An answer begins with what the thing is and goes on with the most important of the rest, in the same order for everybody who
 * asks: something that can be learned. The text of pretraining says the same sentences in any order and choice, about everything;
 * one thing in six is introduced there alone, which shows whether the model can say of its own accord what it has read.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { oneIn } from './hash.ts';
import { isPerson, openStatementsOf, statementsOf, things } from './statements.ts';
import { type Mood, typed, typedUnseen } from './wording.ts';

/** [core, mood]; {x} is the thing. */
type Core = readonly [string, Mood];

export const REQUESTS: readonly Core[] = [
  ['介绍一下{x}', 'request'],
  ['介绍{x}', 'request'],
  ['说说{x}', 'request'],
  ['讲讲{x}', 'request'],
  ['说一说{x}', 'request'],
  ['讲一讲{x}', 'request'],
  ['聊聊{x}', 'request'],
  ['谈谈{x}', 'request'],
  ['给我介绍一下{x}', 'request'],
  ['给我讲讲{x}', 'request'],
  ['跟我说说{x}', 'request'],
  ['跟我讲讲{x}', 'request'],
  ['给大家介绍一下{x}', 'request'],
  ['简单介绍一下{x}', 'request'],
  ['简单说说{x}', 'request'],
  ['告诉我{x}的事', 'request'],
  ['说几句{x}', 'request'],
  ['你知道{x}吗', 'question'],
  ['你了解{x}吗', 'question'],
  ['你听说过{x}吗', 'question'],
  ['我想了解{x}', 'remark'],
  ['我想了解一下{x}', 'remark'],
  ['我想知道{x}的事', 'remark'],
  ['我想听你说说{x}', 'remark'],
];
export const OF_THINGS: readonly Core[] = [
  ['{x}是什么', 'question'],
  ['什么是{x}', 'question'],
];
export const OF_PEOPLE: readonly Core[] = [
  ['{x}是谁', 'question'],
  ['{x}是什么人', 'question'],
  ['谁是{x}', 'question'],
];

/** Cores that no training file uses. */
const UNSEEN: readonly string[] = [
  '帮我介绍一下{x}',
  '用几句话说说{x}',
  '讲讲{x}是怎么回事',
  '给我说说{x}吧',
  '介绍介绍{x}',
  '说说你知道的{x}',
];

const DIALOGUES = 1_200;
const HELD_OUT_DIALOGUES = 18;
const RECORDS = { introductions: 90, 'introductions-held-out': 50 } as const;
const LONGEST = 62; // characters of an answer

const isHeldOut = (thing: string) => oneIn(6, `introduction ${thing}`);
const trained = things.filter((thing) => !isHeldOut(thing));
const heldOut = things.filter(isHeldOut);

/** What a dialogue answers. */
export function introductionOf(thing: string): string {
  const [what, ...more] = openStatementsOf(thing);
  let text = what!; // a thing has at least two sentences
  for (const [i, sentence] of more.entries())
    if (i === 0 || (i === 1 && text.length + sentence.length <= LONGEST)) text += sentence;
  return text;
}

function coresOf(thing: string): readonly Core[] {
  return [...REQUESTS, ...(isPerson(thing) ? OF_PEOPLE : OF_THINGS)];
}

function ask(random: Random, thing: string, [core, mood]: Core): string {
  return typed(random, core.replace('{x}', thing), mood);
}

function introduce(question: string, thing: string): Dialogue {
  return { ...talk('introduction', question, introductionOf(thing)), about: thing };
}

/** Every trained thing in turn, each time with another core, until there are n. */
function drawn(random: Random, n: number): Dialogue[] {
  const made = new Map<string, Dialogue>();
  const orders = new Map(trained.map((thing) => [thing, shuffledCores(random, thing)]));
  for (let round = 0; made.size < n; round++) {
    for (const thing of random.shuffle([...trained])) {
      const cores = orders.get(thing)!; // every trained thing has its order
      const question = ask(random, thing, cores[round % cores.length]!);
      if (made.size < n) made.set(question, introduce(question, thing));
    }
  }
  return [...made.values()];
}

/** One request in four asks 是什么 or 是谁, as people do. */
function shuffledCores(random: Random, thing: string): Core[] {
  const short = random.shuffle([...(isPerson(thing) ? OF_PEOPLE : OF_THINGS)]);
  const all = random.shuffle([...coresOf(thing)]);
  all.splice(random.int(4), 0, short[0]!);
  return all;
}

/** A thing in two to five sentences: what it is, then others in any order; sometimes asked for by somebody, held-out things never. */
function profile(random: Random, thing: string): string {
  const [what, ...more] = statementsOf(thing);
  const some = random.shuffle([...more]).slice(0, 1 + random.int(4));
  const text = [what, ...some].join('');
  const draw = random.int(6);
  if (draw === 0) return `${thing}：${text}`;
  if (draw > 2 || isHeldOut(thing)) return text;
  const question = ask(random, thing, random.pick(coresOf(thing)));
  return draw === 1 ? `“${question}”“${introductionOf(thing)}”` : `问：${question}答：${text}`;
}

function records(random: Random, name: keyof typeof RECORDS, from: readonly string[]): object[] {
  return random
    .shuffle([...from])
    .slice(0, RECORDS[name])
    .map((thing, i) => {
      const core = UNSEEN[i % UNSEEN.length]!.replace('{x}', thing);
      const question = i % 2 === 0 ? typedUnseen(core, i) : `${core}。`;
      return { id: `${name}:${i + 1}`, subject: thing, question, statements: statementsOf(thing) };
    });
}

export const introductions: Ability = {
  name: 'introductions',
  texts: (random) => things.flatMap((thing) => Array.from({ length: 3 }, () => profile(random, thing))),
  documents: { share: 6, write: (random) => profile(random, random.pick(things)) },
  dialogues: (random) => drawn(random, DIALOGUES),
  heldOut: (random) =>
    Array.from({ length: HELD_OUT_DIALOGUES }, (_, i) => {
      const thing = trained[(i * 17) % trained.length]!;
      const core = UNSEEN[random.int(UNSEEN.length)]!.replace('{x}', thing);
      return introduce(typedUnseen(core, i), thing);
    }),
  evaluation: (random) =>
    new Map([
      ['introductions', records(random, 'introductions', trained)],
      ['introductions-held-out', records(random, 'introductions-held-out', heldOut)],
    ]),
};
