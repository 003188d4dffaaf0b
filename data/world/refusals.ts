/**
 * The ability to say no where it is right: what nobody can know, what it cannot do or was never taught, and names that it has not
 * met. One friendly sentence, always the same for one kind of question, with the name in it where there is one.
 *
 * Names that it has not met are asked about in the very words in which known ones are (介绍一下…, …的首都是哪里): what tells the
 * two is the name alone. Otherwise a model would learn to refuse the wording.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { relations } from './facts.ts';
import { OF_PEOPLE, OF_THINGS, REQUESTS } from './introduction-requests.ts';
import { framed, framedUnseen, UNSEEN_FRAMES } from './questions.ts';
import { type RefusalKind, refusalKinds, UNKNOWN_NAME } from './refusal-kinds.ts';
import { heldOutStranger, rollCalls, type Stranger, stranger } from './strangers.ts';
import { expand, fill } from './text.ts';
import { drawDialogues, type Mood, retold, typed, typedUnseen } from './wording.ts';

const DIALOGUES = 1_150;

interface Asked {
  readonly kind: string;
  readonly question: string;
  readonly reply: string;
}

/** Which relations ask about which strangers. */
const RELATIONS: Readonly<Record<Stranger, readonly string[]>> = {
  person: [],
  country: ['capital', 'continent', 'language'],
  province: ['province'],
  town: [],
  animal: ['kind', 'food', 'home', 'legs', 'sound'],
  thing: ['tool', 'colour', 'material'],
  book: ['author'],
};

/** How an introduction is asked for, of known ones and of strangers. */
function introduceCores(kind: Stranger): readonly (readonly [string, Mood])[] {
  return [...REQUESTS.slice(0, 3), ...REQUESTS, ...(kind === 'person' ? OF_PEOPLE : OF_THINGS)];
}

const ABOUT: Readonly<Record<Stranger, readonly string[]>> = {
  person: [
    '{s}是谁',
    '{s}是谁',
    '{s}是什么人',
    '谁是{s}',
    '你认识{s}吗',
    '{s}是哪一位',
    '{s}是做什么的',
    '{s}写了什么书',
    '{s}住在哪里',
  ],
  country: ['{s}是什么', '{s}在哪里', '{s}在什么地方', '{s}的国旗是什么颜色'],
  province: ['{s}在哪里', '{s}是什么地方'],
  town: ['{s}在哪里', '{s}是什么地方', '{s}有什么好玩的', '{s}在哪个省', '{s}是什么'],
  animal: ['{s}是什么', '{s}是什么动物', '{s}长什么样'],
  thing: ['{s}是什么', '{s}是什么东西', '{s}有什么用'],
  book: ['{s}是什么', '{s}讲了什么', '{s}是一本什么书'],
};

/** [stranger, kind in eval/refusals.jsonl, how many of about 1,200 drawn, how many of 100 held-out questions] */
const STRANGERS: readonly (readonly [Stranger, string, number, number])[] = [
  ['person', 'unmet-person', 230, 18],
  ['country', 'unmet-place', 90, 7],
  ['province', 'unmet-place', 15, 2],
  ['town', 'unmet-place', 45, 5],
  ['animal', 'unmet-thing', 40, 4],
  ['thing', 'unmet-thing', 35, 3],
  ['book', 'unmet-thing', 30, 3],
];

function coresFor(kind: Stranger): string[] {
  const of = RELATIONS[kind];
  return [...ABOUT[kind], ...relations.filter(({ id }) => of.includes(id)).flatMap(({ cores }) => cores)];
}

/** A name of the kind, asked about in words in which known ones are asked about. */
function aboutStranger(random: Random, kind: Stranger, label: string): Asked {
  const s = stranger(random, kind);
  const introduces = random.int(2) === 0;
  const [request, mood] = random.pick(introduceCores(kind));
  const core = introduces ? fill(request, { x: s }) : fill(random.pick(coresFor(kind)), { s });
  const question = introduces
    ? typed(random, core, mood)
    : isYesNo(core)
      ? typed(random, core, 'question')
      : framed(random, core);
  return { kind: label, question, reply: fill(UNKNOWN_NAME, { x: s }) };
}

function aboutHeldOutStranger(random: Random, kind: Stranger, label: string, place: number): Asked {
  const s = heldOutStranger(random, kind, place);
  const introduces = place % 2 === 0;
  const core = fill(random.pick(introduces ? ['介绍一下{s}', '介绍{s}', '说说{s}'] : coresFor(kind)), { s });
  const plain = `${core}${introduces ? '。' : '？'}`;
  const unseen = introduces ? typedUnseen(core, place) : framedUnseen(core, place);
  return {
    kind: label,
    question: place % 4 < 2 || isYesNo(core) ? plain : unseen,
    reply: fill(UNKNOWN_NAME, { x: s }),
  };
}

function isYesNo(core: string): boolean {
  return /吗$/u.test(core);
}

