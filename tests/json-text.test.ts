import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseJson, quoted, shown } from '../src/json-text.ts';
import { refuses } from './data/temporary.ts';

const messageOf = (text: string): string => {
  try {
    parseJson(text, 'x');
  } catch (error) {
    return (error as Error).message;
  }
  return assert.unreachable(`${text} was taken`) as never;
};

test('takes what JSON.parse takes', () => {
  fc.assert(fc.property(fc.json(), (text) => assert.equal(parseJson(text, 'x'), JSON.parse(text))));
});

test('names line and column of the first character that is wrong', () => {
  const cases: [string, string, number, number][] = [
    ['{"a":1,}', '}', 1, 8],
    ['{"a":\n nope}', 'n', 2, 2],
    ['[1,\n2 3]', '3', 2, 3],
    ['[1,]', ']', 1, 4],
    ['[1}', '}', 1, 3],
    ['{"a" 1}', '1', 1, 6],
    ['{a: 1}', 'a', 1, 2],
    ['{,}', ',', 1, 2],
    ['1 1', '1', 1, 3],
    ['[01]', '1', 1, 3],
    ['[NaN]', 'N', 1, 2],
    ['["a\nb"]', '\\n', 1, 4],
    ['["\\q"]', 'q', 1, 4],
    ['["\\u12"]', 'u', 1, 4],
    ["{'a': 1}", "'", 1, 2],
  ];
  for (const [text, character, line, column] of cases) {
    assert.is(
      messageOf(text),
      `x is not valid JSON: unexpected "${character}" at line ${line}, column ${column}`,
    );
  }
});

test('a text that is cut off anywhere says so, or is still JSON', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.nat(), (value, n) => {
      const text = JSON.stringify(value);
      const message = messageOf(text.slice(0, 1 + (n % (text.length - 1))));
      // A cut within a number, a word or an escape is found at its beginning.
      assert.ok(message.includes('ends too early') || message.includes('unexpected'), message);
    }),
  );
  assert.is(messageOf('[{"a": 1'), 'x is not valid JSON: it ends too early (cut off?)');
  assert.is(messageOf(' \n'), 'x is not valid JSON: it is empty');
});

test('one damaged character: accepted as JSON.parse does, or refused at the damage or after it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (value, n, other) => {
      const text = JSON.stringify([value]);
      const at = n % text.length;
      const damaged = text.slice(0, at) + other + text.slice(at + 1);
      let accepted = true;
      try {
        JSON.parse(damaged);
      } catch {
        accepted = false;
      }
      if (accepted) return void parseJson(damaged, 'x');
      const column = /line 1, column (\d+)/.exec(messageOf(damaged));
      if (column === null) assert.match(messageOf(damaged), 'ends too early');
      else {
        // The place is that of the damage, of the word or escape that it is part of, or later; all before it is sound.
        const sound = text.slice(0, at).replace(/(?:[-+.\w]+|\\[u0-9a-f]{0,5})$/i, '').length;
        assert.ok(Number(column[1]) - 1 >= sound, `${damaged}: ${messageOf(damaged)}`);
      }
    }),
  );
});

test('nothing of the text is printed as it stands', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const printed = quoted(text);
      assert.not.match(printed, /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      assert.ok(printed.length <= 2 + 6 * 63);
      if (text.length <= 60) assert.is(JSON.parse(printed), text);
    }),
  );
  for (const text of ['{"a": \u001b[31m}', '[\u0085]', 'secret'])
    assert.not.match(messageOf(text), /\p{Cc}|secret/u);
  assert.is(quoted('a\u202eb\u009b\u001b'), '"a\\u202eb\\u009b\\u001b"');
});

test('values are named in a few words', () => {
  const cases: [unknown, string][] = [
    [undefined, 'missing'],
    [null, 'null'],
    [[], 'an empty list'],
    [[1, 2], 'a list of 2'],
    [{}, 'an object'],
    [-0.5, '-0.5'],
    [true, 'true'],
    ['a\n', '"a\\n"'],
    ['x'.repeat(61), `"${'x'.repeat(60)}..."`],
  ];
  for (const [value, words] of cases) assert.is(shown(value), words);
});

test('depth is bounded', () => {
  const nested = (n: number) => '['.repeat(n) + ']'.repeat(n);
  parseJson(nested(100), 'x');
  refuses(() => parseJson(nested(102), 'x'), 'x has more than 100 objects and lists inside each other');
  refuses(() => parseJson(nested(1_000_000), 'x'), 'x has more than 100');
  refuses(() => parseJson('['.repeat(1_000_000), 'x'), 'ends too early');
});

test.run();
