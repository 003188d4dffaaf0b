/**
 * Well-formed files of every kind, each with the reader that the commands open it with.
 *
 * A sample is a file in a place of its own: the reader finds it there, alone or among the other files of its directory. What a
 * reader returns, if it returns anything, is the content of a file that has a checksum: that must never change in silence.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readAnswerKey } from '../../../src/data/answer-key.ts';
import { readChunks } from '../../../src/data/bytes/chunks.ts';
import { TokenFile } from '../../../src/data/bytes/token-file.ts';
import { readChoiceFolder, readChoices } from '../../../src/data/choices.ts';
import { readDocuments } from '../../../src/data/corpus.ts';
import { isLearnable, readDialogues } from '../../../src/data/dialogues.ts';
import { readFollowUps } from '../../../src/data/follow-ups.ts';
import { readParquet } from '../../../src/data/formats/parquet.ts';
import { inspectData } from '../../../src/data/inspect.ts';
import { readIntroductions } from '../../../src/data/introductions.ts';
import { locateData } from '../../../src/data/layout.ts';
import { readMinimalPairs } from '../../../src/data/minimal-pairs.ts';
import { readPreferences } from '../../../src/data/preferences.ts';
import { readQuestions } from '../../../src/data/questions.ts';
import { encodePairs } from '../../../src/data/rows/pairs.ts';
import { PretrainRows } from '../../../src/data/rows/pretrain-rows.ts';
import { Judge } from '../../../src/evaluation/judge.ts';
import { CausalLM } from '../../../src/models/causal-lm.ts';
import { RewardModel } from '../../../src/models/reward-model.ts';
import {
  kindOfDirectory,
  type LoadedModel,
  loadModelDirectory,
  loadRewardDirectory,
  loadTokenizerDirectory,
} from '../../../src/storage/model-directory.ts';
import { fromArray, noGrad, Random } from '../../../src/tensor/index.ts';
import type { Tokenizer } from '../../../src/tokenizer/index.ts';
import { putAll } from '../../data/every-format.ts';
import { put } from '../../data/temporary.ts';
import { tinyMoE } from '../../models/tiny.ts';
import { saved } from '../../storage/saved.ts';
import { tinyConfig, tinyTokenizer } from '../../training/tiny.ts';
import { writeAlignedWorld } from '../../training/world.ts';
import { addRun } from './samples-run.ts';

export interface Sample {
  /** For people: "config.json of a model". */
  readonly name: string;
  readonly path: string;
  readonly original: Uint8Array;
  /** How often it is taken, next to others: slow readers less. */
  readonly weight: number;
  readonly read: () => unknown;
}

const TEXT = '中国的首都是北京。<|user|>\0龙😀 the end';

/** Writes them all below `folder`. */
export async function makeSamples(folder: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  const add = (name: string, path: string, read: () => unknown, weight = 1) =>
    samples.push({ name, path, original: readFileSync(path), weight, read });
  addData(join(folder, 'data'), add);
  await addModels(join(folder, 'models'), add);
  await addRun(join(folder, 'run'), add);
  return samples;
}

export type Add = (name: string, path: string, read: () => unknown, weight?: number) => void;

const drain = (values: Iterable<unknown>) => {
  for (const _ of values);
};

