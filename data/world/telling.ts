/**
 * From a fact to a document: told twice in different words, in a list with its like, as a card about one subject,
 * in a lesson, in a letter or a story. Each document says which facts it told, so that the corpus can be balanced.
 */
import type { Random } from '../../src/tensor/random.ts';
import { stage } from './cast.ts';
import { entities, facts, relationOf, replyTo, slotsOf } from './facts.ts';
import { scenes } from './scenes.ts';
import { printable } from './splits.ts';
import { animalStories, childStories } from './stories.ts';
import { bare, expand } from './text.ts';
import type { Fact } from './types.ts';

export interface Told {
  readonly text: string;
  readonly facts: readonly Fact[];
}

const woven = [...childStories, ...animalStories, ...scenes].filter((story) => /\{(fact|ask)\}/.test(story));
/** Stories and scenes that carry no fact. */
export const plainStories = [...childStories, ...animalStories].filter((story) => !woven.includes(story));
export const plainScenes = scenes.filter((scene) => !woven.includes(scene));

const cards = new Map<string, Fact[]>();
for (const group of entities()) for (const fact of group) cards.set(fact.id, group);

/** Whether a fact is still to be told. */
export type Wanted = (fact: Fact) => boolean;

/** A document that tells `fact`, of a random kind; where it tells others as well, they are such as are wanted if there are any. */
export function tellDocument(random: Random, fact: Fact, wanted: Wanted = () => true): Told {
  return random.pick(KINDS)(random, fact, wanted);
}

/** One sentence for a fact, in a random or a given form. */
function tell(random: Random, fact: Fact, form?: string): string {
  const { tell: forms, wrong } = relationOf(fact);
  return expand(random, form ?? random.pick(forms), slotsOf(fact, random.pick(wrong.get(fact.id)!)));
}

/** The fact as a clause that fits into any sentence: one of the three plain forms. */
function clause(random: Random, fact: Fact): string {
  return bare(tell(random, fact, relationOf(fact).tell[random.int(3)]!));
}

/** Text inside “ ”: its own quotation marks become ‘ ’. */
function quoted(text: string): string {
  return text.replaceAll('“', '‘').replaceAll('”', '’');
}

function twice(random: Random, fact: Fact): Told {
  const [first, second] = random.shuffle([...relationOf(fact).tell]);
  const tail = expand(
    random,
    random.pick(['', '', '[这个知识很有用|这一点要记牢|这是老师教我们的|书上就是这样写的|大家不要忘记]。']),
    {},
  );
  return { text: tell(random, fact, first!) + tell(random, fact, second!) + tail, facts: [fact, fact] };
}

function once(random: Random, fact: Fact): Told {
  const opening = expand(
    random,
    random.pick(['', '[要记住|其实|我们知道|大家都知道|从书上可以看到|老师说过]，']),
    {},
  );
  const text = `${opening}${clause(random, fact)}。`;
  return random.int(2) === 0 ? { text: tell(random, fact), facts: [fact] } : { text, facts: [fact] };
}

function peers(random: Random, fact: Fact, n: number, wanted: Wanted): Fact[] {
  const others = random.shuffle(relationOf(fact).facts.filter((other) => other !== fact));
  const wantedFirst = [...others.filter(wanted), ...others.filter((other) => !wanted(other))];
  return random.shuffle([fact, ...wantedFirst.slice(0, n - 1)]);
}

/** Several facts of one relation, all in the same form or each in its own. */
function list(random: Random, fact: Fact, wanted: Wanted): Told {
  const chosen = peers(random, fact, 2 + random.int(4), wanted);
  const same = random.int(2) === 0;
  if (same) {
    const form = relationOf(fact).tell[random.int(3)]!;
    const mark = random.pick(['，', '；', '。']);
    return { text: `${chosen.map((f) => bare(tell(random, f, form))).join(mark)}。`, facts: chosen };
  }
  return { text: chosen.map((f) => tell(random, f)).join(''), facts: chosen };
}

