/**
 * Introductions: 介绍一下长江 -> what it is, and one or two things more. True sentences, each of them told elsewhere too.
 *
 * An answer says what the thing is and then its most important fact (a note where it has none): the same for everybody who asks,
 * which can be learned, and of the same shape for things of the same kind. A third sentence is not worth its price: after a fact the
 * small model likes to say it again, as careless answers do. What varies is how one asks. The text of pretraining says the same
 * sentences in other choice and order too, about everything; one thing in eight is introduced there alone, which shows whether the
 * model can say of its own accord what it has read.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { oneIn } from './hash.ts';
import {
  asksForThing,
  type Core,
  MORE_FRAMES,
  requestsFor,
  UNSEEN_REQUESTS,
} from './introduction-requests.ts';
import { isPerson, openPortraitOf, portraitOf, type Statement, statementsOf, things } from './statements.ts';
import { tellsHiddenFact, typed, typedUnseen } from './wording.ts';

const DIALOGUES = 1_300;
const HELD_OUT_DIALOGUES = 18;
const RECORDS = { introductions: 90, 'introductions-held-out': 60 } as const;

const isHeldOut = (thing: string) => oneIn(8, `introduction ${thing}`);
const trained = things.filter((thing) => !isHeldOut(thing));
const heldOut = things.filter(isHeldOut);

/** What a dialogue answers: what it is, and its first fact; a note where no fact adds anything. */
export function introductionOf(thing: string): string {
  const [what, ...more] = openPortraitOf(thing); // a thing has at least two statements
  const fits = more.filter((said) => isNew(what!, said) && !tellsHiddenFact(what!.text + said.text));
  const next = fits.find(({ isNote }) => !isNote) ?? fits[0] ?? more[0];
  return what!.text + next!.text;
}

/** It says something that has not been said, also not in other words. */
function isNew(told: Statement, said: Statement): boolean {
  const isSame = told.text.includes(said.adds) || said.text.includes(told.adds);
  return !isSame && overlap(told.text, said.text) <= 0.7;
}

/** How much of the shorter text stands in the other, leaving out how both begin. */
function overlap(a: string, b: string): number {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  const [shorter, longer] = [a.slice(start, -1), b.slice(start, -1)].sort((x, y) => x.length - y.length);
  const found = [...shorter!].filter((c) => longer!.includes(c)).length; // two were sorted
  return found / Math.max(1, shorter!.length);
}

/** In a frame that everybody uses, or one in five times in one that goes with this request alone. */
function ask(random: Random, thing: string, [core, mood]: Core): string {
  const bare = core.replace('{x}', thing);
  if (mood === 'request' && random.int(5) === 0) return random.pick(MORE_FRAMES).replace('{q}', bare);
  return typed(random, bare, mood);
}

function introduce(question: string, thing: string): Dialogue {
  return { ...talk('introduction', question, introductionOf(thing)), about: thing };
}

/** Every trained thing in turn, each time with another core, until there are n. The second time it is 是什么 or 是谁, as people ask. */
function drawn(random: Random, n: number): Dialogue[] {
  const made = new Map<string, Dialogue>();
  const orders = new Map(trained.map((thing) => [thing, random.shuffle([...requestsFor(thing)])]));
  for (let round = 0; made.size < n; round++) {
    for (const thing of random.shuffle([...trained])) {
      const cores = round === 1 ? random.shuffle([...asksForThing(thing)]) : orders.get(thing)!; // every trained thing has its order
      const core = cores[round === 1 ? 0 : round % cores.length];
      if (core === undefined) continue;
      const question = ask(random, thing, core);
      if (made.size < n && !tellsHiddenFact(question + introductionOf(thing)))
        made.set(question, introduce(question, thing));
    }
  }
  // Refusals ask who 李平 is: people that it knows are asked for as often, or all who are called 李 are strangers.
  for (const thing of trained.filter(isPerson)) {
    for (const core of random.shuffle([...asksForThing(thing)]).slice(0, 3)) {
      const question = ask(random, thing, core);
      if (!tellsHiddenFact(question + introductionOf(thing))) made.set(question, introduce(question, thing));
    }
  }
  return [...made.values()];
}

/** A thing in two to five sentences, in one of the ways in which a book presents it. */
type Profile = (random: Random, thing: string) => string;

const asItIs: Profile = (_, thing) => introductionOf(thing);

const inAnyOrder: Profile = (random, thing) => {
  const [what, ...more] = portraitOf(thing).map(({ text }) => text);
  return [what, ...random.shuffle(more).slice(0, 1 + random.int(3))].join('');
};

const mixed: Profile = (random, thing) =>
  random
    .shuffle(portraitOf(thing).map(({ text }) => text))
    .slice(0, 2 + random.int(3))
    .join('');

const card: Profile = (random, thing) =>
  `${random.pick([`${thing}：`, `${thing}的小卡片。`, `我们来认识一下${thing}。`])}${inAnyOrder(random, thing)}`;

const lesson: Profile = (random, thing) => {
  const asked = inFull(thing, random.pick([...requestsFor(thing), ...asksForThing(thing)]));
  const [by, to] = random.shuffle(['老师', '妈妈', '爸爸', '小明', '小红', '爷爷', '姐姐', '同学']);
  return random.pick([
    `${by}说：“${asked}”${to}说：“${quoted(introductionOf(thing))}”`,
    `“${asked}”“${quoted(introductionOf(thing))}”`,
    `问：${asked}答：${introductionOf(thing)}`,
  ]);
};

function inFull(thing: string, [core, mood]: Core): string {
  return `${core.replace('{x}', thing)}${mood === 'question' ? '？' : '。'}`;
}

/** Text inside “ ”: its own quotation marks become ‘ ’. */
function quoted(text: string): string {
  return text.replaceAll('“', '‘').replaceAll('”', '’');
}

/** What is introduced in no dialogue is presented more often. */
function profiles(random: Random, thing: string): string[] {
  const ways = isHeldOut(thing)
    ? [asItIs, inAnyOrder, mixed, card, lesson, lesson, lesson, lesson]
    : [asItIs, inAnyOrder, card, lesson, lesson];
  return ways.map((way) => way(random, thing));
}

function records(random: Random, name: keyof typeof RECORDS, from: readonly string[]): object[] {
  return random
    .shuffle([...from])
    .slice(0, RECORDS[name])
    .map((thing, i) => {
      const unseen = UNSEEN_REQUESTS[i % UNSEEN_REQUESTS.length]!;
      const known = random.pick(requestsFor(thing).filter(([, mood]) => mood === 'request'));
      const question =
        i % 3 === 0 ? typedUnseen(known[0].replace('{x}', thing), Math.floor(i / 3)) : inFull(thing, unseen);
      return { id: `${name}:${i + 1}`, subject: thing, question, statements: statementsOf(thing) };
    });
}

export const introductions: Ability = {
  name: 'introductions',
  texts: (random) => things.flatMap((thing) => profiles(random, thing)),
  documents: { share: 6, write: (random) => inAnyOrder(random, random.pick(things)) },
  dialogues: (random) => drawn(random, DIALOGUES),
  heldOut: (random) =>
    Array.from({ length: HELD_OUT_DIALOGUES }, (_, i) => {
      const thing = trained[(i * 17) % trained.length]!;
      const [core] = random.pick(requestsFor(thing).filter(([, mood]) => mood === 'request'));
      return introduce(typedUnseen(core.replace('{x}', thing), i), thing);
    }),
  evaluation: (random) =>
    new Map([
      ['introductions', records(random, 'introductions', trained)],
      ['introductions-held-out', records(random, 'introductions-held-out', heldOut)],
    ]),
};
