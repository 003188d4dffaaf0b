/**
 * The shape of the world: a fact is (relation, subject, answer), a relation knows how to tell and to ask its facts.
 *
 * Templates of a relation use {s} subject, {a} answer, {u} an extra word of the row (a unit, a question word) and {w} a
 * wrong answer of the same relation. `ask` are the question forms that dialogues use; `askUnseen` are never asked in
 * any training file, so that evaluation can tell understanding a question from remembering it.
 */
export interface Fact {
  readonly id: string; // relation:subject, or relation:subject:unit
  readonly relation: string;
  readonly subject: string;
  readonly answer: string;
  readonly extra: string; // third column of the row, '' where it has none
  readonly pretrainOnly: boolean; // told in pretrain.txt, never asked or answered in a dialogue
}

export interface Relation {
  readonly id: string;
  readonly domain: string;
  readonly facts: readonly Fact[];
  readonly tell: readonly string[];
  readonly ask: readonly string[];
  readonly askUnseen: readonly string[];
  readonly reply: string; // the one answer sentence
  readonly again: string; // follow-up about another subject of the same relation: 那{s}呢？
  readonly wrong: ReadonlyMap<string, readonly string[]>; // fact id -> plausible wrong answers
  readonly pronoun: string; // follow-up about the same subject: 它的首都是哪里？ ('' where it has none)
}

interface RelationSource {
  readonly id: string;
  readonly domain: string;
  /** "subject answer extra", comma-separated; a `*` in front marks a fact that dialogues never mention. */
  readonly rows: string;
  readonly tell: readonly string[];
  /** The plain question without its question mark; three polite frames around it are seen, two are not. */
  readonly core: string;
  readonly ask: readonly string[];
  readonly askUnseen: readonly string[];
  readonly reply: string;
  readonly again?: string;
  readonly pronoun?: string;
  /** Wrong answers by third column, where another row of the relation would be a silly one. */
  readonly decoys?: Readonly<Record<string, readonly string[]>>;
}

/** Frames around the core question that dialogues use, and frames kept for evaluation. */
const SEEN_FRAMES = ['{core}？', '请问{core}？', '你知道{core}吗？', '请告诉我{core}。'] as const;
const UNSEEN_FRAMES = ['我忘了{core}，你记得吗？', '考考你：{core}？'] as const;

/** Parse the rows and put the frames around the core question. */
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
  const frame = (frames: readonly string[]) => frames.map((f) => f.replace('{core}', source.core));
  return {
    id: source.id,
    domain: source.domain,
    facts,
    tell: source.tell,
    ask: [...frame(SEEN_FRAMES), ...source.ask],
    askUnseen: [...frame(UNSEEN_FRAMES), ...source.askUnseen],
    reply: source.reply,
    again: source.again ?? '那{s}呢？',
    wrong,
    pronoun: source.pronoun ?? '',
  };
}

/** Answers of the same relation; where the third column is a question word, only those that it fits too. */
function peersOf(fact: Fact, facts: readonly Fact[], sameExtra: boolean): string[] {
  return facts.filter((other) => !sameExtra || other.extra === fact.extra).map((other) => other.answer);
}
