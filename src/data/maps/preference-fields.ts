/**
 * Preference pairs: how a record of a published set becomes a prompt and two answers.
 *
 * An answer may be a text or the list of messages that ends with it. Pairs are about one question: a list with more turns is
 * refused, since its answers would lose what they answer. Scores beside the answers are not read: what is called chosen is
 * chosen.
 */
import { UserError } from '../../errors.ts';
import { type DataRecord, ownField, textField } from '../formats/record.ts';
import { type FieldMap, FieldMaps } from './field-map.ts';
import { messagesIn } from './message-list.ts';

export interface Choice {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  /** What the two differ in; 'all' where the record does not say. */
  readonly quality: string;
}

export const preferenceMaps: readonly FieldMap<Choice>[] = [
  {
    needs: ['prompt', 'chosen', 'rejected'],
    uses: ['quality'],
    sets:
      'this project, tiny-llm-zh (rl_data.jsonl), rlhf-reward-single-round-trans_chinese, zhihu_rlhf_3k, ' +
      'UltraFeedback binarized',
    make: (record) => ({
      prompt: promptOf(record),
      chosen: answerOf(record, 'chosen'),
      rejected: answerOf(record, 'rejected'),
      quality: textField(record, 'quality') || 'all',
    }),
  },
  {
    needs: ['prompt', 'pos_resp', 'neg_resp'],
    sets: 'CValues-Comparison',
    make: (record) => named(record, 'prompt', 'pos_resp', 'neg_resp'),
  },
  {
    needs: ['question', 'response_chosen', 'response_rejected'],
    sets: 'shibing624/medical (reward)',
    make: (record) => named(record, 'question', 'response_chosen', 'response_rejected'),
  },
  {
    needs: ['chosen', 'rejected'],
    sets: 'conversations without a prompt of their own',
    make: conversations,
  },
];

export const preferences = new FieldMaps('preference pair', preferenceMaps);

function named(record: DataRecord, prompt: string, chosen: string, rejected: string): Choice {
  return {
    prompt: textField(record, prompt),
    chosen: textField(record, chosen),
    rejected: textField(record, rejected),
    quality: 'all',
  };
}

function conversations(record: DataRecord): Choice {
  const [better, worse] = [turnOf(record, 'chosen'), turnOf(record, 'rejected')];
  if (better.prompt === null || worse.prompt !== better.prompt) {
    throw new UserError(
      `${record.place}: chosen and rejected must begin with the same user message, or a field "prompt" must hold it`,
    );
  }
  return { prompt: better.prompt, chosen: better.answer, rejected: worse.answer, quality: 'all' };
}

function promptOf(record: DataRecord): string {
  if (!Array.isArray(ownField(record.value, 'prompt'))) return textField(record, 'prompt');
  const [first, ...others] = messagesIn(record, 'prompt');
  if (first?.role !== 'user' || others.length > 0) refuseTurns(record, 'prompt');
  return first.content;
}

function answerOf(record: DataRecord, field: string): string {
  return Array.isArray(ownField(record.value, field))
    ? turnOf(record, field).answer
    : textField(record, field);
}

/** The answer that a list of messages ends with, and the question if it begins with it. */
function turnOf(record: DataRecord, field: string): { prompt: string | null; answer: string } {
  const messages = messagesIn(record, field);
  const [first, second] = messages;
  if (messages.length === 1 && first?.role === 'assistant') return { prompt: null, answer: first.content };
  if (messages.length !== 2 || first?.role !== 'user' || second?.role !== 'assistant')
    refuseTurns(record, field);
  return { prompt: first.content, answer: second.content };
}

function refuseTurns({ place }: DataRecord, field: string): never {
  throw new UserError(
    `${place}: "${field}" must be one user message and one answer; ` +
      'leave out conversations of several turns or with a system message',
  );
}
