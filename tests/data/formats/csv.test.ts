/** Separated values: quotes, separators, line ends, and what damage says. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readCsv } from '../../../src/data/formats/csv.ts';
import { separatedOf } from '../every-format.ts';
import { put, refuses, temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const rows = (path: string) => [...readCsv(path)].map(({ fields }) => [...fields.values()]);
const valuesOf = (path: string) =>
  [...readCsv(path, path.endsWith('.tsv') ? '\t' : ',')].map(({ fields }) => Object.fromEntries(fields));

test('CSV: commas, quotes and line ends within quotes, empty fields, \\r\\n, a byte order mark', () => {
  const path = put(folder, 'a.csv', '\uFEFFid,a,b\r\n1,"x,y","他说""好"""\r\n\r\n2,,"两\n行"\n3,"",c"d\n');
  assert.equal(rows(path), [
    ['1', 'x,y', '他说"好"'],
    ['2', '', '两\n行'],
    ['3', '', 'c"d'],
  ]);
  assert.equal(
    [...readCsv(path)].map(({ place }) => place),
    [2, 4, 6].map((line) => `${path}:${line}`),
  );
  assert.equal([...[...readCsv(path)][0]!.fields.keys()], ['id', 'a', 'b']);
});

test('CSV: what is damaged is refused with its line', () => {
  const refusesText = (text: string, ...parts: string[]) =>
    refuses(() => rows(put(folder, 'bad.csv', text)), ...parts);
  refusesText('a,b\n1,2\n1,2,3\n', 'bad.csv:3', '3 fields', 'header has 2');
  refusesText('a,b\n1,"2\n3,4\n', 'bad.csv:2', 'never closed');
  refusesText('a,b\n"1"x,2\n', 'bad.csv:2', 'closing quote', '"x"');
  refusesText('a,a\n1,2\n', 'bad.csv:1', 'two columns', '"a"');
  assert.equal(rows(put(folder, 'empty.csv', '')), []);
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

test('a quoted field of 40,000 lines is read once, not once per line', () => {
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
  const csv = put(folder, 'long.csv', `a\n短\n"${'一\n'.repeat(600)}"\n`);
  refuses(() => [...readCsv(csv, ',', 500)], 'long.csv:3', 'longer than 500 characters', 'never closed');
  assert.is([...readCsv(csv, ',', 1300)].length, 2);
});

test.run();
