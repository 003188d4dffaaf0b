/** train, chat and evaluate as processes: one tiny run made once, what the commands print of it, and every bad input. */
import { cpSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeModel } from '../../src/formats/hf/model-files.ts';
import { writeDirectoryAtomically } from '../../src/storage/atomic.ts';
import { verifyDirectory } from '../../src/storage/checksums.ts';
import { loadModelDirectory } from '../../src/storage/model-directory.ts';
import { fromArray, noGrad } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { put, temporaryFolder } from '../data/temporary.ts';
import { tinyModel, tinyTokenizer } from '../training/tiny.ts';
import { writeWorld } from '../training/world.ts';
import { command, eachOf, type Finished, isRefused, start } from './spawn.ts';

const folder = temporaryFolder();
const world = writeWorld(join(folder, 'world'));
const run = join(folder, 'run');
const model = join(run, 'sft');
const small = ['--preset', 'pico', '--max-steps', '3', '--batch-size', '2'];
const size = ['--context', '16', '--vocab-size', '400'];

const trained = await command('train', ['--data', world, '--out', run, ...small, ...size]);

test('train: all stages run, and leave what they promise', () => {
  assert.is(trained.code, 0, trained.stderr);
  for (const stage of ['pretrain', 'sft']) {
    for (const file of [
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer.model',
      'tokenizer_config.json',
      'trainer_state.json',
      'optimizer.safetensors',
      'SHA256SUMS',
    ]) {
      assert.ok(existsSync(join(run, stage, file)), `${stage}/${file}`);
    }
    verifyDirectory(join(run, stage));
    const config = JSON.parse(readFileSync(join(run, stage, 'config.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    assert.equal(
      [config.architectures, config.vocab_size, config.max_position_embeddings],
      [['Qwen2ForCausalLM'], 400, 16],
    );
  }
});

test('train: metrics.jsonl and evaluation.json have the promised fields', () => {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const metrics = lines.map((line) => JSON.parse(line) as Record<string, number | string>);
  assert.equal(
    metrics.map(({ stage, step }) => `${stage} ${step}`),
    ['pretrain 1', 'pretrain 2', 'pretrain 3', 'sft 1', 'sft 2', 'sft 3'],
  );
  for (const line of metrics) {
    for (const field of ['loss', 'lr', 'gradNorm', 'tokensPerSecond', 'heldOutLoss']) {
      if (field === 'heldOutLoss' && line.step !== 3) continue; // measured at the end
      assert.ok(Number.isFinite(line[field]) && Number(line[field]) > 0, field);
    }
  }
  const evaluation = JSON.parse(readFileSync(join(run, 'evaluation.json'), 'utf8')) as Evaluation;
  assert.equal(Object.keys(evaluation), ['pretrain', 'sft']);
  assert.equal(Object.keys(evaluation.pretrain!), ['bits-per-byte', 'perplexity']);
  assert.equal(Object.keys(evaluation.sft!), ['bits-per-byte', 'perplexity', 'facts-seen']);
  const facts = evaluation.sft!['facts-seen']!;
  assert.equal(Object.keys(facts), ['value', 'low', 'high', 'n', 'chance']);
  assert.equal([facts.n, facts.chance], [4, 0.25]);
});
type Evaluation = Record<string, Record<string, Record<string, number>>>;

test('train: tells what happens on stderr, and nothing on stdout', () => {
  assert.is(trained.stdout, '');
  for (const text of [
    'tokenizer: done',
    'model: tinyllm pico',
    'pretrain 3/3, loss',
    'facts-seen',
    '问：',
    'Talk to it: ',
  ]) {
    assert.ok(trained.stderr.includes(text), text);
  }
  assert.not.match(trained.stderr, /NaN|undefined/);
  assert.not.ok(trained.stderr.includes('\x1B'), 'no terminal, no colours');
});

test('chat: one answer with --prompt, and a line for each line of a pipe', async () => {
  const one = (prompt: string) =>
    command('chat', ['--model', run, '--max-new-tokens', '4', '--prompt', prompt]);
  const [first, piped] = await Promise.all([
    one('你好'),
    command(
      'chat',
      ['--model', model, '--max-new-tokens', '4'],
      '你好\n\n/clear\r\n你好\n中国的首都在哪里中国的首都在哪里？\n/exit\n再见\n',
    ),
  ]);
  assert.equal([first.code, first.stderr], [0, '']);
  assert.match(first.stdout, /^[^\n]*\n$/);
  assert.is(piped.code, 0);
  assert.is(piped.stdout, first.stdout.repeat(2), 'the same question in a cleared conversation');
  assert.match(piped.stderr, /^This message does not fit into the model's context of 16 tokens[^\n]*\n$/);
});

test('chat: a model that was taught no dialogues goes on with a text, and says so', async () => {
  const base = join(run, 'pretrain');
  const { code, stdout, stderr } = await command('chat', [
    '--model',
    base,
    '--max-new-tokens',
    '4',
    '--prompt',
    '你好',
  ]);
  assert.equal([code, stderr.split(':')[0]], [0, 'This model was taught no dialogues']);
  assert.match(stdout, /^你好.*\n$/s);
  isRefused(
    await command('chat', ['--model', base, '--system', '你', '--prompt', '你好']),
    2,
    '--system is for a model that chats',
  );
});

test('evaluate: logits as JSON [T][V], results as JSON and as a table', async () => {
  const evaluate = (...args: string[]) => command('evaluate', ['--model', model, ...args]);
  const [logits, json, table] = await Promise.all([
    evaluate('--logits', '2, 300,7'),
    evaluate('--data', world, '--json', '--limit', '2'),
    evaluate('--data', world, '--tasks', 'facts-seen', '--answers'),
  ]);
  const values = JSON.parse(logits.stdout) as number[][];
  const expected = noGrad(() =>
    loadModelDirectory(model).model.forward(fromArray(Int32Array.of(2, 300, 7), [1, 3])),
  );
  assert.equal(
    values.map((row) => row.length),
    [400, 400, 400],
  );
  // The command computes on wasm, this test on the reference backend.
  allClose(values.flat(), expected.toArray(), { absolute: 1e-5, relative: 1e-5 });
  const results = JSON.parse(json.stdout) as Evaluation[string];
  assert.equal(Object.keys(results), ['bits-per-byte', 'perplexity', 'facts-seen']);
  assert.is(results['facts-seen']!.n, 2);
  assert.match(table.stdout, /^stage .*\n\S+sft +facts-seen +\d+\.\d% .* 25\.0% +4\n$/);
  assert.is(table.stderr.match(/^[+-] .*首都？/gm)?.length, 4);
  assert.equal([logits.code, json.code, table.code], [0, 0, 0]);
});

/** A copy of the trained model with one file changed. */
function damaged(name: string, file: string, change: (path: string) => void): string {
  const path = join(folder, name);
  cpSync(model, path, { recursive: true });
  change(join(path, file));
  return path;
}
function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(path, bytes);
}

test('bad input of train: one sentence, exit code 2', async () => {
  const bad = (name: string, content: string | Uint8Array) => put(folder, name, content);
  let n = 0; // several at once: each its own place, or they would wait for each other's lock
  const train = (...args: string[]) => command('train', ['--out', join(folder, `never-${n++}`), ...args]);
  const data = (path: string, ...args: string[]) =>
    train('--data', path, '--stages', 'tokenizer,pretrain', ...small, ...args);
  const line = bad('bad.jsonl', '{"text":"好"}\n{"text":"坏"\n');
  const gbk = bad('gbk.txt', Buffer.concat([Buffer.from('你好\n'), Uint8Array.of(0xc4, 0xe3)]));
  const broken = writeWorld(join(folder, 'broken'));
  put(broken, 'sft.jsonl', '{"question":"a","answer":"b"}\n{"question":"a","answer":2}\n');
  const twice = writeWorld(join(folder, 'twice'));
  rmSync(join(twice, 'sft.jsonl'));
  for (const name of ['sft.json', 'sft.parquet']) put(twice, name, '');
  const cases: [() => Promise<Finished>, ...string[]][] = [
    [() => train('--max-step', '3'), 'There is no flag --max-step (did you mean --max-steps?)'],
    [() => train('--lr', 'fast'), '--lr must be a number', 'got fast'],
    [() => train('--seed', '99999999999'), '--seed must be a whole number'],
    [() => data(join(folder, 'nothing.txt')), 'nothing.txt: there is no such file'],
    [() => data(bad('empty.txt', '\n\n')), 'empty.txt holds no text'],
    [() => data(line), `${line}:2: this line is not valid JSON`],
    [() => data(bad('line.txt', '好'.repeat(99))), 'line.txt is a single line of 99 characters'],
    [() => data(bad('short.txt', '好\n好')), 'short.txt is too short to learn from: 3 characters'],
    [() => data(bad('zero.txt', new Uint8Array(999))), 'zero.txt is not text'],
    [() => data(gbk), `${gbk}:2: this line is not UTF-8`],
    [
      () => data(bad('cut.json', '[{"text":"好"},{"text":"坏')),
      'cut.json: record 2: the file ends within this object',
    ],
    [() => data(bad('cut.parquet', 'PAR1')), 'cut.parquet: the table of contents at its end cannot be read'],
    [
      () => data(bad('a.csv', 'title,body\n一,二\n')),
      'a.csv:2: no text can be made of the fields found: title, body',
    ],
    [() => train('--data', twice), 'there are sft.json and sft.parquet; leave one of them'],
    [() => train('--data', broken, ...small), `${broken}/sft.jsonl:2`, '"answer"'],
    [() => data(world, '--vocab-size', '60000'), 'vocabulary of 60000 is larger than this corpus allows'],
    [
      () => train('--data', world, '--init-from', model, ...small, '--context', '64'),
      '--context 64 is longer than the 16',
    ],
    [() => command('train', ['--out', join(folder, 'none'), '--resume']), '--resume: there is no run in'],
    [() => command('train', ['--out', run, '--resume', '--seed', '7']), 'was started with seed 42, not 7'],
    [
      () => command('train', ['--out', join(line, 'run'), '--data', world]),
      'bad.jsonl/run: a part of its path is not a directory',
    ],
  ];
  await eachOf(cases, 3, async ([begin, ...parts]) => isRefused(await begin(), 2, ...parts));
});

test('evaluate: multiple choice from a local folder, and the judge against another model', async () => {
  const choices = join(folder, 'choices');
  const rows = ['甲？,一,二,三,四,A', '乙？,一,二,三,四,B', '丙？,一,二,三,四,C'];
  put(
    choices,
    'test/anatomy.csv',
    `,Question,A,B,C,D,Answer\n${rows.map((row, i) => `${i},${row}\n`).join('')}`,
  );
  const data = join(folder, 'judged');
  put(data, 'pretrain.txt', '中国');
  const fact = { relation: 'r', subject: '甲', answer: '乙', accepted: ['甲是乙。'], questions: ['甲？'] };
  put(data, 'eval/answer-key.jsonl', JSON.stringify(fact));
  const pair = { prompt: '甲？', chosen: '甲是乙。', rejected: '乙' };
  put(data, 'preferences-heldout.jsonl', JSON.stringify(pair));
  const evaluate = (...args: string[]) => command('evaluate', ['--model', model, '--json', ...args]);
  const [chosen, judged] = await Promise.all([
    evaluate('--data', world, '--choices', choices, '--tasks', 'choice-ppl,choice-gen', '--base'),
    evaluate('--data', data, '--tasks', 'judge,win-rate', '--against', join(run, 'pretrain')),
  ]);
  assert.equal([chosen.code, judged.code], [0, 0], chosen.stderr + judged.stderr);
  const results = JSON.parse(chosen.stdout) as Evaluation[string];
  assert.equal(Object.keys(results), ['choice-ppl', 'choice-ppl-token', 'choice-ppl-letter', 'choice-gen']);
  assert.equal([results['choice-ppl']!.n, results['choice-ppl']!.chance], [3, 0.25]);
  const win = JSON.parse(judged.stdout) as Evaluation[string];
  assert.is(win['judge-fact']!.n, 1);
  assert.is(win['win-rate']!.n, 1);
});

test('bad input of chat and evaluate: one sentence, exit code 2', async () => {
  const cut = damaged('cut', 'model.safetensors', (path) => truncateSync(path, 9999));
  const flipped = damaged('flipped', 'model.safetensors', flip);
  const stranger = damaged('gpt2', 'config.json', (path) => {
    writeFileSync(path, readFileSync(path, 'utf8').replace('"qwen2"', '"gpt2"'));
    rmSync(join(path, '../SHA256SUMS'));
  });
  const badChoices = join(folder, 'bad-choices');
  const header = 'id,question,A,B,C,D,answer';
  put(badChoices, 'val/a_val.csv', `${header}\n0,甲？,1,2,3,4,A\n1,乙？,1,2,3,4,F\n`);
  const chat = (path: string, ...args: string[]) =>
    command('chat', ['--model', path, ...args, '--prompt', '你好']);
  const evaluate = (...args: string[]) => command('evaluate', args);
  const cases: [() => Promise<Finished>, ...string[]][] = [
    [() => chat(cut), 'cut/model.safetensors', 'SHA-256 differs'],
    [() => chat(flipped), 'flipped/model.safetensors', 'SHA-256 differs'],
    [() => chat(stranger), 'gpt2/config.json describes a "gpt2" model'],
    [() => chat(join(folder, 'no-model')), 'no such directory'],
    [() => chat(model, '--top-p', '0'), '--top-p must be a number, above 0'],
    [() => chat(model, '--temperature', '-1'), '--temperature must be', 'got -1'],
    [
      () => command('chat', ['--model', model, '--prompt', '中国的首都在哪里'.repeat(9)]),
      'does not fit into the model',
    ],
    [() => evaluate(), '--model is required'],
    [() => evaluate('--model', model, '--logits', '1,two'), '--logits: "two" is not a token id'],
    [() => evaluate('--model', model, '--logits', '1,400'), '"400" is not a token id', '0 to 399'],
    [() => evaluate('--model', model, '--logits', Array(17).fill(9).join()), '17 tokens', 'context of 16'],
    [() => evaluate('--model', model, '--data', world, '--tasks', 'facts-new'), 'no task "facts-new"'],
    [() => evaluate('--model', model, '--data', world, '--choices', folder), 'no .csv file in val/ or test/'],
    [
      () => evaluate('--model', model, '--data', world, '--choices', badChoices, '--tasks', 'choice-ppl'),
      'a_val.csv:3',
      'A, B, C or D, got "F"',
    ],
    [() => evaluate('--model', model, '--data', world, '--tasks', 'win-rate'), '--against DIR'],
    [
      () => evaluate('--model', model, '--data', world, '--against', join(folder, 'none')),
      'no such directory',
    ],
  ];
  await eachOf(cases, 3, async ([begin, ...parts]) => isRefused(await begin(), 2, ...parts));
});

test('a fault of the run: one sentence, exit code 1', async () => {
  const from = join(folder, 'huge-model');
  const huge = tinyModel();
  (huge.parameters()[0]!.view.data as Float32Array).fill(3e38); // finite, but no product of two of them is
  writeDirectoryAtomically(from, await encodeModel(huge, tinyTokenizer));
  const args = ['--data', world, '--init-from', from, '--stages', 'pretrain', ...small];
  const finished = await command('train', [...args, '--out', join(folder, 'overflowing')]);
  isRefused(finished, 1, 'pretrain: the gradient norm is NaN at step 1');
});

test('on a terminal an error ends the command too, and the cursor is where it was', async () => {
  // The bar of cli-progress has a timer that would keep the process alive.
  const preload = ['data:text/javascript,process.stderr.isTTY=true'];
  const args = ['--data', world, '--out', join(folder, 'never'), '--vocab-size', '60000'];
  const { finished, child } = start('train', args, { preload });
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  const { code, stderr } = await finished;
  clearTimeout(timer);
  assert.is(code, 2, 'the process did not end by itself');
  assert.match(stderr, /error: tokenizer training/);
  assert.not.ok(stderr.includes('\x1B[?25l'), 'the cursor was never hidden');
});

test('help', async () => {
  await eachOf(['train', 'chat', 'evaluate'] as const, 3, async (name) => {
    const { code, stdout, stderr } = await command(name, ['--help']);
    assert.equal([code, stderr], [0, '']);
    assert.ok(stdout.startsWith(`npx tsx src/${name}.ts`));
    assert.ok(stdout.includes('--model') || stdout.includes('--resume'));
  });
});

test.run();