function addData(folder: string, add: Add): void {
  const texts = Array.from({ length: 12 }, (_, i) => ({
    title: `题${i}`,
    content: `第${i}篇文章。`.repeat(i),
  }));
  for (const path of putAll(folder, 'texts', texts)) add('texts', path, () => drain(readDocuments(path)));
  const dialogues = Array.from({ length: 8 }, (_, i) => ({
    instruction: `问${i}`,
    input: '',
    output: `答“${i}”`,
  }));
  for (const path of putAll(folder, 'dialogues', dialogues))
    add('dialogues', path, () =>
      drain(
        (function* () {
          for (const one of readDialogues(path)) yield isLearnable(one);
        })(),
      ),
    );
  const pairs = Array.from({ length: 8 }, (_, i) => ({
    prompt: `问${i}`,
    chosen: `好${i}`,
    rejected: `坏${i}`,
    quality: 'fact',
  }));
  for (const path of putAll(folder, 'pairs', pairs))
    add('pairs', path, () => void encodePairs(readPreferences(path), tinyTokenizer, 32));
  const text = put(folder, 'plain.txt', '一。\n二。\n\n三。\r\n\r\n'.repeat(9));
  add('a text', text, () => drain(readDocuments(text)), 2);
  const plain = '一。\n\n二，二。\n'.repeat(50);
  const packed = put(folder, 'plain.txt.gz', gzipSync(plain));
  add(
    'a packed text',
    packed,
    () => {
      const found = [...readChunks(packed)].map((chunk) => chunk.toString('latin1')).join('');
      // The same text is not damage, even where zlib would have refused the empty blocks in front of it.
      const isSame = found === Buffer.from(plain).toString('latin1');
      return isSame || isGunzipped(packed, found) ? undefined : found;
    },
    4,
  );
  const fixtures = fileURLToPath(new URL('../../data/parquet', import.meta.url));
  for (const name of readdirSync(fixtures).filter(
    (file) => file.endsWith('.parquet') && file !== 'row-groups.parquet',
  )) {
    const path = put(folder, name, readFileSync(join(fixtures, name)));
    add('parquet', path, () => drain(readParquet(path)), 3);
  }
  const tokens = put(
    folder,
    'corpus.bin',
    Uint8Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? i / 2 : 0)),
  );
  add('token ids', tokens, () => {
    const file = new TokenFile(tokens);
    try {
      file.checkVocabulary(tinyTokenizer.vocabSize);
      const rows = new PretrainRows(file, {
        context: 16,
        eosId: 2,
        seed: 1,
        shuffle: true,
        packing: 'isolated',
      });
      for (let i = 0; i < rows.rowsInEpoch(); i++) rows.row(0, i);
    } finally {
      file.close();
    }
  });
  const world = writeAlignedWorld(join(folder, 'world'));
  const pair = { kind: 'measure-word', good: '一头牛。', bad: '一朵牛。' };
  put(world, 'eval/minimal-pairs.jsonl', `${JSON.stringify(pair)}\n`.repeat(5));
  const talk = [{ role: 'user', content: '那中国呢？' }];
  const followUp = { kind: 'k', messages: talk, answer: '北京', accepted: ['北京。'] };
  const introduction = { subject: '中国', question: '中国？', statements: ['中国很大。', '中国在亚洲。'] };
  put(world, 'eval/follow-ups.jsonl', `${JSON.stringify(followUp)}\n`.repeat(5));
  put(world, 'eval/introductions.jsonl', `${JSON.stringify(introduction)}\n`.repeat(5));
  const csv = 'question,A,B,C,D,answer\n中国？,北京,"上,海",天津,重庆,A\n法国？,东,"西""",南,巴黎,D\n';
  for (const part of ['dev', 'val']) put(world, `eval/choice/${part}/world_${part}.csv`, csv);
  const files = locateData(world);
  const everything = { text: true, dialogues: true, preferences: true, evaluation: true };
  const evaluation: readonly [string, (path: string) => unknown][] = [
    ['eval/facts-seen.jsonl', (path) => void readQuestions(path)],
    ['eval/follow-ups.jsonl', (path) => void readFollowUps(path)],
    ['eval/introductions.jsonl', (path) => void readIntroductions(path)],
    ['eval/minimal-pairs.jsonl', (path) => void readMinimalPairs(path)],
    ['eval/answer-key.jsonl', (path) => judge(path)],
    ['eval/choice/val/world_val.csv', (path) => void readChoices(path)],
    ['eval/choice/dev/world_dev.csv', () => void readChoiceFolder(join(world, 'eval/choice'))],
  ];
  for (const [name, read] of evaluation) add(name, join(world, name), () => read(join(world, name)), 2);
  const all = [
    'pretrain.txt',
    'heldout.txt',
    'sft.jsonl',
    'sft-heldout.jsonl',
    'preferences.jsonl',
    'preferences-heldout.jsonl',
  ];
  for (const name of [...all, ...evaluation.map(([file]) => file)])
    add(
      `${name}, all data read once`,
      join(world, name),
      async () => void (await inspectData(files, everything)),
      0.5,
    );
}

/** What zlib makes of it: damage may have made another packed text of it, such as the same one twice. */
function isGunzipped(path: string, found: string): boolean {
  try {
    return gunzipSync(readFileSync(path)).toString('latin1') === found;
  } catch {
    return false;
  }
}

function judge(path: string): void {
  const key = readAnswerKey(path);
  const all = new Judge(key);
  for (const { questions, accepted } of key) all.judge(questions[0]!, accepted[0]!); // each has one at least
}

async function addModels(folder: string, add: Add): Promise<void> {
  const moe = { ...tinyMoE, vocabSize: tinyTokenizer.vocabSize };
  for (const [name, model] of [
    ['a model', new CausalLM(tinyConfig, new Random(7))],
    ['a mixture of experts', new CausalLM(moe, new Random(8))],
  ] as const) {
    const directory = await saved(join(folder, name), model);
    for (const file of readdirSync(directory))
      add(
        `${file} of ${name} with checksums`,
        join(directory, file),
        () => speak(loadModelDirectory(directory)),
        0.7,
      );
    const bare = `${directory}, bare`;
    cpSync(directory, bare, { recursive: true });
    rmSync(join(bare, 'SHA256SUMS'));
    for (const file of readdirSync(bare))
      add(
        `${file} of ${name}`,
        join(bare, file),
        () => void speak(loadModelDirectory(bare)),
        file.startsWith('model') ? 4 : 2,
      );
    if (name !== 'a model') continue;
    const other = `${directory} with tokenizer.model`;
    cpSync(bare, other, { recursive: true });
    rmSync(join(other, 'tokenizer.json'));
    for (const file of ['tokenizer.model', 'tokenizer_config.json'])
      add(`${file} alone`, join(other, file), () => void write(loadTokenizerDirectory(other)), 5);
  }
  const reward = await saved(join(folder, 'reward'), new RewardModel(tinyConfig, new Random(4)));
  rmSync(join(reward, 'SHA256SUMS'));
  for (const file of ['config.json', 'model.safetensors'])
    add(`${file} of a reward model`, join(reward, file), () => {
      kindOfDirectory(reward);
      loadRewardDirectory(reward);
    });
}

/** Weights of a loaded model, after it has said something. */
function speak({ model, tokenizer }: LoadedModel): string {
  const ids = write(tokenizer).slice(0, model.config.maxPositionEmbeddings);
  noGrad(() => model.forward(fromArray(Int32Array.from(ids), [1, ids.length])).toArray());
  return [...model.namedParameters().values()]
    .map((weight) => Buffer.from(Float32Array.from(weight.toArray()).buffer).toString('base64'))
    .join();
}

function write(tokenizer: Tokenizer): number[] {
  const ids = tokenizer.encode(TEXT);
  tokenizer.decode(ids);
  return [tokenizer.eosId, ...ids];
}

/** Puts bytes where a sample lies. */
export function place({ path }: Sample, bytes: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}
