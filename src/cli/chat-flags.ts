/**
 * The flags of src/chat.ts, and what they make of a conversation.
 */
import { checkSampling } from '../generation/sampler.ts';
import { backendFlags } from './backend.ts';
import type { FlagTable, FlagValues } from './flags.ts';

export const chatFlags = {
  model: {
    type: 'text',
    value: 'DIR',
    help: 'model directory, or a run',
    default: "the latest run's last chat stage",
  },
  prompt: { type: 'text', value: 'TEXT', help: 'ask this, print the answer and stop' },
  system: { type: 'text', value: 'TEXT', help: 'instructions put before the conversation' },
  temperature: {
    type: 'number',
    min: 0,
    max: 100,
    help: '0 always takes the most likely token',
    default: '0',
  },
  'top-k': {
    type: 'number',
    whole: true,
    min: 0,
    help: 'choose among the k most likely tokens, 0 for all',
    default: '0',
  },
  'top-p': {
    type: 'number',
    above: 0,
    max: 1,
    help: 'choose among tokens that make up this probability',
    default: '1',
  },
  'repetition-penalty': {
    type: 'number',
    above: 0,
    max: 100,
    help: 'above 1 avoids tokens already used',
    default: '1',
  },
  stop: { type: 'text', value: 'TEXT', help: 'end an answer before this text' },
  'max-new-tokens': {
    type: 'number',
    whole: true,
    min: 1,
    max: 1 << 20,
    help: 'longest answer',
    default: '128',
  },
  seed: { type: 'number', whole: true, min: 0, help: 'seed of the draws', default: '0' },
  ...backendFlags,
} as const satisfies FlagTable;

/** How a conversation is held, from the flags; sampling that makes no sense is refused. */
export function chatOptions(values: FlagValues<typeof chatFlags>) {
  const sampling = {
    temperature: values.temperature ?? 0,
    topK: values['top-k'] ?? 0,
    topP: values['top-p'] ?? 1,
    repetitionPenalty: values['repetition-penalty'] ?? 1,
  };
  checkSampling(sampling);
  return {
    ...sampling,
    maxNewTokens: values['max-new-tokens'] ?? 128,
    seed: values.seed ?? 0,
    system: values.system,
    stop: values.stop === undefined ? [] : [values.stop],
  };
}
