/**
 * Multiple choice in the layout of C-Eval and CMMLU: a folder `dev` with worked examples and a folder `val` with the questions,
 * each a CSV file (RFC 4180) with the columns question, A, B, C, D, answer.
 *
 * The questions are those of eval/choice.jsonl. The examples ask about facts that no question asks about, one per relation, with
 * the right answers at A, B, C, D, A: five examples can teach the form and nothing else.
 */
import { Random } from '../../src/tensor/random.ts';
import type { ChoiceQuestion } from './evaluation.ts';
import { relationOf } from './facts.ts';
import { dealt } from './splits.ts';

const EXAMPLES = 5;
const LETTERS = ['A', 'B', 'C', 'D'] as const;

type Row = Pick<ChoiceQuestion, 'question' | 'options' | 'answer'>;

export function writeChoiceCsv(
  questions: readonly ChoiceQuestion[],
  seed: number,
): { dev: string; val: string } {
  return { dev: toCsv(examples(questions, new Random(seed))), val: toCsv(questions) };
}

function examples(questions: readonly ChoiceQuestion[], random: Random): Row[] {
  const asked = new Set(questions.map(({ id }) => id));
  const rows: Row[] = [];
  const relations = new Set<string>();
  for (const { fact, trained } of random.shuffle([...dealt])) {
    const wrong = relationOf(fact).wrong.get(fact.id)!;
    if (asked.has(fact.id) || relations.has(fact.relation) || trained.length === 0 || wrong.length < 3)
      continue;
    relations.add(fact.relation);
    const answer = rows.length % LETTERS.length;
    const options = random.shuffle([...wrong]).slice(0, 3);
    options.splice(answer, 0, fact.answer);
    rows.push({ question: trained[0]!, options, answer });
    if (rows.length === EXAMPLES) return rows;
  }
  throw new Error(`Only ${rows.length} of ${EXAMPLES} examples can be made`);
}

function toCsv(rows: readonly Row[]): string {
  const records = rows.map(({ question, options, answer }) => [question, ...options, LETTERS[answer]!]);
  return [['question', ...LETTERS, 'answer'], ...records].map((r) => `${r.map(quoted).join(',')}\n`).join('');
}

/** A field with a comma, a quote or a line end is quoted, with its quotes doubled. */
function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
