/**
 * The shape of the world: a fact is (relation, subject, answer), a relation knows how to tell and to ask its facts.
 *
 * Templates of a relation use {s} subject, {a} answer, {u} an extra word of the row (a unit, a question word) and {w} a
 * wrong answer of the same relation. `cores` are bare questions, which questions.ts puts into frames (请问…, 你知道…吗？, no mark
 * at all); `ask` are whole questions that fit no frame. `askUnseen` are never asked in any training file, so that evaluation can
 * tell understanding a question from remembering it.
 */
export interface Fact {
  readonly id: string; // relation:subject, or relation:subject:unit
  readonly relation: string;
  readonly subject: string;
  readonly answer: string;
  readonly extra: string; // third column of the row, '' where it has none
  readonly pretrainOnly: boolean; // told in pretrain.txt, never asked or answered in a dialogue
}

/** The question the other way round: {a} is given, {s} is asked for. */
export interface Reversed {
  readonly cores: readonly string[];
  readonly reply: string;
  readonly only?: readonly string[]; // subjects that are asked for, where the others would have further good answers
}

export interface Relation {
  readonly id: string;
  readonly domain: string;
  readonly facts: readonly Fact[];
  readonly tell: readonly string[];
  readonly cores: readonly string[];
  readonly ask: readonly string[];
  readonly askUnseen: readonly string[];
  readonly reply: string; // the one answer sentence
  readonly again: string; // follow-up about another subject of the same relation: 那{s}呢？
  readonly wrong: ReadonlyMap<string, readonly string[]>; // fact id -> plausible wrong answers
  readonly pronoun: string; // follow-up about the same subject: 它的首都是哪里？ ('' where it has none)
  readonly reversed: Reversed | null;
  readonly claim: string; // what a yes-no question asks about, without its 吗 ('' where none is asked)
  readonly deny: string; // how the answer to a wrong claim goes on
  readonly claimWrong: Readonly<Record<string, readonly string[]>> | null; // see RelationSource
}

interface RelationSource {
  readonly id: string;
  readonly domain: string;
  /** "subject answer extra", comma-separated; a `*` in front marks a fact that dialogues never mention. */
  readonly rows: string;
  readonly tell: readonly string[];
  /** Bare questions without a mark, 4 to 6: '{s}的首都是哪里', '哪座城市是{s}的首都'. */
  readonly cores: readonly string[];
  /** Whole questions that fit no frame: '{s}的首都？', '说出{s}的首都。'. */
  readonly ask?: readonly string[];
  readonly askUnseen: readonly string[];
  readonly reply: string;
  readonly again?: string;
  readonly pronoun?: string;
  /** Asked only where one subject has that answer. */
  readonly reversed?: Reversed;
  /** '{s}的首都是{a}': asked as 巴黎是法国的首都吗 in the words of the claim, with a right or a wrong {a}. */
  readonly claim?: string;
  /** '不是{w}条' where the plain 不是{w} does not fit. */
  readonly deny?: string;
  /** Subject -> wrong answers for claims, where those of other rows may be half true; subjects without are not asked. */
  readonly claimWrong?: Readonly<Record<string, readonly string[]>>;
  /** Wrong answers by third column, where another row of the relation would be a silly one. */
  readonly decoys?: Readonly<Record<string, readonly string[]>>;
}

/** Parse the rows and find plausible wrong answers. */
export function relation(source: RelationSource): Relation {
  const facts = source.rows
    .split(/[,\n]/)
    .map((row) => row.trim())
    .filter((row) => row !== '')
    .map((row): Fact => {
      const pretrainOnly = row.startsWith('*');
      const [subject, answer, extra = ''] = row.replace('*', '').split(' ');
      if (!subject || !answer)
        throw new Error(`Relation ${source.id}: row "${row}" needs a subject and an answer`);
      const id = `${source.id}:${subject}${source.reply.includes('{u}') ? `:${extra}` : ''}`;
      return { id, relation: source.id, subject, answer, extra, pretrainOnly };
    });
  const wrong = new Map(
    facts.map((fact) => {
      const peers = source.decoys?.[fact.extra] ?? peersOf(fact, facts, source.decoys !== undefined);
      const others = [...new Set(peers)].filter((answer) => answer !== fact.answer);
      if (others.length === 0) throw new Error(`No wrong answer for ${fact.id}`);
      return [fact.id, others] as const;
    }),
  );
  return {
    id: source.id,
    domain: source.domain,
    facts,
    tell: told(source),
    cores: source.cores,
    ask: source.ask ?? [],
    askUnseen: source.askUnseen,
    reply: source.reply,
    again: source.again ?? '那{s}呢？',
    wrong,
    pronoun: source.pronoun ?? '',
    reversed: source.reversed ?? null,
    claim: source.claim ?? '',
    deny: source.deny ?? '不是{w}',
    claimWrong: source.claimWrong ?? null,
  };
}

/** Answers of the same relation; where the third column is a question word, only those that it fits too. */
function peersOf(fact: Fact, facts: readonly Fact[], sameExtra: boolean): string[] {
  return facts.filter((other) => !sameExtra || other.extra === fact.extra).map((other) => other.answer);
}

/** The sentence forms; what is asked backwards is also told in that order. */
function told({ tell, reversed }: RelationSource): readonly string[] {
  return reversed === undefined || tell.includes(reversed.reply) ? tell : [...tell, reversed.reply];
}
