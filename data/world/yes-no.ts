/**
 * Yes-no questions: 巴黎是法国的首都吗？ 大象是鸟类吗？
 *
 * The answer states the fact first and then whether the claim was right: 法国的首都是巴黎，不是伦敦。 A small model writes the fact
 * from what it knows and then only has to compare; yes or no as the first word would have to be known before the fact is.
 * One fact in five is never claimed in training, rightly or wrongly: facts-yes-no asks about these.
 */
import { Random } from '../../src/tensor/random.ts';
import type { Ability } from './ability.ts';
import type { KeyEntry } from './answer-key.ts';
import { type Dialogue, talk } from './dialogues.ts';
import { relationOf, replyTo, slotsOf } from './facts.ts';
import { hashOf, oneIn } from './hash.ts';
import { varied } from './questions.ts';
import { dialogueFacts } from './splits.ts';
import { bare, fill } from './text.ts';
import type { Fact } from './types.ts';

interface Claim {
  readonly fact: Fact;
  readonly wrong: string; // '' for a right claim
  readonly question: string;
  readonly reply: string;
}

const DIALOGUES = 600;
const HELD_OUT = 12;
const QUESTIONS = 130;

const FRAMES = [
  ...Array(8).fill('{c}吗？'),
  ...Array(4).fill('{c}吗'),
  ...[
    '{c}，对吗？',
    '{c}，是吗？',
    '{c}，对不对？',
    '请问{c}吗？',
    '小言，{c}吗？',
    '你好，{c}吗？',
    '{c}，是不是？',
  ],
] as const;
const UNSEEN_FRAMES = ['听说{c}，这是真的吗？', '有人告诉我{c}，对吗？'] as const;

/** A claim about the fact; `place` chooses the words, `right` whether it is true. */
function claim(random: Random, fact: Fact, right: boolean, frames: readonly string[]): Claim {
  const { claim: form, reply, claimWrong, wrong, deny } = relationOf(fact);
  const said = right ? '' : random.pick(claimWrong?.[fact.subject] ?? wrong.get(fact.id)!);
  const words = random.pick([form, bare(reply)]);
  const text = varied(random, fill(words, { ...slotsOf(fact), a: right ? fact.answer : said }));
  const asks = frames !== UNSEEN_FRAMES && words.includes('是') && random.int(6) === 0;
  const question = asks
    ? `${text.replace('是', '是不是')}？`
    : random.pick(frames).replace('{c}', () => text);
  const ending = right ? '对' : fill(deny, slotsOf(fact, said));
  return { fact, wrong: said, question, reply: `${bare(replyTo(fact))}，${ending}。` };
}

const claimed = dialogueFacts.filter((fact) => {
  const { claim: form, claimWrong } = relationOf(fact);
  return form !== '' && (claimWrong === null || claimWrong[fact.subject] !== undefined);
});
const isHeld = (fact: Fact) => oneIn(5, `claim ${fact.id}`);

/** Claims about a fact, each in other words: the first right or wrong by chance, the second the other way, and so on. */
function claimsOf(fact: Fact, n: number, frames: readonly string[]): Claim[] {
  const random = new Random(hashOf(`claim ${fact.id}`));
  const first = random.int(2);
  return Array.from({ length: n }, (_, i) => claim(random, fact, (first + i) % 2 === 0, frames));
}

/** One claim about every trained fact in turn, then a second one, until there are enough. */
function trainedClaims(): Claim[] {
  const byFact = claimed.filter((fact) => !isHeld(fact)).map((fact) => claimsOf(fact, 4, FRAMES));
  const questions = new Map<string, Claim>();
  for (let round = 0; round < 4; round++)
    for (const claims of byFact) {
      const made = claims[round]!;
      if (questions.size < DIALOGUES + HELD_OUT && !questions.has(made.question))
        questions.set(made.question, made);
    }
  return [...questions.values()];
}

const asked = trainedClaims();
const reserved = asked.slice(-HELD_OUT);
const trained = asked.slice(0, -HELD_OUT);
const held = claimed
  .filter(isHeld)
  .flatMap((fact, i) => [
    claimsOf(fact, 1, FRAMES)[0]!,
    claim(new Random(hashOf(`unseen ${fact.id}`)), fact, i % 2 === 0, UNSEEN_FRAMES),
  ]);
const evaluated = new Random(hashOf('yes-no')).shuffle([...held]).slice(0, QUESTIONS);

const idOf = ({ fact, wrong }: Claim) => `${fact.id}:${wrong === '' ? 'right' : wrong}`;

/** Entries of the answer key: the fact alone is an answer too. */
export function yesNoKey(): KeyEntry[] {
  const entries = new Map<string, { claim: Claim; questions: string[] }>();
  for (const made of [...asked, ...evaluated]) {
    const entry = entries.get(idOf(made)) ?? { claim: made, questions: [] };
    entry.questions.push(made.question);
    entries.set(idOf(made), entry);
  }
  return [...entries].map(
    ([
      id,
      {
        claim: { fact, reply },
        questions,
      },
    ]) => ({
      id,
      relation: `${fact.relation}-claim`,
      subject: fact.subject,
      answer: fact.answer,
      accepted: [reply, replyTo(fact)],
      questions,
    }),
  );
}

export const yesNo: Ability = {
  name: 'yes-no',
  dialogues: (): Dialogue[] => trained.map(({ question, reply }) => talk('yes-no', question, reply)),
  heldOut: (): Dialogue[] => reserved.map(({ question, reply }) => talk('yes-no', question, reply)),
  evaluation: () => {
    const records = evaluated.map((made) => ({
      id: idOf(made),
      relation: `${made.fact.relation}-claim`,
      question: made.question,
      answer: made.fact.answer,
      accepted: [made.reply, replyTo(made.fact)],
    }));
    return new Map([['facts-yes-no', records]]);
  },
};
