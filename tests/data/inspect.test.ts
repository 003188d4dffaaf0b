/** All data read once: every kind of broken file is found by file and line, and every file has the hash of its bytes. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inspectData, type Wants } from '../../src/data/inspect.ts';
import { locateData } from '../../src/data/layout.ts';
import { parquetOf } from './every-format.ts';
import { put, refusesLater, temporaryFolder } from './temporary.ts';

const EVERYTHING: Wants = { text: true, dialogues: true, preferences: true, evaluation: true };
const NOTHING: Wants = { text: false, dialogues: false, preferences: false, evaluation: false };

const dialogue = JSON.stringify({
  messages: [
    { role: 'user', content: '你好' },
    { role: 'assistant', content: '你好！' },
  ],
});
const pair = '{"prompt":"几？","chosen":"三。","rejected":"四。"}';
const question = '{"relation":"r","question":"几？","answer":"三","accepted":["三。"]}';
const fact = '{"relation":"r","subject":"s","answer":"三","accepted":["三。"],"questions":["几？"]}';
const sum = '{"question":"1+1等于几？","answer":"2","accepted":["1+1=2。"]}';
const introduction = '{"subject":"猫","question":"介绍一下猫。","statements":["猫有四条腿。"]}';
const followUp =
  '{"kind":"k","messages":[{"role":"user","content":"那猫呢？"}],"answer":"鱼","accepted":["猫吃鱼。"]}';
const choices = 'question,A,B,C,D,answer\n几？,一,二,三,四,C\n';

/** A small set of everything; every file is fine. */
const WHOLE: Readonly<Record<string, string>> = {
  'pretrain.txt': '一。\n\n二。\n',
  'heldout.txt': '三。\n',
  'sft.jsonl': `${dialogue}\n`,
  'sft-heldout.jsonl': `${dialogue}\n`,
  'preferences.jsonl': `${pair}\n`,
  'preferences-heldout.jsonl': `${pair}\n`,
  'eval/facts-seen.jsonl': `${question}\n`,
  'eval/sums.jsonl': `${sum}\n`,
  'eval/sums-held-out.jsonl': `${sum.replace('1+1', '2+0')}\n`,
  'eval/introductions.jsonl': `${introduction}\n`,
  'eval/introductions-held-out.jsonl': `${introduction.replaceAll('猫', '狗')}\n`,
  'eval/refusals.jsonl': '{"kind":"weather","question":"明天下雨吗？"}\n',
  'eval/stories.jsonl': '{"question":"讲个故事。","hero":""}\n',
  'eval/follow-ups.jsonl': `${followUp}\n`,
  'eval/minimal-pairs.jsonl': '{"kind":"k","good":"好","bad":"坏"}\n',
  'eval/answer-key.jsonl': `${fact}\n`,
  'eval/choice/val/a_val.csv': choices,
  'eval/choice/dev/a_dev.csv': choices,
};

function putWhole(changes: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries({ ...WHOLE, ...changes })) put(folder, name, content);
  return folder;
}

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

test('every file that is wanted has the SHA-256 of its bytes, under its name below the directory', async () => {
  const hashes = await inspectData(locateData(putWhole()), EVERYTHING);
  const expected = Object.entries(WHOLE).map(([name, content]) => [name, sha256(content)] as const);
  assert.equal(hashes, new Map(expected.sort(([a], [b]) => (a < b ? -1 : 1))));
  for (const [want, names] of [
    ['text', ['heldout.txt', 'pretrain.txt']],
    ['dialogues', ['sft-heldout.jsonl', 'sft.jsonl']],
    ['preferences', ['preferences-heldout.jsonl', 'preferences.jsonl']],
  ] as const) {
    const some = await inspectData(locateData(putWhole()), { ...NOTHING, [want]: true });
    assert.equal([...some!.keys()], names); // it was not stopped
  }
});

