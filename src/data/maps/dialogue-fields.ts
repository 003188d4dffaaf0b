/**
 * Dialogues: how a record of a published instruction set becomes a conversation.
 */
import type { Message } from '../../tokenizer/index.ts';
import { textField } from '../formats/record.ts';
import { type FieldMap, FieldMaps } from './field-map.ts';
import { messagesIn } from './message-list.ts';
import { lines } from './text-fields.ts';

export const dialogueMaps: readonly FieldMap<Message[]>[] = [
  {
    needs: ['messages'],
    sets: 'this project, OpenAI',
    make: (record) => messagesIn(record, 'messages'),
  },
  {
    needs: ['question', 'answer'],
    sets: 'tiny-llm-zh (sft_data.jsonl)',
    make: (record) => exchange(textField(record, 'question'), textField(record, 'answer')),
  },
  {
    needs: ['instruction', 'output'],
    uses: ['input'],
    sets: 'Belle train_2M_CN, TigerBot sft_zh, shibing624/medical, Alpaca',
    make: (record) =>
      exchange(
        lines(textField(record, 'instruction'), textField(record, 'input')),
        textField(record, 'output'),
      ),
  },
  {
    needs: ['input', 'target'],
    sets: 'Firefly train-1.1M',
    make: (record) => exchange(textField(record, 'input'), textField(record, 'target')),
  },
  {
    needs: ['conversations'],
    sets: 'ShareGPT, Belle train_3.5M_CN',
    make: (record) => messagesIn(record, 'conversations'),
  },
];

export const dialogues = new FieldMaps('dialogue', dialogueMaps);

function exchange(question: string, answer: string): Message[] {
  return [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ];
}
