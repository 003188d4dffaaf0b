/** Records: every format gives the same ones, with their places, and nothing is read ahead. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDialogues } from '../../../src/data/dialogues.ts';
import { filesIn, formatOf, RECORD_FORMATS, readRecords } from '../../../src/data/formats/records.ts';
import { SftRows } from '../../../src/data/rows/sft-rows.ts';
import { tinyTokenizer as tokenizer } from '../../training/tiny.ts';
import { parquetOf, putAll } from '../every-format.ts';
import { put, refuses, temporaryFolder } from '../temporary.ts';

setFlagsFromString('--expose-gc'); // seen by contexts made afterwards
const collectGarbage = runInNewContext('gc') as () => void;

const folder = temporaryFolder();
const valuesOf = (path: string) => [...readRecords(path)].map(({ value }) => value);
const json = (content: string | Uint8Array) => put(folder, 'a.json', content);

const awkward = [
  { instruction: '几？', input: '', output: '一' },
  { instruction: '他说："好"，\n又说：\t\'不\'', input: '{"a": [1, "}"]}', output: '\\"]' },
  { instruction: '汉字😀', input: 'a,b', output: '"' },
  { instruction: 'x'.repeat(3000), input: '\\', output: '{{{[[[' },
  { instruction: '末', input: '-', output: '尾' },
];

test('the same records in every format are the same records', () => {
  for (const path of putAll(folder, 'same', awkward)) assert.equal(valuesOf(path), awkward, path);
  const changed = awkward.map((record, i) => (i === 3 ? { ...record, output: '{{{[[[ ' } : record));
  assert.not.equal(valuesOf(putAll(folder, 'changed', changed)[3]!), awkward); // control: one blank is noticed
});

test('the same dialogues in every format are the same training rows', () => {
  const records = [
    { instruction: '你好', input: '', output: '你好！' },
    { instruction: '翻译', input: '好', output: '行"，\n"' },
  ];
  const rows = putAll(folder, 'rows', records).map((path) => {
    const source = new SftRows(readDialogues(path), tokenizer, { context: 48, seed: 1, shuffle: false });
    return [source.kept, ...source.content().map((numbers) => numbers.join())];
  });
  assert.is(rows[0]![0], 2);
  for (const row of rows) assert.equal(row, rows[0]);
});

test('places: line, record, row', () => {
  const places = (path: string) => [...readRecords(path)].map(({ place }) => place.replace(folder, ''));
  const texts = [{ a: '一\n二' }, { a: '三' }, { a: '四' }];
  putAll(folder, 'p', texts);
  assert.equal(places(`${folder}/p.jsonl`), ['/p.jsonl:1', '/p.jsonl:2', '/p.jsonl:3']);
  assert.equal(places(`${folder}/p.csv`), ['/p.csv:2', '/p.csv:4', '/p.csv:5']);
  assert.equal(
    places(`${folder}/p.pretty.json`),
    [1, 2, 3].map((n) => `/p.pretty.json: record ${n}`),
  );
  assert.equal(
    places(`${folder}/p.small-groups.parquet`),
    [1, 2, 3].map((n) => `/p.small-groups.parquet: row ${n}`),
  );
});

test('formats are known by their ending', () => {
  assert.equal(['a.jsonl', 'b/a.JSON', 'a.b.tsv.gz', 'a.gz', 'a', '.jsonl', 'x.csv/a'].map(formatOf), [
    '.jsonl',
    '.json',
    '.tsv.gz',
    '.gz',
    '',
    '.jsonl',
    '',
  ]);
  for (const [name, found] of [
    ['a.txt', 'not as .txt'],
    ['a.parquet.gz', 'not as .parquet.gz'],
    ['a', 'a file without an ending'],
  ] as const)
    refuses(
      () => readRecords(put(folder, name, 'x')),
      name,
      'come as .jsonl, .json, .parquet, .tsv or .csv',
      found,
    );
  for (const name of ['none.json', 'none.parquet', 'none.csv', 'none.tsv.gz'])
    refuses(() => valuesOf(`${folder}/${name}`), `Cannot read ${folder}/${name}: there is no such file`);
});

test('a file stands for itself, a directory for all files below it that have a format, by name', () => {
  const parts = `${folder}/parts`;
  for (const name of ['b/1.json', 'a.jsonl', 'c.TSV', 'README.md', 'd.txt']) put(parts, name, '');
  assert.equal(filesIn(`${parts}/README.md`, RECORD_FORMATS), [`${parts}/README.md`]);
  assert.equal(
    filesIn(parts, RECORD_FORMATS),
    ['a.jsonl', 'b/1.json', 'c.TSV'].map((name) => `${parts}/${name}`),
  );
  refuses(
    () => filesIn(`${parts}/b`, ['.csv', '.tsv']),
    'parts/b: there is no .csv, .tsv file in this directory',
  );
});

test('names that objects inherit are fields like any other, and reach no other object', () => {
  const names = '__proto__,constructor,toString';
  const text = '{"__proto__":{"polluted":"yes"},"constructor":"c","toString":"t","text":"一"}';
  const paths = [
    put(folder, 'p.jsonl', text),
    json(`[${text}]`),
    put(folder, 'p.csv', `${names},text\na,b,c,一\n`),
    put(
      folder,
      'p.parquet',
      parquetOf([JSON.parse('{"__proto__":"a","constructor":"b","toString":"c","text":"一"}')]),
    ),
  ];
  for (const path of paths) {
    const [value] = valuesOf(path);
    assert.equal(Object.keys(value!), [...names.split(','), 'text'], path);
    assert.is(value!.text, '一');
    assert.is(Object.getPrototypeOf(value), Object.prototype, path);
  }
  assert.is(({} as { polluted?: string }).polluted, undefined);
});

/** Bytes of the file that the reader holds: how far its generator has got, measured by a file that grows under it. */
test('nothing is read ahead: the first record is there before the rest of the file exists', () => {
  const text = 'x'.repeat(1000);
  for (const [name, open, line] of [
    ['grow.jsonl', '', `{"text":"${text}"}\n`],
    ['grow.json', '[', `{"text":"${text}"},\n`],
    ['grow.csv', 'text\n', `"${text}"\n`],
  ] as const) {
    const path = put(folder, name, open + line.repeat(1500)); // more than a chunk of a megabyte
    const records = readRecords(path);
    assert.equal(records.next().value?.value, { text });
    const file = openSync(path, 'a');
    writeSync(
      file,
      name.endsWith('.json') ? '{"text":"late"}]' : name.endsWith('.csv') ? 'late\n' : '{"text":"late"}\n',
    );
    closeSync(file);
    assert.equal([...records].at(-1)?.value, { text: 'late' }, name);
  }
});

test('memory does not grow with the file: 60 MB of records in a few', () => {
  const line = `${JSON.stringify({ text: '一二三四五六七八九十'.repeat(60) })}`;
  const many = Array.from({ length: 550 }, () => line);
  const cases: [string, string, string, string][] = [
    ['big.jsonl', '', `${many.join('\n')}\n`, ''],
    ['big.json', `[${line}`, `,${many.join(',')}`, ']'],
  ];
  for (const [name, begin, block, end] of cases) {
    const path = put(folder, name, begin);
    const file = openSync(path, 'a');
    for (let i = 0; i < 60; i++) writeSync(file, block);
    writeSync(file, end);
    closeSync(file);
    let count = 0;
    let most = 0;
    const before = held();
    for (const _ of readRecords(path)) if (++count % 4000 === 0) most = Math.max(most, held() - before);
    assert.ok(count >= 33_000, String(count));
    assert.ok(most < 20 * 2 ** 20, `${name}: ${most} bytes more than before`);
  }
});

/** Bytes in use, garbage aside: beside busy programs the collector comes late. */
function held(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test.run();
