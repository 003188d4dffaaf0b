/**
 * What a newcomer tries beside facts: sums, introductions, stories, follow-up questions, and what nobody can know. For each file of
 * eval/ its questions as prompts, and how an answer is marked (kinds/ holds the rules).
 *
 * Answers are greedy, with room for as many tokens as their kind needs; one that is cut off there did not come to its end.
 */
import { readFollowUps } from '../data/follow-ups.ts';
import { readIntroductions } from '../data/introductions.ts';
import type { AbilityName } from '../data/layout.ts';
import { readSums } from '../data/questions.ts';
import { readRefusals } from '../data/refusals.ts';
import { readStories } from '../data/stories.ts';
import type { Watch } from '../event-loop.ts';
import type { CausalLM } from '../models/causal-lm.ts';
import { encodeDialogue, type Message, type Tokenizer } from '../tokenizer/index.ts';
import { answerPrompts, type GivenAnswer, MAX_ANSWER_TOKENS, MAX_LONG_ANSWER_TOKENS } from './answers.ts';
import { isRightFollowUp } from './kinds/follow-up.ts';
import { isRightIntroduction } from './kinds/introduction.ts';
import { isRightRefusal } from './kinds/refusal.ts';
import { isStory } from './kinds/story.ts';
import { isRightSum } from './kinds/sum.ts';

/** A question with the model's answer, right or wrong. */
export interface Marked {
  readonly question: { readonly question: string };
  readonly text: string;
  readonly correct: boolean;
}

/** Something to ask, and what counts as a right answer. */
export interface Item {
  /** The last message is the user's. */
  readonly messages: readonly Message[];
  readonly isRight: (answer: GivenAnswer) => boolean;
  /** What it is asked for, and the answer: for what guessing gives. Missing where nothing can be guessed. */
  readonly guess?: { readonly relation: string; readonly answer: string };
}

const asks = (content: string): Message[] => [{ role: 'user', content }];

function sums(path: string): Item[] {
  return readSums(path).map((sum) => ({
    messages: asks(sum.question),
    isRight: ({ text, finished }) => finished && isRightSum(text, sum),
    guess: sum,
  }));
}

function introductions(path: string): Item[] {
  return readIntroductions(path).map((about) => ({
    messages: asks(about.question),
    isRight: (answer) => isRightIntroduction(answer, about),
  }));
}

const items: Readonly<Record<AbilityName, (path: string) => Item[]>> = {
  sums,
  'sums-held-out': sums,
  introductions,
  'introductions-held-out': introductions,
  refusals: (path) =>
    readRefusals(path).map(({ question }) => ({ messages: asks(question), isRight: isRightRefusal })),
  stories: (path) =>
    readStories(path).map(({ question, hero }) => ({
      messages: asks(question),
      isRight: (answer) => isStory(answer, hero),
    })),
  'follow-ups': (path) =>
    readFollowUps(path).map((followUp) => ({
      messages: followUp.messages,
      isRight: (answer) => isRightFollowUp(answer, followUp),
      guess: { relation: followUp.kind, answer: followUp.answer },
    })),
};

/** Kinds whose answers have several sentences. */
const LONG: readonly AbilityName[] = ['introductions', 'introductions-held-out', 'stories'];

export function readItems(name: AbilityName, path: string): Item[] {
  return items[name](path);
}

/** The model's answer to every item, marked. */
export async function answerItems(
  name: AbilityName,
  asked: readonly Item[],
  { model, tokenizer }: { readonly model: CausalLM; readonly tokenizer: Tokenizer },
  watch: Watch = {},
): Promise<Marked[]> {
  const prompts = asked.map(
    ({ messages }) => encodeDialogue(tokenizer, messages, { addGenerationPrompt: true }).ids,
  );
  const maxNewTokens = LONG.includes(name) ? MAX_LONG_ANSWER_TOKENS : MAX_ANSWER_TOKENS;
  const answers = await answerPrompts(model, tokenizer, prompts, { ...watch, maxNewTokens });
  return asked.map(({ messages, isRight }, i) => {
    const answer = answers[i]!;
    const question = messages.map(({ content }) => content).join(' / ');
    return { question: { question }, text: answer.text, correct: isRight(answer) };
  });
}
