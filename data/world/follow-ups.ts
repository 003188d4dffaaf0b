/**
 * The ability to go on: conversations of two to four turns in which the later ones can only be answered by one who has read the
 * earlier ones. Some begin with a greeting, some end with thanks.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import { recall } from './about-me.ts';
import { type Dialogue, type Message, talk } from './dialogues.ts';
import { asked, chain, type Turn, type Turns, topics } from './fact-chains.ts';
import { dialogueFacts } from './splits.ts';
import { sumSteps } from './sum-steps.ts';

const DIALOGUES = 990;
const TEXTS = 900; // documents of pretrain.txt

const HELLOS: readonly Turn[] = [
  ['你好！', '你好！有什么可以帮你的吗？'],
  ['你好', '你好！有什么可以帮你的吗？'],
  ['你好，小言。', '你好！有什么可以帮你的吗？'],
  ['早上好！', '早上好！有什么可以帮你的吗？'],
  ['我想问你几个问题。', '好的，请问吧。'],
  ['可以问你一个问题吗？', '当然可以，请问吧。'],
];
const THANKS: readonly Turn[] = [
  ['谢谢你！', '不客气！'],
  ['谢谢', '不客气！'],
  ['谢谢。', '不客气！'],
  ['多谢你的回答。', '不客气！'],
  ['我明白了，谢谢。', '不客气！'],
  ['再见！', '再见！祝你开心！'],
  ['我要走了，再见。', '再见！祝你开心！'],
];

/** Something in between: a fact or a sum. */
function filler(random: Random): Turn {
  return random.int(2) === 0 ? asked(random, random.pick(dialogueFacts)) : sumSteps(random, 0).turns[0]!;
}

function turnsOf(random: Random): Turns {
  const draw = random.int(100);
  const steps = 1 + (random.int(3) === 0 ? 1 : 0);
  if (draw < 37) return chain(random, steps);
  if (draw < 56) return sumSteps(random, steps);
  if (draw < 95) return recall(random, filler);
  return topics(random);
}

function conversation(random: Random): Dialogue {
  const turns = [...turnsOf(random).turns];
  if (turns.length < 4 && random.int(6) === 0) turns.unshift(random.pick(HELLOS));
  if (turns.length < 4 && random.int(6) === 0) turns.push(random.pick(THANKS));
  return talk('follow-up', ...turns.flat());
}

function drawn(random: Random, n: number): Dialogue[] {
  const made = new Map<string, Dialogue>();
  while (made.size < n) {
    const dialogue = conversation(random);
    made.set(dialogue.messages.map(({ content }) => content).join('\n'), dialogue);
  }
  return [...made.values()];
}

export interface FollowUpQuestion {
  readonly id: string;
  readonly kind: string;
  readonly messages: readonly Message[]; // the last one is the user's
  readonly answer: string;
  readonly accepted: readonly string[];
}

/** What evaluation asks, by kind, and how often. */
const ASKED: readonly (readonly [string, number, (random: Random, steps: number) => Turns])[] = [
  ['same-question', 25, (random, steps) => chain(random, steps, 'same-question')],
  ['pronoun', 20, (random, steps) => chain(random, steps, 'pronoun')],
  ['next-sum', 25, (random, steps) => sumSteps(random, steps, true)],
  ['about-me', 30, (random) => recall(random, filler, true)],
];

function records(random: Random): FollowUpQuestion[] {
  const made: FollowUpQuestion[] = [];
  for (const [kind, wanted, draw] of ASKED) {
    const met = new Set<string>();
    while (met.size < wanted) {
      const { turns, answer } = draw(random, 1 + (random.int(4) === 0 ? 1 : 0));
      if (met.has(turns.join())) continue;
      met.add(turns.join());
      const greeting = turns.length < 3 && random.int(6) === 0 ? random.pick(HELLOS) : [];
      const { messages } = talk(kind, ...greeting, ...turns.flat());
      const accepted = [messages.at(-1)!.content]; // talk ends with the assistant
      made.push({ id: `${kind}:${met.size}`, kind, messages: messages.slice(0, -1), answer, accepted });
    }
  }
  return made;
}

/** Conversations as text, so that looking back is learned before answering is; most are about what somebody said of themselves. */
function texts(random: Random): string[] {
  return Array.from({ length: TEXTS }, () => {
    const { turns } = random.int(3) > 0 ? recall(random, filler) : turnsOf(random);
    return turns.map(([question, answer]) => `问：${question}答：${answer}`).join('');
  });
}

export const followUps: Ability = {
  name: 'follow-ups',
  texts,
  dialogues: (random) => drawn(random, DIALOGUES),
  heldOut: (random) => drawn(random, 35),
  evaluation: (random) => new Map([['follow-ups', records(random)]]),
};
