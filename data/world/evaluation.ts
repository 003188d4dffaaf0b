/**
 * The questions nobody trains on: three exact-match splits, four-way choices, and minimal pairs.
 */
import { Random } from '../../src/tensor/random.ts';
import { relationOf, relations, replyTo, slotsOf } from './facts.ts';
import { type Dealt, dealt } from './splits.ts';
import { expand, fill, hanzi } from './text.ts';
import type { Fact } from './types.ts';

export interface FactQuestion {
  readonly id: string;
  readonly relation: string;
  readonly question: string;
  readonly answer: string;
  readonly accepted: readonly string[];
}

export interface ChoiceQuestion {
  readonly id: string;
  readonly relation: string;
  readonly question: string;
  readonly options: readonly string[];
  readonly answer: number;
}

export interface MinimalPair {
  readonly id: string;
  readonly kind: string;
  readonly good: string;
  readonly bad: string;
}

const PER_SPLIT = 270;
const CHOICES = 200;

interface Evaluation {
  readonly seen: readonly FactQuestion[];
  readonly unseen: readonly FactQuestion[];
  readonly pretrainOnly: readonly FactQuestion[];
  readonly choice: readonly ChoiceQuestion[];
  readonly minimalPairs: readonly MinimalPair[];
}

export function writeEvaluation(seed: number): Evaluation {
  const random = new Random(seed);
  const inDialogues = dealt.filter(({ fact }) => !fact.pretrainOnly);
  const onlyPretrained = dealt.filter(({ fact }) => fact.pretrainOnly);
  const seen = spread(random, inDialogues, PER_SPLIT).map((d) => ask(d.fact, d.held[0]!));
  const unseen = spread(random, inDialogues, PER_SPLIT).map((d, i) =>
    ask(d.fact, d.unseen[i % d.unseen.length]!),
  );
  const pretrainOnly = onlyPretrained.flatMap((d, i) =>
    d.held.slice(0, 1 + (i % 2)).map((q) => ask(d.fact, q)),
  );
  return { seen, unseen, pretrainOnly, choice: choices(random), minimalPairs: minimalPairs(random) };
}

function ask(fact: Fact, question: string): FactQuestion {
  return { id: fact.id, relation: fact.relation, question, answer: fact.answer, accepted: [replyTo(fact)] };
}

/** n entries taken from all relations in turn, so that no large relation decides the score. */
function spread(random: Random, from: readonly Dealt[], n: number): Dealt[] {
  const queues = relations.map((relation) =>
    random.shuffle(from.filter((d) => d.fact.relation === relation.id)),
  );
  const chosen: Dealt[] = [];
  for (let round = 0; chosen.length < n; round++) {
    const row = queues.flatMap((queue) => queue[round] ?? []);
    if (row.length === 0) throw new Error(`Only ${chosen.length} of ${n} questions can be spread`);
    chosen.push(...row.slice(0, n - chosen.length));
  }
  return chosen;
}

function choices(random: Random): ChoiceQuestion[] {
  const fits = dealt.filter(({ fact }) => relationOf(fact).wrong.get(fact.id)!.length >= 3);
  const positions = random.shuffle(Array.from({ length: CHOICES }, (_, i) => i % 4));
  return spread(random, fits, CHOICES).map(({ fact, reserve, held }, i) => {
    const answer = positions[i]!;
    const options = random.shuffle([...relationOf(fact).wrong.get(fact.id)!]).slice(0, 3);
    options.splice(answer, 0, fact.answer);
    return { id: fact.id, relation: fact.relation, question: reserve[0] ?? held[0]!, options, answer };
  });
}

const NAMES = ['小明', '小红', '小刚', '小华', '小丽', '小军', '妈妈', '爸爸', '老师', '弟弟', '妹妹'];

