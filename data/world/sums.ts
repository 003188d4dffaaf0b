/**
 * The ability to do sums: + and - within a hundred, products, divisions, in digits, characters and signs.
 * The answer is always the formula in digits with its steps: 三加五等于几？ -> 3+5=8。
 */
import type { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import { askedSum, isHeldOut, resultOf, type Sum, sums, worked } from './arithmetic.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { rhymeOf, sumDocument, sumTexts } from './sum-documents.ts';
import { heldOutQuestion, trainedQuestion } from './sum-questions.ts';
import { hanzi } from './text.ts';

const DIALOGUES = 1_500;
const RECORDS = 100;

export interface SumQuestion {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  readonly accepted: readonly string[];
}

export const answerTo = (sum: Sum): string => `${worked(sum)}。`;

/** What is not a sum but belongs here: the rhyme of a number, and the one division that has no result. */
function others(): Dialogue[] {
  const numbers = Array.from({ length: 9 }, (_, i) => i + 1);
  const rhymes = numbers.flatMap((n) =>
    [`背一背${hanzi(n)}的乘法口诀。`, `${hanzi(n)}的乘法口诀是什么？`, `请背${n}的口诀。`].map((question) =>
      talk('sum', question, `${rhymeOf(n)}。`),
    ),
  );
  const byZero = numbers.flatMap((n) =>
    [`${n}÷0=？`, `${n}除以0等于几？`].map((question) => talk('sum', question, '0不能做除数。')),
  );
  return [...rhymes, ...byZero];
}

function drawn(random: Random, n: number, ask: (random: Random, sum: Sum) => string): Dialogue[] {
  const made = new Map<string, Dialogue>();
  while (made.size < n) {
    const sum = askedSum(random);
    if (isHeldOut(sum)) continue;
    const question = ask(random, sum);
    made.set(question, talk('sum', question, answerTo(sum)));
  }
  return [...made.values()];
}

function records(random: Random, name: string, draw: (random: Random) => Sum): SumQuestion[] {
  const made = new Map<string, SumQuestion>();
  while (made.size < RECORDS) {
    const sum = draw(random);
    const question = heldOutQuestion(random, sum);
    if (made.has(question)) continue;
    const id = `${name}:${made.size + 1}`;
    made.set(question, { id, question, answer: resultOf(sum), accepted: [answerTo(sum)] });
  }
  return [...made.values()];
}

function knownSum(random: Random): Sum {
  for (;;) {
    const sum = askedSum(random);
    if (!isHeldOut(sum)) return sum;
  }
}

export const sumsAbility: Ability = {
  name: 'sums',
  texts: sumTexts,
  documents: { share: 10, write: sumDocument },
  dialogues(random) {
    const fixed = others();
    return [...fixed, ...drawn(random, DIALOGUES - fixed.length, trainedQuestion)];
  },
  heldOut: (random) => drawn(random, 20, heldOutQuestion),
  evaluation: (random) =>
    new Map([
      ['sums', records(random, 'sum', knownSum)],
      ['sums-held-out', records(random, 'sum-held-out', (r) => r.pick<Sum>(sums.held))],
    ]),
};