/** How a core wants to be typed: a question, a request, or (foreign letters, nonsense) as it is. */
function moodOf(core: string): Mood | null {
  if (!/\p{Script=Han}/u.test(core) || core.includes('：')) return null;
  if (/[吗谁哪几]|什么|怎|多少|多远|多大|多久|多[重宽高]|还是|(.)不\1|意思/u.test(core)) return 'question';
  return core.startsWith('我') ? 'remark' : 'request';
}

function settle(
  random: Random,
  { kind, reply }: RefusalKind,
  template: string,
): Omit<Asked, 'question'> & { core: string } {
  let x = '';
  const core = expand(random, template, {}).replace(/\{x:([^}]+)\}/u, (_, words: string) => {
    x = random.pick(words.split('|'));
    return x;
  });
  return { kind, core, reply: fill(reply, { x }) };
}

function ask(random: Random, kind: RefusalKind): Asked {
  const { core, reply } = settle(random, kind, random.pick(kind.cores));
  const mood = kind.kind === 'gibberish' ? null : moodOf(core);
  return { kind: kind.kind, question: mood === null ? core : typed(random, core, mood), reply };
}

/** The unseen frames that go with any question, by their place. */
const UNSEEN_QUESTIONS = ['考考你', '打听一下', '有个问题'].map((opening) =>
  UNSEEN_FRAMES.findIndex((frame) => frame.startsWith(opening)),
);

function askHeldOut(random: Random, kind: RefusalKind, place: number): Asked {
  const { core, reply } = settle(random, kind, kind.held[place % kind.held.length]!);
  const mood = kind.kind === 'gibberish' ? null : moodOf(core);
  const unseen = mood !== null && place % 3 === 2;
  const frame = mood === 'question' ? random.pick(UNSEEN_QUESTIONS) : place + random.int(6);
  const question = mood === null ? core : unseen ? typedUnseen(core, frame, mood) : typed(random, core, mood);
  return { kind: kind.kind, question, reply };
}

/** Sums beyond what it has learned. */
function bigSum(random: Random): Asked {
  const number = () => 200 + random.int(random.int(2) === 0 ? 800 : 9800);
  const sum = `${number()}${random.pick(['+', '-', '×', '*', '乘', '加'])}${number()}`;
  const question = sum + random.pick(['=？', '=', '等于多少？', '等于几？', '是多少？', '']);
  return { kind: 'big-sum', question, reply: '对不起，太大的数我还不会算。' };
}

/** Letters or words that say nothing. */
function nonsense(random: Random): Asked {
  const from =
    random.int(2) === 0
      ? [...'asdfghjklqwertyuiopzxcvbnm1234567890']
      : [...'的了也和都很是在把那水天人大又就不上'];
  const question = Array.from({ length: 4 + random.int(5) }, () => random.pick(from))
    .join('')
    .replaceAll('的的', '的');
  return { kind: 'gibberish', question, reply: '我不明白你的意思，请换一种说法。' };
}

/** How often which kind is drawn. */
const LOT: readonly ((random: Random) => Asked)[] = [
  ...refusalKinds.flatMap((kind) =>
    Array.from({ length: kind.share }, () => (random: Random) => ask(random, kind)),
  ),
  ...STRANGERS.flatMap(([stranger, label, share]) =>
    Array.from({ length: share }, () => (random: Random) => aboutStranger(random, stranger, label)),
  ),
  ...Array.from({ length: 30 }, () => bigSum),
  ...Array.from({ length: 25 }, () => nonsense),
];

function refusal(random: Random): Dialogue {
  const { question, reply } = random.pick(LOT)(random);
  return talk('refusal', question, reply);
}

export interface RefusalQuestion {
  readonly id: string;
  readonly kind: string;
  readonly question: string;
}

/** Kinds of which four questions are kept; of the others, three. */
const OFTEN = [
  'weather',
  'time',
  'private',
  'beyond',
  'language',
  'future',
  'date',
  'user',
  'place',
  'action',
];

function records(random: Random): RefusalQuestion[] {
  const questions = new Map<string, string>();
  const collect = (n: number, draw: (place: number) => Asked) => {
    for (let place = 0, added = 0; added < n; place++) {
      const { kind, question } = draw(place);
      if (questions.has(question)) continue;
      questions.set(question, kind);
      added++;
    }
  };
  for (const [stranger, label, , n] of STRANGERS)
    collect(n, (place) => aboutHeldOutStranger(random, stranger, label, place));
  for (const kind of refusalKinds)
    collect(OFTEN.includes(kind.kind) ? 4 : 3, (place) => askHeldOut(random, kind, place));
  return [...questions].map(([question, kind], i) => ({ id: `refusal:${i + 1}`, kind, question }));
}

export const refusals: Ability = {
  name: 'refusals',
  texts: (random) => [...retold(random, drawDialogues(random, 260, refusal)), ...rollCalls(random)],
  dialogues: (random) => drawDialogues(random, DIALOGUES, refusal),
  heldOut: (random) => drawDialogues(random, 20, refusal),
  evaluation: (random) => new Map([['refusals', records(random)]]),
};