test('the bytes of the disk are hashed: packed files, parquet, tokens, one entry for each part', async () => {
  const records = Array.from({ length: 300 }, (_, i) => ({ text: `第${i}个`, other: '不读'.repeat(i) }));
  const rest = (name: string, content: Uint8Array) => {
    const folder = putWhole({ [name]: content });
    rmSync(join(folder, 'pretrain.txt'));
    return folder;
  };
  for (const [name, content] of [
    ['pretrain.txt.gz', gzipSync('一。\n\n二。')],
    ['pretrain.parquet', parquetOf(records, { rowGroupSize: 100 })],
    ['pretrain.bin', Buffer.from([5, 0, 6, 0, 2, 0])],
    ['pretrain/part-1.jsonl', Buffer.from('{"text":"一"}\n')],
    ['pretrain/b/part-2.parquet', parquetOf(records)],
  ] as const) {
    const hashes = await inspectData(locateData(rest(name, content)), { ...NOTHING, text: true });
    assert.equal([...hashes!].at(-1), [name, sha256(content)]);
    assert.is(hashes!.size, 2); // it was not stopped; heldout.txt is the other
  }
  const alone = put(temporaryFolder(), 'corpus.txt', '一');
  assert.equal(await inspectData(locateData(alone), EVERYTHING), new Map([['corpus.txt', sha256('一')]]));
});

/** File, what it holds, and what is said about it. */
const BROKEN: readonly (readonly [string, string | Uint8Array, ...string[]])[] = [
  ['pretrain.txt', ' \n\n', 'pretrain.txt holds no text'],
  ['pretrain.txt', Buffer.from([0x61, 10, 0xff, 10]), 'pretrain.txt:2', 'UTF-8'],
  ['heldout.txt', '', 'heldout.txt holds no text'],
  ['sft.jsonl', `${dialogue}\n{"messages":5}\n`, 'sft.jsonl:2', '"messages" must be a list'],
  ['sft.jsonl', '', 'sft.jsonl: no dialogue to learn from'],
  [
    'sft-heldout.jsonl',
    `${dialogue}\n\n{"messages":[{"role":"assistant","content":"a"}]}`,
    'sft-heldout.jsonl:3',
  ],
  [
    'sft-heldout.jsonl',
    '{"messages":[{"role":"user","content":"a"}]}',
    'left out: 1 with an empty question or answer',
  ],
  ['preferences.jsonl', `${pair}\n{"prompt":"a"`, 'preferences.jsonl:2', 'not valid JSON'],
  ['preferences.jsonl', '{"prompt":"a","chosen":"b","rejected":" b"}', 'preferences.jsonl: no pair', 'equal'],
  [
    'preferences-heldout.jsonl',
    `${pair}\n{"prompt":"a","chosen":"b","rejected":3}`,
    'preferences-heldout.jsonl:2',
  ],
  ['eval/facts-seen.jsonl', '\n', 'facts-seen.jsonl holds no question'],
  ['eval/facts-seen.jsonl', `${question}\n{"question":"a"}`, 'facts-seen.jsonl:2'],
  ['eval/sums.jsonl', `${sum}\n${sum.replace('"2"', '2')}`, 'sums.jsonl:2', '"answer" must be a string'],
  ['eval/sums-held-out.jsonl', '', 'sums-held-out.jsonl holds no sum'],
  [
    'eval/introductions.jsonl',
    introduction.replace('"猫有四条腿。"', ''),
    'introductions.jsonl:1',
    '"statements"',
  ],
  ['eval/introductions-held-out.jsonl', '{}', 'introductions-held-out.jsonl:1', '"subject" must be a string'],
  ['eval/refusals.jsonl', '{"question":"明天呢？"}', 'refusals.jsonl:1', '"kind" must be a string'],
  ['eval/stories.jsonl', '\n{"question":"讲个故事。"}', 'stories.jsonl:2', '"hero" must be a string'],
  ['eval/follow-ups.jsonl', followUp.replace('"user"', '"assistant"'), 'follow-ups.jsonl:1', 'message 1'],
  [
    'eval/minimal-pairs.jsonl',
    '{"kind":"k","good":"好"}\n',
    'minimal-pairs.jsonl:1: the field "bad" must be a string, got nothing',
  ],
  ['eval/minimal-pairs.jsonl', '', 'minimal-pairs.jsonl holds no pair'],
  ['eval/answer-key.jsonl', '', 'answer-key.jsonl holds no fact'],
  [
    'eval/answer-key.jsonl',
    `${fact}\n\n${fact.replace('"三"', '"四"')}`,
    'answer-key.jsonl:3',
    'key.jsonl:1',
  ],
  ['eval/answer-key.jsonl', fact.replace('几？', '多少？'), 'answer-key.jsonl knows none of the questions'],
  ['eval/choice/val/a_val.csv', choices.replace(',C\n', ',E\n'), 'a_val.csv:2', 'A, B, C or D'],
  ['eval/choice/val/a_val.csv', 'question,A,B,C,D,answer\n', 'holds no question'],
  ['eval/choice/dev/a_dev.csv', choices.replace('一,', ''), 'a_dev.csv:2: 5 fields where the header has 6'],
];

