/** The smallest data directory that every stage can work with, and settings that run it in a second. */
import type { RunSettings } from '../../src/training/run-settings.ts';
import { put } from '../data/temporary.ts';
import { sampleDocuments } from '../tokenizer/sample.ts';

const FACTS = [
  ['中国', '北京'],
  ['法国', '巴黎'],
  ['日本', '东京'],
  ['埃及', '开罗'],
] as const;

export function writeWorld(folder: string): string {
  const facts = FACTS.map(([place, capital]) => ({
    relation: 'capital',
    question: `${place}首都？`,
    answer: capital,
    accepted: [`${capital}。`],
  }));
  const dialogues = facts.flatMap(({ question, accepted }) => [
    {
      messages: [
        { role: 'user', content: question },
        { role: 'assistant', content: accepted[0] },
      ],
    },
    { question, answer: accepted[0] },
  ]);
  const lines = (records: readonly object[]) =>
    records.map((record) => `${JSON.stringify(record)}\n`).join('');
  put(folder, 'pretrain.txt', sampleDocuments().join('\n\n'));
  put(folder, 'heldout.txt', sampleDocuments().slice(0, 3).join('\n\n'));
  put(folder, 'sft.jsonl', lines(dialogues));
  put(folder, 'sft-heldout.jsonl', lines(dialogues.slice(0, 2)));
  put(folder, 'eval/facts-seen.jsonl', lines(facts));
  return folder;
}

export function worldSettings(data: string, changes: Partial<RunSettings> = {}): RunSettings {
  return {
    preset: 'pico',
    stages: ['tokenizer', 'pretrain', 'sft', 'evaluate'],
    data,
    initFrom: null,
    seed: 42,
    context: 16,
    vocabSize: 400,
    changes: { maxSteps: 3, batchSize: 2 },
    quick: false,
    backend: 'reference',
    gpuMode: null,
    deterministic: false,
    ...changes,
  };
}