/** Two of a kind, compared. */
function contrast(random: Random, fact: Fact, wanted: Wanted): Told {
  const [a, b] = peers(random, fact, 2, wanted);
  const different = a!.answer !== b!.answer;
  const text = expand(
    random,
    different
      ? '[{A}，而{B}。|{A}，{B}，[不要记错|两个都要记住|可不能弄混了]。|{A}。另外，{B}。]'
      : '{A}。{B}。',
    { A: clause(random, a!), B: clause(random, b!) },
  );
  return { text, facts: [a!, b!] };
}

/** Everything the world knows about one subject. */
function card(random: Random, fact: Fact, wanted: Wanted): Told {
  const group = cards.get(fact.id)?.filter((other) => other === fact || wanted(other)) ?? [];
  if (group.length < 2) return twice(random, fact);
  const chosen = random.shuffle(group).slice(0, 4);
  const opening = expand(random, random.pick(['', '[说说|我们来认识一下]{s}。', '{s}的小卡片。']), {
    s: fact.subject,
  });
  return { text: opening + chosen.map((f) => tell(random, f)).join(''), facts: chosen };
}

/** A lesson: question and answer between teacher and pupils. */
function lesson(random: Random, fact: Fact, wanted: Wanted): Told {
  const chosen = random.int(2) === 0 ? [fact] : peers(random, fact, 2, wanted);
  const parts = chosen.map((f, i) =>
    stage(
      random,
      i === 0
        ? '[老师|{e}|姐姐|哥哥]问：“{ask}”{n}[想了想，|马上|举手|大声地][说|回答]：“{reply}”'
        : '[又问|接着问]：“{ask}”{n}说：“{reply}”',
      { ask: quoted(random.pick(printable(f))), reply: quoted(replyTo(f)) },
    ),
  );
  const tail = expand(random, random.pick(['', '[大家都说对了|答对了|说得真好|这个答案是对的]。']), {});
  return { text: parts.join('') + tail, facts: chosen };
}

/** Question and answer on paper. */
function exercise(random: Random, fact: Fact, wanted: Wanted): Told {
  const chosen = peers(random, fact, 1 + random.int(3), wanted);
  const [q, a] = random.pick([
    ['题目：', '答案：'],
    ['问题：', '回答：'],
    ['练习题：', '正确答案：'],
  ] as const);
  const text = chosen.map((f) => `${q}${random.pick(printable(f))}${a}${replyTo(f)}`).join('');
  return { text, facts: chosen };
}

/** A few things learned today, from all over the world. */
function notebook(pool: readonly Fact[]) {
  return (random: Random, fact: Fact, wanted: Wanted): Told => {
    const open = pool.filter(wanted);
    const another = () => random.pick(open.length > 0 ? open : pool);
    const chosen = random.shuffle([fact, another(), another()]);
    const opening = expand(
      random,
      '[今天我学到了三个知识|{n}在本子上写下三句话|三件要记住的事|{n}告诉{m}三件事]：',
      {
        n: random.pick(['小明', '小红', '小刚', '小丽']),
        m: random.pick(['妈妈', '爸爸', '同桌', '弟弟', '妹妹']),
      },
    );
    const [first, second, third] = chosen.map((f) => clause(random, f));
    return { text: `${opening}第一，${first}；第二，${second}；第三，${third}。`, facts: chosen };
  };
}

/** A story or letter with the fact in it. Facts that need quotation marks only go where they are spoken. */
function story(random: Random, fact: Fact): Told {
  const text = clause(random, fact);
  const fits = text.includes('“') ? woven.filter((s) => !s.includes('{fact}')) : woven;
  const written = stage(random, random.pick(fits), {
    fact: text,
    ask: quoted(random.pick(printable(fact))),
    reply: quoted(replyTo(fact)),
  });
  return { text: written, facts: [fact] };
}

const KINDS = [
  twice,
  twice,
  twice,
  once,
  list,
  list,
  contrast,
  card,
  lesson,
  lesson,
  exercise,
  notebook(facts),
  story,
];
