/** Bugs between files and rows: exact fits, masks off by one, held-out text that is trained on. */
import type { Area } from '../bug.ts';

export const data: Area = {
  name: 'data',
  tests: 'data/ training/batch scoring/ training/stages/pretrain',
  bugs: {
    'pretrain-last-row': {
      file: 'data/rows/pretrain-rows.ts',
      find: 'Math.floor((end - start - 1) / options.context)',
      replace: 'Math.floor((end - start) / options.context)',
      breaks: 'a last row without a last target is trained on where the tokens fit exactly',
    },
    'pretrain-exact-row': {
      file: 'data/rows/pretrain-rows.ts',
      find: 'Math.floor((end - start - 1) / options.context)',
      replace: 'Math.ceil((end - start - 1) / options.context) - 1',
      breaks: 'the last row is dropped where it fits exactly',
    },
    'sft-exact-fit': {
      file: 'data/rows/sft-rows.ts',
      find: 'if (used + length > context) {',
      replace: 'if (used + length >= context) {',
      breaks: 'a dialogue that fills its row exactly opens a new one',
    },
    'sft-longest-dialogue': {
      file: 'data/rows/sft-rows.ts',
      find: 'if (dialogue.ids.length > context + 1) {',
      replace: 'if (dialogue.ids.length > context) {',
      breaks: 'a dialogue that fits exactly is left out',
    },
    'sft-mask': {
      file: 'data/rows/sft-rows.ts',
      find: 'const isAnswer = this.learned[i + 1] === 1;',
      replace: 'const isAnswer = this.learned[i] === 1;',
      breaks: 'the first token of an answer is not learned',
    },
    'sft-filler-document': {
      file: 'data/rows/sft-rows.ts',
      find: '    documents.fill(document, at); //',
      replace: '    //',
      breaks: 'filler belongs to the first dialogue of its row',
    },
    'pairs-exact-fit': {
      file: 'data/rows/pairs.ts',
      find: "Math.max(better.ids.length, worse.ids.length) > context) return 'tooLong'",
      replace: "Math.max(better.ids.length, worse.ids.length) >= context) return 'tooLong'",
      breaks: 'a pair that fits exactly is left out',
    },
    'prompts-exact-fit': {
      file: 'data/rows/prompts.ts',
      find: 'if (ids.length + maxNewTokens > context) noRoom++;',
      replace: 'if (ids.length + maxNewTokens >= context) noRoom++;',
      breaks: 'a prompt that leaves just enough room is left out',
    },
    'packing-exact-fit': {
      file: 'data/rows/answers.ts',
      find: 'columns + lengths[i]! <= width',
      replace: 'columns + lengths[i]! < width',
      breaks: 'an answer that fits a row exactly opens a new one',
    },
    'epoch-order': {
      file: 'data/rows/rows.ts',
      find: 'new Random(seed * 1_000_003 + epoch)',
      replace: 'new Random(seed * 1_000_003)',
      breaks: 'every epoch has the same order',
    },
    'held-out-text': {
      file: 'data/layout.ts',
      find: 'if (!heldOut) yield text;',
      replace: 'yield text;',
      breaks: 'held-out documents of a single file are trained on',
    },
    'held-out-tokens': {
      file: 'training/text-corpus.ts',
      find: 'return { tokens, length, heldOut: tokens, heldOutStart: length };',
      replace: 'return { tokens, length: tokens.length, heldOut: tokens, heldOutStart: length };',
      breaks: 'held-out rows of a .bin are trained on',
      tests: 'training/stages/pretrain',
    },
    'token-id-limit': {
      file: 'data/bytes/token-file.ts',
      find: 'tokens.findIndex((id) => id >= vocabSize)',
      replace: 'tokens.findIndex((id) => id > vocabSize)',
      breaks: 'the first id beyond the vocabulary is accepted',
    },
    'choice-lower-case': {
      file: 'data/choices.ts',
      find: "field(record, 'answer').trim().toUpperCase()",
      replace: "field(record, 'answer').trim()",
      breaks: 'an answer "b" is refused',
    },
    'answer-targets': {
      file: 'scoring/answer-batch.ts',
      find: 'last = lastOfPrompt;',
      replace: '',
      breaks: 'the second answer to a prompt is predicted from the end of the first',
    },
    'answer-branches': {
      file: 'nn/mask.ts',
      find: 'own[k] !== 0 && own[k] !== own[past + q]',
      replace: 'own[k] !== 0 && false',
      breaks: 'an answer sees the other answers to its prompt',
      tests: 'nn/mask scoring/',
    },
    'novel-held-out-learned': {
      file: 'data/layout.ts',
      find: 'if (!heldOut) yield text;',
      replace: 'yield text;',
      breaks: 'held-out documents and pages are trained on',
    },
  },
};
