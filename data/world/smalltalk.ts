/**
 * The ability to make small talk: greetings, who it is and how it was made, feelings, praise and blame, a joke, a riddle.
 * Many ways to say a thing, one answer to it.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { ABOUT_IT, BYE, CHAT, type Exchange, HELLO, RIDDLES, THANKS } from './exchanges.ts';
import { expand } from './text.ts';
import { drawDialogues, retold, typed } from './wording.ts';

const DIALOGUES = 450;

const KIND = 'small-talk';

function say(random: Random, { mood, lines }: Exchange): string {
  const line = expand(random, random.pick(lines), {});
  return mood === 'as-is' ? line : typed(random, line, mood);
}

const single = (random: Random, exchange: Exchange): [string, string] => [
  say(random, exchange),
  exchange.answer,
];

/** Exchanges as often as there are ways to say them. */
const LOT: readonly Exchange[] = [HELLO, HELLO, THANKS, BYE, ...ABOUT_IT, ...ABOUT_IT, ...CHAT].flatMap(
  (exchange) => {
    const ways = exchange.lines.join('').split('|').length;
    return Array.from({ length: Math.min(ways, 8) }, () => exchange);
  },
);

function chat(random: Random): Dialogue {
  const draw = random.int(100);
  if (draw < 80) return talk(KIND, ...single(random, random.pick(LOT)));
  if (draw < 86) {
    const { place, turns } = random.pick(RIDDLES);
    const [guess, answer] = random.pick(turns);
    return talk(KIND, ...single(random, CHAT[place]!), expand(random, guess, {}), answer);
  }
  const middle = single(random, random.pick(ABOUT_IT));
  if (draw < 93) return talk(KIND, ...single(random, HELLO), ...middle);
  return talk(KIND, ...middle, ...single(random, draw < 97 ? THANKS : BYE));
}

/** What is said, mark and all: 你好 and 你好！ are both to be met. */
const asTyped = (question: string): string => question;

export const smallTalk: Ability = {
  name: 'small-talk',
  texts: (random) => retold(random, drawDialogues(random, 180, chat, asTyped)),
  dialogues: (random) => drawDialogues(random, DIALOGUES, chat, asTyped),
  heldOut: (random) => drawDialogues(random, 12, chat, asTyped),
  evaluation: () => new Map(),
};
