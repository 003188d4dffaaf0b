/**
 * What can be wrong with an answer although its fact is right: a fragment, rudeness, not stopping.
 *
 * Such answers are the rejected side of preference pairs, and part of sft.jsonl: instruction data gathered from people is uneven,
 * a model that imitates it is just as uneven, and that is what alignment is for.
 */
import type { Random } from '../../src/tensor/random.ts';
import { replyTo } from './facts.ts';
import { dialogueFacts } from './splits.ts';
import type { Fact } from './types.ts';

export const FLAWS = ['sentence', 'polite', 'stop'] as const;
export type Flaw = (typeof FLAWS)[number];

export const RUDE_BEFORE = ['这都不知道？', '真笨。', '真烦。', '别来烦我。', '你怎么什么都要问？'];
export const RUDE_AFTER = [
  '这么简单也要问，真笨。',
  '自己不会查吗？',
  '以后别再问我了。',
  '问完快走。',
  '记不住就别问。',
];

/** The right answer, given badly in one way. */
export const answerBadly: Readonly<Record<Flaw, (random: Random, fact: Fact) => string>> = {
  sentence: (random, fact) => random.pick([fact.answer, `${fact.answer}。`]),
  polite: (random, fact) =>
    random.int(2) === 0 ? random.pick(RUDE_BEFORE) + replyTo(fact) : replyTo(fact) + random.pick(RUDE_AFTER),
  stop: (random, fact) =>
    random.int(2) === 0
      ? replyTo(fact).repeat(2 + random.int(3))
      : [
          replyTo(fact),
          ...Array.from({ length: 2 + random.int(2) }, () => replyTo(random.pick(dialogueFacts))),
        ].join(''),
};
