/**
 * Six ways to spoil a run, each with one fault planted: by a flag, by edited data, or by a double of the row source.
 *
 *   learning rate x 30    --lr                          no warm-up         --warmup 0
 *   labels unshifted      unshifted.ts, loaded before   KL off             --kl-coefficient 0
 *   reversed pairs        preferences.jsonl edited      shuffled answers   sft.jsonl edited
 *
 * Only the stage with the fault is trained; it starts from a good run with the same settings.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../../src/tensor/index.ts';
import { stageSettings } from '../../src/training/settings.ts';
import { pretrain } from '../../src/training/stages/pretrain.ts';

export interface Spoiled {
  readonly fault: string;
  /** Name of the cause that src/diagnose.ts must find first. */
  readonly cause: string;
  /** The stage that must be off. */
  readonly stage: string;
  readonly flags: readonly string[];
  readonly preload?: string;
}

/** `good` is the run to start from, `data` what it was made of; edited copies of the data are written below `folder`. */
export function spoiledRuns({
  good,
  data,
  folder,
  preset,
  quick,
}: Record<'good' | 'data' | 'folder' | 'preset', string> & { quick: boolean }): Spoiled[] {
  const { learningRate } = stageSettings(pretrain.settings(preset), quick ? { ...pretrain.quick } : {});
  const text = ['--stages', 'tokenizer,pretrain'];
  const from = (stage: string) => ['--init-from', join(good, stage)];
  const reversed = join(folder, 'data-reversed');
  const shuffled = join(folder, 'data-shuffled');
  editedData(data, reversed, 'preferences.jsonl', reversePairs);
  editedData(data, shuffled, 'sft.jsonl', shuffleAnswers);
  return [
    {
      ...{ fault: 'learning rate x 30', cause: 'learning-rate-too-high', stage: 'pretrain' },
      flags: [...text, '--data', data, '--lr', String(30 * learningRate)],
    },
    {
      ...{ fault: 'labels unshifted', cause: 'labels-unshifted', stage: 'pretrain' },
      flags: [...text, '--data', data],
      preload: fileURLToPath(new URL('unshifted.ts', import.meta.url)),
    },
    {
      ...{ fault: 'no warm-up', cause: 'no-warm-up', stage: 'pretrain' },
      flags: [...text, '--data', data, '--warmup', '0'],
    },
    {
      ...{ fault: 'reversed pairs', cause: 'pairs-reversed', stage: 'reward' },
      flags: ['--stages', 'reward,dpo', '--data', reversed, ...from('sft')],
    },
    {
      ...{ fault: 'KL off', cause: 'kl-off', stage: 'ppo' },
      flags: [
        '--stages',
        'ppo',
        '--data',
        data,
        ...from('sft'),
        '--reward-from',
        join(good, 'reward'),
        '--kl-coefficient',
        '0',
      ],
    },
    {
      ...{ fault: 'shuffled answers', cause: 'targets-shuffled', stage: 'sft' },
      flags: ['--stages', 'sft', '--data', shuffled, ...from('pretrain')],
    },
  ];
}

/** A copy of the data, one file of it edited line by line; returns the copy. */
export function editedData(
  data: string,
  copy: string,
  file: string,
  edit: (lines: string[]) => string[],
): string {
  mkdirSync(dirname(copy), { recursive: true });
  cpSync(data, copy, { recursive: true, filter: (path) => !path.endsWith('.ts') });
  const lines = readFileSync(join(data, file), 'utf8').trimEnd().split('\n');
  writeFileSync(
    join(copy, file),
    edit(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
  return copy;
}

export function reversePairs(lines: string[]): string[] {
  return lines.map((line) => {
    const { chosen, rejected, ...rest } = JSON.parse(line);
    return JSON.stringify({ ...rest, chosen: rejected, rejected: chosen });
  });
}

interface Message {
  readonly role: string;
  readonly content: string;
}

/** Each answer of the assistant goes to some other question. */
export function shuffleAnswers(lines: string[]): string[] {
  const records = lines.map((line) => JSON.parse(line) as { messages: Message[] });
  const isAnswer = ({ role }: Message) => role === 'assistant';
  const answers = records.flatMap(({ messages }) => messages.filter(isAnswer).map(({ content }) => content));
  const shuffled = new Random(7).shuffle(answers);
  let n = 0;
  return records.map((record) =>
    JSON.stringify({
      ...record,
      messages: record.messages.map((message) =>
        isAnswer(message) ? { ...message, content: shuffled[n++]! } : message,
      ),
    }),
  );
}
