/** Bugs in evaluation: ties, answers cut at the limit, intervals, the judge. */
import type { Area } from '../bug.ts';

export const evaluation: Area = {
  name: 'evaluation',
  tests: 'evaluation/ training/rollouts/rewards',
  bugs: {
    'win-rate-ties': {
      file: 'evaluation/win-rate.ts',
      find: '0.5 + (wins(signs) - losses(signs)) / (2 * signs.length)',
      replace: '1 - losses(signs) / signs.length',
      breaks: 'ties count as wins',
    },
    'minimal-pairs-ties': {
      file: 'evaluation/minimal-pairs.ts',
      find: 'scores[2 * i]! > scores[2 * i + 1]!',
      replace: 'scores[2 * i]! >= scores[2 * i + 1]!',
      breaks: 'equal sentences count as right',
    },
    'reward-accuracy-ties': {
      file: 'evaluation/reward-accuracy.ts',
      find: 'rewards[2 * i]! > rewards[2 * i + 1]!',
      replace: 'rewards[2 * i]! >= rewards[2 * i + 1]!',
      breaks: 'equal rewards count as right: a constant reward model is perfect',
    },
    'choice-ties': {
      file: 'evaluation/choice-ppl.ts',
      find: 'return first === values.lastIndexOf(max) && first !== -1 ? first : null;',
      replace: 'return first !== -1 ? first : null;',
      breaks: 'of equal options the first is chosen',
    },
    'choice-room': {
      file: 'evaluation/choice-ppl.ts',
      find: 'room: context + 1 - Math.max(',
      replace: 'room: context - Math.max(',
      breaks: 'a question that fits exactly is left out, or loses an example',
    },
    'choice-examples-order': {
      file: 'evaluation/choice-prompts.ts',
      find: 'examples.slice(first).map(',
      replace: 'examples.slice(0, examples.length - first).map(',
      breaks: 'the last examples are left out first',
    },
    'finished-at-limit': {
      file: 'evaluation/answers.ts',
      find: 'ended[row] = next[place] === tokenizer.eosId;',
      replace: 'ended[row] = true;',
      breaks: 'an answer cut off at the limit counts as finished',
    },
    'judge-finished': {
      file: 'evaluation/judge.ts',
      find: 'bit(finished && !hasLoop(text) &&',
      replace: 'bit(!hasLoop(text) &&',
      breaks: 'the judge calls an answer that was cut off ended',
    },
    'judge-denied': {
      file: 'evaluation/judge.ts',
      find: 'named.every((answer) => answer === fact.answer) && !denied',
      replace: 'named.every((answer) => answer === fact.answer)',
      breaks: 'the right answer, denied, is right',
    },
    'sum-untrue-steps': {
      file: 'evaluation/kinds/sum.ts',
      find: '!isResult(said) || !chains.every(isTrue)',
      replace: '!isResult(said)',
      breaks: 'a right result after wrong steps is right',
    },
    'sum-other-operands': {
      file: 'evaluation/kinds/sum.ts',
      find: 'wanted !== null && given !== null && wanted !== given',
      replace: 'false',
      breaks: 'another sum with the same result is right',
    },
    'introduction-twice': {
      file: 'evaluation/kinds/introduction.ts',
      find: 'own.size >= 2 && own.size === sentences.length',
      replace: 'own.size >= 2',
      breaks: 'an introduction may say untrue things and repeat itself',
    },
    'refusal-claims': {
      file: 'evaluation/kinds/refusal.ts',
      find: '!admits(text) || claims(text)',
      replace: '!admits(text)',
      breaks: 'a guess after "I do not know" is a good refusal',
    },
    'story-again': {
      file: 'evaluation/kinds/story.ts',
      find: 'new Set(long).size === long.length && !hasLoop(text)',
      replace: '!hasLoop(text)',
      breaks: 'a story may be told twice',
    },
    'follow-up-denied': {
      file: 'evaluation/kinds/follow-up.ts',
      find: ' && !/[不没非]/u.test(rest)',
      replace: '',
      breaks: 'a denied answer is right where the question has the word for no',
    },
    'long-answer-room': {
      file: 'evaluation/abilities.ts',
      find: 'LONG.includes(name) ? MAX_LONG_ANSWER_TOKENS : MAX_ANSWER_TOKENS',
      replace: 'MAX_ANSWER_TOKENS',
      breaks: 'stories are cut off in the middle',
    },
    'refused-and-right': {
      file: 'evaluation/tasks.ts',
      find: '!correct && admits(text)',
      replace: '!correct',
      breaks: 'every wrong answer counts as a refusal',
    },
    'fact-reward-finished': {
      file: 'training/rollouts/rewards.ts',
      find: 'finished && text.includes(prompts[i]!.fact!) ? 1 : 0',
      replace: 'text.includes(prompts[i]!.fact!) ? 1 : 0',
      breaks: 'an answer that never ends earns the fact reward',
    },
    'wilson-width': {
      file: 'evaluation/intervals.ts',
      find: '(Z * Z) / (4 * n * n)',
      replace: '(Z * Z) / (4 * n)',
      breaks: "Wilson's interval is too wide",
    },
    'ratio-width': {
      file: 'evaluation/intervals.ts',
      find: 'Math.sqrt((squares * n) / (n - 1))',
      replace: 'Math.sqrt(squares / (n - 1))',
      breaks: 'the interval of bits per byte is too narrow',
    },
    'bootstrap-percentile': {
      file: 'evaluation/bootstrap.ts',
      find: 'high: percentile(values, 0.975)',
      replace: 'high: percentile(values, 0.95)',
      breaks: 'the upper end of a bootstrap interval is that of 90 %',
    },
    'bits-per-character': {
      file: 'evaluation/bits-per-byte.ts',
      find: 'x: utf8.encode(content).length',
      replace: 'x: content.length',
      breaks: 'bits per byte are bits per character',
    },
    'bits-stretch': {
      file: 'evaluation/bits-per-byte.ts',
      find: 'ids.slice(start, start + context + 1)',
      replace: 'ids.slice(start, start + context)',
      breaks: 'the last token of each stretch of a long document costs nothing',
    },
    'choice-spread': {
      file: 'evaluation/tasks.ts',
      find: 'questions[Math.floor((i * questions.length) / n)]!',
      replace: 'questions[i]!',
      breaks: '--limit takes the first subjects only',
    },
  },
};