test('what cannot be used is refused in one sentence, each only where it is wanted', async () => {
  for (const [name, content, ...parts] of BROKEN) {
    const files = locateData(putWhole({ [name]: content }));
    await refusesLater(() => inspectData(files, EVERYTHING), ...parts);
    await inspectData(files, NOTHING);
  }
  for (const [bytes, part] of [
    [5, '5 bytes are not a whole number'],
    [2, 'holds 1 tokens'],
    [0, 'holds 0 tokens'],
  ] as const) {
    const folder = putWhole({ 'pretrain.bin': new Uint8Array(bytes) });
    rmSync(join(folder, 'pretrain.txt'));
    await refusesLater(() => inspectData(locateData(folder), EVERYTHING), 'pretrain.bin', part);
  }
});

test('small files come first: a broken line in one of them is found before the corpus is read', async () => {
  const files = locateData(putWhole({ 'sft.jsonl': '{', 'pretrain.txt': '一。\n\n'.repeat(50_000) }));
  const seen = new Set<string>();
  const onProgress = (file: string) => seen.add(file);
  await refusesLater(() => inspectData(files, EVERYTHING, { onProgress }), 'sft.jsonl:1');
  assert.not.ok(seen.has(files.pretrain));
});

test('progress ends with all bytes and never goes back; it stops when told to, and other work gets its turn', async () => {
  const records = Array.from({ length: 200 }, (_, i) => ({ text: `第${i}个` }));
  const folder = putWhole({ 'pretrain.parquet': parquetOf(records) });
  rmSync(join(folder, 'pretrain.txt'));
  const files = locateData(folder);
  let last = 0;
  let total = 0;
  let turns = 0;
  setImmediate(() => turns++);
  const onProgress = (_: string, done: number, all: number) => {
    assert.ok(done >= last && done <= all);
    last = done;
    total = all;
  };
  const hashes = await inspectData(files, EVERYTHING, { onProgress });
  assert.is(last, total);
  assert.is(hashes!.get('pretrain.parquet'), sha256(readFileSync(files.pretrain))); // it was not stopped
  assert.is(turns, 1);
  let asked = 0;
  assert.is(await inspectData(files, EVERYTHING, { shouldStop: () => ++asked === 3 }), null);
  assert.is(asked, 3);
});

test('the shipped data is fine', async () => {
  const shipped = fileURLToPath(new URL('../../data', import.meta.url));
  const files = locateData(shipped);
  const hashes = await inspectData(files, EVERYTHING); // it was not stopped
  // Text and held-out text, dialogues, pairs, two tables of choices, minimal pairs and the key; and all questions.
  assert.is(hashes!.size, 6 + 2 + 2 + files.questions.size + files.abilities.size);
  assert.ok(files.questions.size >= 3);
});

test.run();
