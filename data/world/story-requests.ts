/**
 * The ability to tell a little story: about a hero, about a topic, about anything, or from an opening on.
 *
 * A story is an opening (从前，有一只小兔子，住在森林里。) and a plot, five to seven short sentences. Some heroes are in stories of
 * pretrain.txt only, and some heroes with some topics nowhere in a dialogue: whoever can tell these has learned to tell stories.
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { oneIn } from './hash.ts';
import {
  anyHero,
  dialogueHeroes,
  friendOf,
  type Hero,
  heldOutHeroes,
  heroes,
  openingOf,
  pronounOf,
} from './heroes.ts';
import { type Plot, plots, topics } from './plots.ts';
import {
  ABOUT_BOTH,
  ABOUT_HERO,
  ABOUT_NOTHING,
  ABOUT_TOPIC,
  GO_ON,
  HELD_OUT,
  WISHES,
} from './story-wordings.ts';
import { expand, fill } from './text.ts';
import { drawDialogues, typed, typedUnseen } from './wording.ts';

const DIALOGUES = 900;
const LONGEST = 115; // characters

function fits(plot: Plot, { kind, name }: Hero): boolean {
  return plot.kinds.includes(kind) && (plot.only === null || plot.only.test(name));
}

const FRUITS = ['苹果', '桃子', '西瓜', '梨'];
const TREE_FRUITS = FRUITS.filter((fruit) => fruit !== '西瓜');

interface Story {
  readonly opening: string;
  readonly rest: string;
}

/** The hero in the plot, drawn again until it is short enough. */
function tell(random: Random, hero: Hero, plot: Plot): Story {
  for (let tries = 0; tries < 300; tries++) {
    const p = pronounOf(hero);
    const f = random.pick(plot.text.includes('{f}树') ? TREE_FRUITS : FRUITS);
    const slots = { h: hero.name, p, s: `${p}们`, k: friendOf(plot.text, hero, dialogueHeroes).name, f };
    const [opening, rest] = [openingOf(random, hero), expand(random, plot.text, slots)];
    if (opening.length + rest.length <= LONGEST) return { opening, rest };
  }
  throw new Error(`No short story about ${hero.name}: ${plot.text}`);
}

/** Heroes with topics that stand in no dialogue together. */
function isHeldOutPair(hero: Hero, topic: string): boolean {
  return oneIn(4, `${hero.name}/${topic}`);
}

function plotsOf(hero: Hero, topic: string | null): Plot[] {
  return plots.filter((plot) => fits(plot, hero) && (topic === null || plot.topics.includes(topic)));
}

/** 小兔子 is asked for as 兔子 too. */
function called(random: Random, { name, kind }: Hero): string {
  const bare = name.slice(1);
  const plain =
    ['land', 'bird', 'water', 'insect'].includes(kind) &&
    bare.length > 1 &&
    !/^[花白黄灰黑红蓝山公]/u.test(bare);
  return plain && random.int(5) === 0 ? bare : name;
}

function whole({ opening, rest }: Story): string {
  return opening + rest;
}

/** `about`: the hero as the request calls it, '' where it names none. */
function storyOf(about: string, request: string, story: string): Dialogue {
  return { ...talk('story', request, story), about };
}

function heroDialogue(random: Random): Dialogue {
  const hero = anyHero(random, dialogueHeroes);
  const h = called(random, hero);
  const request =
    random.int(8) === 0
      ? fill(random.pick(WISHES), { h })
      : typed(random, fill(random.pick(ABOUT_HERO), { h }));
  return storyOf(h, request, whole(tell(random, hero, random.pick(plotsOf(hero, null)))));
}

function topicDialogue(random: Random): Dialogue {
  const t = random.pick(topics);
  const able = dialogueHeroes.filter((hero) => plotsOf(hero, t).length > 0 && !isHeldOutPair(hero, t));
  const hero = random.pick(able);
  const request = typed(random, fill(random.pick(ABOUT_TOPIC), { t }));
  return storyOf('', request, whole(tell(random, hero, random.pick(plotsOf(hero, t)))));
}

function bothDialogue(random: Random): Dialogue {
  for (;;) {
    const [hero, t] = [anyHero(random, dialogueHeroes), random.pick(topics)];
    const able = plotsOf(hero, t);
    if (able.length === 0 || isHeldOutPair(hero, t)) continue;
    const request = typed(random, fill(random.pick(ABOUT_BOTH), { h: hero.name, t }));
    return storyOf(hero.name, request, whole(tell(random, hero, random.pick(able))));
  }
}

