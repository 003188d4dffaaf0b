/** Bugs in training, encoding and decoding of the tokenizer. */
import type { Area } from '../bug.ts';

export const tokenizer: Area = {
  name: 'tokenizer',
  tests: 'tokenizer/ data/rows/',
  bugs: {
    'encoder-rank-by-id': {
      file: 'tokenizer/bpe-encoder.ts',
      find: 'const sorted = [...ids.values()].sort((a, b) => score(b) - score(a));',
      replace: 'const sorted = [...ids.values()];',
      breaks: 'merges go by id instead of by score: the same in vocabularies trained here only',
    },
    'encoder-outdated-merge': {
      file: 'tokenizer/bpe-encoder.ts',
      find: 'if (merged < 0 || rankOf[merged] !== rank) continue;',
      replace: 'if (merged < 0) continue;',
      breaks: 'a merge of symbols that have changed since goes before better ones',
    },
    'encoder-first-symbol': {
      file: 'tokenizer/bpe-encoder.ts',
      find: 'if (previous[left]! >= 0) consider(previous[left]!, left);',
      replace: 'if (previous[left]! > 0) consider(previous[left]!, left);',
      breaks: 'the first symbol does not join what was merged behind it',
    },
    'encoder-left-neighbour': {
      file: 'tokenizer/bpe-encoder.ts',
      find: '        previous[next[left]!] = left;\n',
      replace: '',
      breaks: 'a merged symbol is not the left neighbour of what follows it',
    },
    'encoder-three-bytes': {
      file: 'tokenizer/bpe-encoder.ts',
      find: 'code < 0x800 ? 1 :',
      replace: 'code <= 0x800 ? 1 :',
      breaks: 'U+0800 is written as two bytes',
    },
    'encoder-longest-whole': {
      file: 'tokenizer/bpe-encoder.ts',
      find: '    .sort((a, b) => b.length - a.length)\n',
      replace: '',
      breaks: 'of two user-defined pieces at one place the shorter is cut out',
    },
    'special-unknown': {
      file: 'tokenizer/tokenizer.ts',
      find: "return kind === 'control' || kind === 'unknown';",
      replace: "return kind === 'control';",
      breaks: '<unk> counts as text',
    },
    'template-end-not-learned': {
      file: 'tokenizer/chat-template.ts',
      find: '    ids.push(tokenizer.eosId);\n    answerMask.push(learned);',
      replace: '    ids.push(tokenizer.eosId);\n    answerMask.push(0);',
      breaks: 'the model never learns to end an answer',
    },
    'decoder-prefix-after-bytes': {
      file: 'tokenizer/stream-decoder.ts',
      find: '      this.atStart = false;\n      return this.bytes',
      replace: '      return this.bytes',
      breaks: 'with a dummy prefix the space after a first character in bytes is lost',
    },
    'prefix-on-nothing': {
      file: 'tokenizer/text-cleaning.ts',
      find: 'addDummyPrefix && escaped.length > 0 ?',
      replace: 'addDummyPrefix ?',
      breaks: 'the empty text is encoded as a space',
    },
    'full-width-digits': {
      file: 'tokenizer/script-classes.ts',
      find: '/[\\p{Nd}\\p{White_Space}\\p{Cc}]/u',
      replace: '/[0-9\\p{White_Space}\\p{Cc}]/u',
      breaks: 'full-width digits join into pieces',
    },
    'trainer-ties': {
      file: 'tokenizer/bpe-trainer.ts',
      find: 'return a.left < b.left || (a.left === b.left && a.right < b.right);',
      replace: 'return a.left < b.left;',
      breaks: 'of equally frequent pairs with one left symbol any may be learned first',
    },
    'trainer-rare-pairs': {
      file: 'tokenizer/bpe-trainer.ts',
      find: 'if (count < best.count && count >= minPairCount) queue.push({ ...best, count });',
      replace: 'if (count < best.count && count > minPairCount) queue.push({ ...best, count });',
      breaks: 'a pair whose count has shrunk to the least allowed is forgotten',
    },
    'pieces-too-long': {
      file: 'tokenizer/pair-index.ts',
      find: 'lengths[left]! + lengths[right]! > this.maxPieceLength',
      replace: 'lengths[left]! + lengths[right]! >= this.maxPieceLength',
      breaks: 'pieces stay one character shorter than allowed',
      tests: 'tokenizer/bpe-trainer',
    },
  },
};
