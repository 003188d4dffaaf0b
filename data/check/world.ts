/**
 * A world as it lies in a directory: all its records with the places where they stand.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Faults } from './faults.ts';
import * as files from './files.ts';

export interface Message {
  readonly role: string;
  readonly content: string;
}
interface Entry {
  readonly id: string;
  readonly relation: string;
  readonly subject: string;
  readonly answer: string;
  readonly accepted: readonly string[];
  readonly questions: readonly string[];
}
interface Question {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
  readonly accepted: readonly string[];
}
interface Pair {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  readonly quality: string;
}
interface Choice {
  readonly id: string;
  readonly question: string;
  readonly options: readonly string[];
  readonly answer: number;
}

export type Dialogue = files.Placed<{ readonly messages: readonly Message[] }>;
type Documents = readonly files.Placed<{ readonly text: string }>[];

export interface World {
  readonly documents: Documents;
  readonly heldoutDocuments: Documents;
  readonly dialogues: readonly Dialogue[];
  readonly heldoutDialogues: readonly Dialogue[];
  readonly pairs: readonly files.Placed<Pair>[];
  readonly heldoutPairs: readonly files.Placed<Pair>[];
  readonly key: readonly files.Placed<Entry>[];
  /** eval/facts-*.jsonl and the sums: questions with one answer. */
  readonly questions: readonly files.Placed<Question>[];
  readonly choices: readonly files.Placed<Choice>[];
  readonly minimalPairs: readonly files.Placed<{ readonly good: string; readonly bad: string }>[];
  /** What a file of eval/ asks in one turn, whatever it is. */
  readonly asked: readonly files.Placed<{ readonly question: string }>[];
  /** What a file of eval/ asks at the end of a conversation. */
  readonly conversations: readonly Dialogue[];
}

export function readWorld(folder: string, faults: Faults): World {
  const { text, anyText, texts, index } = files;
  for (const name of files.REQUIRED)
    if (!existsSync(join(folder, name)))
      faults.add(
        name,
        'is missing',
        'write it again with npx tsx data/generate.ts, or leave such a world unchecked',
      );
  const records = <T extends object>(name: string, shape: Parameters<typeof files.readRecords<T>>[2]) =>
    files.readRecords<T>(folder, name, shape, faults);
  const dialogues = (name: string) => records<{ messages: Message[] }>(name, { messages: files.messages });
  const pair = { prompt: text, chosen: text, rejected: text, quality: text };
  const evaluations = existsSync(join(folder, 'eval'))
    ? readdirSync(join(folder, 'eval'))
        .filter((name) => name.endsWith('.jsonl'))
        .sort()
    : [];
  const choices = records<Choice>('eval/choice.jsonl', {
    id: text,
    question: text,
    options: texts,
    answer: index,
  });
  const questions = evaluations
    .filter((name) => /^(facts|sums)(-|\.)/.test(name))
    .flatMap((name) =>
      records<Question>(`eval/${name}`, { id: text, question: text, answer: text, accepted: texts }),
    );
  const others = evaluations.filter((name) => /^(introductions|refusals|stories)(-|\.)/.test(name));
  return {
    documents: files.readDocuments(folder, 'pretrain.txt', faults),
    heldoutDocuments: files.readDocuments(folder, 'heldout.txt', faults),
    dialogues: dialogues('sft.jsonl'),
    heldoutDialogues: dialogues('sft-heldout.jsonl'),
    pairs: records<Pair>('preferences.jsonl', pair),
    heldoutPairs: records<Pair>('preferences-heldout.jsonl', pair),
    key: records<Entry>('eval/answer-key.jsonl', {
      id: text,
      relation: text,
      subject: anyText,
      answer: anyText,
      accepted: texts,
      questions: texts,
    }),
    questions,
    choices,
    minimalPairs: records<{ good: string; bad: string }>('eval/minimal-pairs.jsonl', {
      good: text,
      bad: text,
    }),
    asked: [
      ...questions,
      ...choices,
      ...others.flatMap((name) => records<{ question: string }>(`eval/${name}`, { question: text })),
    ],
    conversations: evaluations
      .filter((name) => name.startsWith('follow-ups'))
      .flatMap((name) => dialogues(`eval/${name}`)),
  };
}