function anyDialogue(random: Random): Dialogue {
  const hero = anyHero(random, dialogueHeroes);
  return storyOf(
    '',
    typed(random, random.pick(ABOUT_NOTHING)),
    whole(tell(random, hero, random.pick(plotsOf(hero, null)))),
  );
}

function goOnDialogue(random: Random): Dialogue {
  const hero = anyHero(random, dialogueHeroes);
  const { opening, rest } = tell(random, hero, random.pick(plotsOf(hero, null)));
  return storyOf(hero.name, fill(random.pick(GO_ON), { o: opening }), rest);
}

function dialogue(random: Random): Dialogue {
  const draw = random.int(100);
  if (draw < 54) return heroDialogue(random);
  if (draw < 74) return topicDialogue(random);
  if (draw < 80) return bothDialogue(random);
  if (draw < 88) return anyDialogue(random);
  return goOnDialogue(random);
}

/** A story for the corpus. */
export function storyDocument(random: Random, hero: Hero = anyHero(random, heroes)): string {
  const plot = random.pick(plotsOf(hero, null));
  const title = random.pick([
    '',
    `${hero.name}的故事。`,
    `讲一个${hero.name}的故事：`,
    `关于${random.pick(plot.topics)}的故事。`,
  ]);
  return title + whole(tell(random, hero, plot));
}

/** Stories about everyone; those whom no dialogue knows are met more often. */
function texts(random: Random): string[] {
  return [...heroes, ...heldOutHeroes, ...heldOutHeroes].flatMap((hero) =>
    Array.from({ length: 4 }, () => storyDocument(random, hero)),
  );
}

export interface StoryQuestion {
  readonly id: string;
  readonly question: string;
  readonly hero: string; // as the request calls it; '' where it names none
}

/** [how many, one request]; the first three ask for what no dialogue has together. */
const ASKED: readonly (readonly [number, (random: Random, place: number) => Omit<StoryQuestion, 'id'>])[] = [
  [30, (random, place) => askHero(heldOutHeroes[place % heldOutHeroes.length]!, random, place)],
  [20, askHeldOutPair],
  [24, (random, place) => askHero(anyHero(random, dialogueHeroes), random, place)],
  [
    12,
    (random, place) => ({
      question: fill(cycle(HELD_OUT.topic, place), { t: random.pick(topics) }),
      hero: '',
    }),
  ],
  [6, (_, place) => ({ question: cycle(HELD_OUT.nothing, place), hero: '' })],
  [8, askToGoOn],
];

const cycle = (list: readonly string[], place: number): string => list[place % list.length]!;

function askHero({ name }: Hero, random: Random, place: number): Omit<StoryQuestion, 'id'> {
  const question =
    place % 2 === 0
      ? fill(random.pick(HELD_OUT.hero), { h: name })
      : typedUnseen(fill(random.pick(ABOUT_HERO), { h: name }), random.int(6));
  return { question, hero: name };
}

function askHeldOutPair(random: Random, place: number): Omit<StoryQuestion, 'id'> {
  for (;;) {
    const [hero, t] = [anyHero(random, dialogueHeroes), random.pick(topics)];
    if (plotsOf(hero, t).length === 0 || !isHeldOutPair(hero, t)) continue;
    return {
      question: typedUnseen(fill(cycle(ABOUT_BOTH, place), { h: hero.name, t }), place),
      hero: hero.name,
    };
  }
}

function askToGoOn(random: Random, place: number): Omit<StoryQuestion, 'id'> {
  const hero = anyHero(random, dialogueHeroes);
  return { question: fill(cycle(HELD_OUT.goOn, place), { o: openingOf(random, hero) }), hero: hero.name };
}

function records(random: Random): StoryQuestion[] {
  const asked = new Map<string, string>();
  for (const [n, ask] of ASKED) {
    for (let place = 0, added = 0; added < n; place++) {
      const { question, hero } = ask(random, place);
      if (asked.has(question)) continue;
      asked.set(question, hero);
      added++;
    }
  }
  return [...asked].map(([question, hero], i) => ({ id: `story:${i + 1}`, question, hero }));
}

export const storyRequests: Ability = {
  name: 'stories',
  texts,
  documents: { share: 25, write: (random) => storyDocument(random) },
  dialogues: (random) => drawDialogues(random, DIALOGUES, dialogue),
  heldOut: (random) => drawDialogues(random, 20, dialogue),
  evaluation: (random) => new Map([['stories', records(random)]]),
};
