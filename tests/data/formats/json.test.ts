/** JSON lists and objects in a row: every way to write them, every border of a chunk, and what damage says. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readJson } from '../../../src/data/formats/json.ts';
import { UserError } from '../../../src/errors.ts';
import { put, refuses, temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();
const json = (content: string | Uint8Array) => put(folder, 'a.json', content);
const valuesOf = (path: string) => [...readJson(path)].map(({ value }) => value);

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

test('.json: damage is a sentence with the record', () => {
  const cases: [string | Uint8Array, ...string[]][] = [
    ['[{"a":1},{"a":', 'record 2', 'ends within this object', 'cut off'],
    ['[{"a":1},{"a":"', 'record 2', 'cut off'],
    ['{"a":1}\n{"a":', 'record 2', 'cut off'],
    ['[{"a":1}', 'record 2', 'ends before its list is closed'],
    ['[', 'record 1', 'ends before its list is closed'],
    ['[{"a":1},]', 'record 2', 'expected a JSON object here, got "]"'],
    ['[{"a":1} {"a":2}]', 'record 2', 'expected a comma or the end of the list'],
    ['[{"a":1}] {}', 'record 2', 'expected nothing after the end'],
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
  const records = readJson(json('[{"a":1},{"a":2},{"a"'));
  assert.equal(records.next().value?.value, { a: 1 });
  assert.equal(records.next().value?.value, { a: 2 });
  refuses(() => records.next(), 'record 3');
});

test('an object longer than the limit is a sentence, one just as long is not', () => {
  const chunk = 1 << 20;
  const path = json(`[{"a":"短"},{"a":"${'长'.repeat(chunk)}"}]`);
  refuses(() => [...readJson(path, 2 * chunk)], 'record 2', 'longer than 2,097,152 bytes');
  assert.is([...readJson(path, 4 * chunk)].length, 2);
});

test.run();
