/** Records: every format gives the same ones, places are right, damage is a sentence, and nothing is read ahead. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readLines } from '../../src/data/bytes/lines.ts';
import { readDialogues } from '../../src/data/dialogues.ts';
import { readCsv } from '../../src/data/formats/csv.ts';
import { readJson } from '../../src/data/formats/json.ts';
import { formatOf, readRecords } from '../../src/data/formats/records.ts';
import { SftRows } from '../../src/data/rows/sft-rows.ts';
import { UserError } from '../../src/errors.ts';
import { tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { parquetOf, putAll, separatedOf } from './formats.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

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

test('.json: a list, one object, objects one after another, nothing', () => {
  const cases: [string, unknown[]][] = [
    ['[]', []],
    ['', []],
    [' \n', []],
    ['[{"a":1},{"a":[{"b":"]"}]}]', [{ a: 1 }, { a: [{ b: ']' }] }]],
    ['{"a":{"b":{}}}', [{ a: { b: {} } }]],
    ['{"a":1}{"a":2}\n\n{"a":"\\\\"}', [{ a: 1 }, { a: 2 }, { a: '\\' }]],
    ['{"a":"\\"}"} {"a":"\\\\\\""}', [{ a: '"}' }, { a: '\\"' }]],
  ];
  for (const [content, values] of cases) assert.equal(valuesOf(json(content)), values, content);
});

test('.json: a chunk border anywhere in an object changes nothing', () => {
  const record = { a: '汉"\\😀', b: [1, { c: '{' }] };
  const text = JSON.stringify(record);
  for (let shift = 0; shift < Buffer.byteLength(text) + 3; shift++) {
    const first = JSON.stringify({ x: 'x'.repeat((1 << 20) - 12 - shift) });
    assert.equal(valuesOf(json(`[${first},${text},${text}]`)).slice(1), [record, record], String(shift));
  }
});

test('.json: any list of objects, written in any way, is what JSON.parse makes of it', () => {
  const spaces = fc.constantFrom('', ' ', '\n', '\t\r\n');
  const objects = fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), { maxLength: 5 });
  fc.assert(
    fc.property(
      objects,
      spaces,
      fc.integer({ min: 0, max: 3 }),
      fc.boolean(),
      (list, space, indent, lines) => {
        const written = list.map((object) => JSON.stringify(object, null, indent));
        const content = lines
          ? written.join(space)
          : `${space}[${space}${written.join(`${space},${space}`)}]${space}`;
        const expected: unknown = lines ? written.map((text) => JSON.parse(text)) : JSON.parse(content);
        assert.equal(valuesOf(json(content)), expected);
      },
    ),
    { numRuns: 50, seed: 1 },
  );
});

test('.json: with one byte of it changed, the same or a sentence, never what JSON.parse would not read', () => {
  const content = Buffer.from('[{"a":"汉\\"字","b":[1,{"c":null}]},{"d":true}]');
  let refused = 0;
  for (let at = 0; at < content.length; at++) {
    for (const byte of Buffer.from('[]{},"\\\xff', 'latin1')) {
      const changed = Buffer.from(content);
      changed[at] = byte;
      const path = json(changed);
      let found: unknown;
      try {
        found = valuesOf(path);
      } catch (error) {
        assert.instance(error, UserError);
        refused++;
        continue;
      }
      assert.equal(found, JSON.parse(changed.toString()), changed.toString());
    }
  }
  assert.ok(refused > 300, String(refused));
});

test('.csv and .tsv: any fields that are written in quotes come back', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '汉', '"', ',', '\t', '\n', ' ') });
  fc.assert(
    fc.property(
      fc.array(fc.record({ a: field, b: field }, { noNullPrototype: true }), { minLength: 1, maxLength: 4 }),
      (records) => {
        assert.equal(valuesOf(put(folder, 'any.csv', separatedOf(records, ','))), records);
        assert.equal(valuesOf(put(folder, 'any.tsv', separatedOf(records, '\t'))), records);
      },
    ),
    { numRuns: 80, seed: 1 },
  );
});

test('.json: damage is a sentence with the record', () => {
  const cases: [string | Uint8Array, ...string[]][] = [
    ['[{"a":1},{"a":', 'record 2', 'ends within this object', 'cut off'],
    ['[{"a":1},{"a":"', 'record 2', 'cut off'],
    ['{"a":1}\n{"a":', 'record 2', 'cut off'],
    ['[{"a":1}', 'record 2', 'ends before its list is closed'],
    ['[', 'record 1', 'ends before its list is closed'],
    ['[{"a":1},]', 'record 2', 'expected a JSON object here, got "]"'],
    ['[{"a":1} {"a":2}]', 'record 2', 'expected a comma or the end of the list'],
    ['[{"a":1}] {}', 'record 2', 'expected nothing behind the end'],
    ['{"a":1},{"a":2}', 'record 2', 'expected the next JSON object'],
    ['[1,2]', 'record 1', 'expected a JSON object here, got "1,2]"'],
    ['"text"', 'record 1', 'expected a list of JSON objects'],
    ['[[{}]]', 'record 1', 'expected a JSON object'],
    ['[{"a":1},{a:2}]', 'record 2', 'not valid JSON'],
    ['[{"a":1]]', 'record 1', 'not valid JSON'],
    [`[{"a":'\n\n'}]`, 'record 1', 'not valid JSON'],
    [
      Buffer.concat([Buffer.from('[{"a":"'), Uint8Array.of(0xc4, 0xe3), Buffer.from('"}]')]),
      'record 1',
      'not UTF-8',
      'iconv',
    ],
    [Uint8Array.of(0xff, 0xfe, 0x5b, 0), 'record 1', 'expected a list of JSON objects'],
  ];
  for (const [content, ...parts] of cases)
    refuses(() => valuesOf(json(content)), `${folder}/a.json: `, ...parts);
});

test('.json: what stands before the damage has been read', () => {
  const records = readRecords(json('[{"a":1},{"a":2},{"a"'));
  assert.equal(records.next().value?.value, { a: 1 });
  assert.equal(records.next().value?.value, { a: 2 });
  refuses(() => records.next(), 'record 3');
});

test('.tsv: tabs separate, commas are text, a quoted field may hold both and go over lines', () => {
  const path = put(folder, 'a.tsv', 'prompt\tchosen\n他说"好"\t一,二\n"甲\n\n乙\t丙"\t"""丁"""\n\n');
  assert.equal(valuesOf(path), [
    { prompt: '他说"好"', chosen: '一,二' },
    { prompt: '甲\n\n乙\t丙', chosen: '"丁"' },
  ]);
  const bad = (content: string, ...parts: string[]) =>
    refuses(() => valuesOf(put(folder, 'bad.tsv', content)), `${folder}/bad.tsv:`, ...parts);
  bad('a\tb\n1\n', 'bad.tsv:2', '1 fields where the header has 2', 'tab');
  bad('a\tb\n1\t2\n"3"x\t4\n', 'bad.tsv:3', 'a tab must follow, got "x"');
  bad('a\n1\n"2\n3\n', 'bad.tsv:3', 'never closed');
  bad('a\ta\n', 'bad.tsv:1', 'two columns are called "a"');
});

test('a quoted field of 40,000 lines is read once, not once a line', () => {
  const text = Array.from({ length: 40_000 }, (_, i) => `第${i}行`).join('\n');
  const path = put(folder, 'novel.csv', `id,text\n1,"${text}"\n2,短\n`);
  const began = performance.now();
  assert.equal(valuesOf(path), [
    { id: '1', text },
    { id: '2', text: '短' },
  ]);
  assert.ok(performance.now() - began < 2000);
});

test('a record longer than the limit is a sentence, one just as long is not', () => {
  const long = (n: number) => '长'.repeat(n);
  const chunk = 1 << 20;
  const path = json(`[{"a":"短"},{"a":"${long(chunk)}"}]`);
  refuses(() => [...readJson(path, 2 * chunk)], 'record 2', 'longer than 2,097,152 bytes');
  assert.is([...readJson(path, 4 * chunk)].length, 2);
  const lines = put(folder, 'long.txt', `短\n${long(chunk)}\n`);
  refuses(() => [...readLines(lines, 2 * chunk)], 'long.txt:2', 'longer than 2,097,152 bytes');
  assert.is([...readLines(lines, 4 * chunk)].length, 2);
  const csv = put(folder, 'long.csv', `a\n短\n"${'一\n'.repeat(600)}"\n`);
  refuses(() => [...readCsv(csv, ',', 500)], 'long.csv:3', 'longer than 500 characters', 'never closed');
  assert.is([...readCsv(csv, ',', 1300)].length, 2);
});

test('.gz: what is cut off or no gzip is refused, nothing packed is nothing', () => {
  const whole = gzipSync('{"text":"一"}\n'.repeat(5000));
  const bad = (content: Uint8Array, ...parts: string[]) =>
    refuses(() => valuesOf(put(folder, 'bad.jsonl.gz', content)), 'bad.jsonl.gz', ...parts);
  bad(whole.subarray(0, 60), 'cut off');
  bad(whole.subarray(0, 9), '9 bytes are no gzip file');
  bad(new Uint8Array(0), 'no gzip file');
  bad(Buffer.from('{"text":"一"}\n'.repeat(10)), 'no gzip file');
  assert.equal(valuesOf(put(folder, 'empty.jsonl.gz', gzipSync(''))), []);
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
    for (const _ of readRecords(path)) if (++count % 1000 === 0) most = Math.max(most, held() - before);
    assert.ok(count >= 33_000, String(count));
    assert.ok(most < 40 * 2 ** 20, `${name}: ${most} bytes more than before`); // garbage not yet collected included
  }
});

function held(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test.run();