/** [kind, good, bad, how many]; the bad one differs from the good one in one place or in one order. */
const FORMS: readonly (readonly [string, string, string])[] = [
  ['word-order', '{n}在公园里踢球。', '{n}踢球在公园里。'],
  ['word-order', '{n}昨天去了图书馆。', '{n}去了昨天图书馆。'],
  ['word-order', '{n}今天非常高兴。', '{n}今天高兴非常。'],
  ['word-order', '{n}把门关上了。', '{n}关上把门了。'],
  ['word-order', '{n}比{m}高一点儿。', '{n}高比{m}一点儿。'],
  ['word-order', '{n}和{m}一起去学校。', '{n}一起去学校和{m}。'],
  ['word-order', '{n}每天早上喝一杯牛奶。', '{n}喝一杯牛奶每天早上。'],
  ['word-order', '{n}已经做完作业了。', '{n}做完已经作业了。'],
  ['particle', '{n}跑得很快。', '{n}跑的很快。'],
  ['particle', '{n}认真地写作业。', '{n}认真得写作业。'],
  ['particle', '这是{n}的书包。', '这是{n}得书包。'],
  ['particle', '{n}画得真好看。', '{n}画地真好看。'],
  ['particle', '{n}慢慢地走过来。', '{n}慢慢得走过来。'],
  ['aspect', '{n}没有看过这本书。', '{n}不看过这本书。'],
  ['aspect', '昨天{n}没有去学校。', '昨天{n}没有去了学校。'],
  ['aspect', '{n}正在写作业。', '{n}正在写了作业。'],
  ['aspect', '{n}明天要去公园。', '{n}明天去过了公园。'],
  ['number', '{n}有两个苹果。', '{n}有二个苹果。'],
  ['number', '{n}买了两本书。', '{n}买了二本书。'],
  ['number', '{n}看见两只鸟。', '{n}看见二只鸟。'],
  ['conjunction', '因为下雨，所以{n}带了伞。', '因为下雨，但是{n}带了伞。'],
  ['conjunction', '虽然很忙，但是{n}很高兴。', '虽然很忙，所以{n}很高兴。'],
  ['conjunction', '如果下雨，{n}就不去公园。', '如果下雨，{n}却就公园不去。'],
];

function minimalPairs(random: Random): MinimalPair[] {
  const pairs: MinimalPair[] = [];
  const used = new Set<string>();
  const add = (kind: string, good: string, bad: string) => {
    if (good === bad || used.has(good)) return;
    used.add(good);
    pairs.push({ id: `${kind}:${pairs.length + 1}`, kind, good, bad });
  };
  const words = dealt.map(({ fact }) => fact).filter((fact) => fact.relation === 'measure');
  for (const fact of words) {
    const form = random.pick(['我画了一{a}{s}。', '请你看看这{a}{s}。', '那是一{a}很好的{s}。']);
    const wrong = random.pick(relationOf(fact).wrong.get(fact.id)!);
    add('measure-word', fill(form, slotsOf(fact)), fill(form, { ...slotsOf(fact), a: wrong }));
  }
  for (const [kind, good, bad] of FORMS) {
    for (let i = 0; i < 5; i++) {
      const [n, m] = random.shuffle([...NAMES]);
      add(kind, fill(good, { n: n!, m: m! }), fill(bad, { n: n!, m: m! }));
    }
  }
  for (const { fact } of spread(random, dealt, 44)) {
    const form = relationOf(fact).tell[1]!;
    const wrong = random.pick(relationOf(fact).wrong.get(fact.id)!);
    const bad = expand(random, form, { ...slotsOf(fact), a: wrong, w: wrong });
    add('fact', expand(random, form, slotsOf(fact, wrong)), bad);
  }
  for (let i = 0; i < 24; i++) {
    const a = 1 + random.int(9);
    const b = 1 + random.int(9);
    const off = random.pick([-2, -1, 1, 2, 3]);
    const wrong = a + b + off > 0 ? a + b + off : a + b + 1;
    add(
      'sum',
      `${hanzi(a)}加${hanzi(b)}等于${hanzi(a + b)}。`,
      `${hanzi(a)}加${hanzi(b)}等于${hanzi(wrong)}。`,
    );
  }
  return pairs;
}
