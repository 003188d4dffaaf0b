/** Bugs in sampling, generation and chat. */
import type { Area } from '../bug.ts';

export const generation: Area = {
  name: 'generation',
  tests: 'generation/ evaluation/answers',
  bugs: {
    'top-p-first': {
      file: 'generation/sampler.ts',
      find: '  keepTopK(logits, options.topK);\n  keepTopP(logits, options.topP);',
      replace: '  keepTopP(logits, options.topP);\n  keepTopK(logits, options.topK);',
      breaks: 'top-p is applied before top-k',
    },
    'temperature-last': {
      file: 'generation/sampler.ts',
      find: '  applyTemperature(logits, options.temperature);\n  keepTopK(logits, options.topK);\n  keepTopP(logits, options.topP);',
      replace:
        '  keepTopK(logits, options.topK);\n  keepTopP(logits, options.topP);\n  applyTemperature(logits, options.temperature);',
      breaks: 'top-p looks at probabilities before the temperature',
    },
    'penalty-negative': {
      file: 'generation/processors.ts',
      find: 'score > 0 ? score / penalty : score * penalty',
      replace: 'score / penalty',
      breaks: 'the repetition penalty makes tokens with a negative score likelier',
    },
    'penalty-twice': {
      file: 'generation/processors.ts',
      find: 'for (const id of new Set(seen)) {',
      replace: 'for (const id of seen) {',
      breaks: 'a token seen twice is punished twice',
    },
    'top-p-border': {
      file: 'generation/processors.ts',
      find: 'if (before >= p && before > 0)',
      replace: 'if (before > p)',
      breaks: 'a token more than needed stays where the sum is exactly p',
    },
    'generate-last-position': {
      file: 'generation/generate.ts',
      find: 'seen.length > context) return;',
      replace: 'seen.length >= context) return;',
      breaks: 'the last token that the context allows is not made',
    },
    'batch-last-position': {
      file: 'generation/generate.ts',
      find: 'prompts[row]!.length + made <= context',
      replace: 'prompts[row]!.length + made < context',
      breaks: 'in a batch the last token that the context allows is not made',
    },
    'batch-filler-remembered': {
      file: 'generation/text-batch.ts',
      find: '    this.cache.shorten(lengths);\n',
      replace: '',
      breaks: 'a short prompt beside a long one goes on behind its filler',
      tests: 'generation/',
    },
    'batch-rows-mixed': {
      file: 'generation/text-batch.ts',
      find: 'this.rows = from.map((place) => this.rows[place]!);',
      replace: 'this.rows = this.rows.slice(0, from.length);',
      breaks: 'once a text has ended, its answer goes on with the tokens of another',
      tests: 'generation/',
    },
    'batch-cache-not-moved': {
      file: 'generation/text-batch.ts',
      find: '    this.cache.arrange(from);\n',
      replace: '    this.cache.arrange(from.map((_, row) => row));\n',
      breaks: 'a text that takes the place of one that has ended reads what that one said',
      tests: 'generation/',
    },
    'rollout-streams': {
      file: 'generation/rollout.ts',
      find: 'streamSeed(seed, first + row)',
      replace: 'streamSeed(seed, row)',
      breaks: 'every batch of rollouts draws with the same numbers',
    },
    'stop-first-listed': {
      file: 'generation/chat.ts',
      find: 'Math.min(...places)',
      replace: 'places[0]!',
      breaks: 'an answer ends at the stop text listed first, not at the one that comes first',
    },
    'chat-exact-fit': {
      file: 'generation/chat.ts',
      find: 'if (ids.length <= room) return ids;',
      replace: 'if (ids.length < room) return ids;',
      breaks: 'a conversation that just fits forgets its first turn',
    },
    'overlong-character': {
      file: 'generation/whole-characters.ts',
      find: '240: [144, 191]',
      replace: '240: [128, 191]',
      breaks: 'a character of four bytes may be one that fits into three',
    },
    'torn-at-the-limit': {
      file: 'generation/whole-characters.ts',
      find: 'return length > 0 && length <= left;',
      replace: 'return length > 0;',
      breaks: 'a character is begun that the limit cuts off',
    },
  },
};
