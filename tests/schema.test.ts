import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  anything,
  boolean,
  check,
  choice,
  either,
  type Infer,
  list,
  nullable,
  number,
  object,
  optional,
  parse,
  record,
  type Schema,
  text,
  tuple,
  where,
  withDefault,
} from '../src/schema.ts';
import { refuses } from './data/temporary.ts';

const settings = object({
  seed: number({ whole: true, min: 0 }),
  name: optional(text()),
  backend: withDefault(choice(['wasm', 'gpu']), 'wasm'),
  initFrom: nullable(text()),
  changes: record(either(number(), text())),
  quick: boolean(),
  stages: list(text(/^[a-z]+$/, 'the name of a stage'), { min: 1 }),
  range: tuple(number(), number({ above: 0 })),
});
type Settings = Infer<typeof settings>;

// Types are inferred: this assignment is the test.
const good: Settings = {
  seed: 1,
  backend: 'gpu',
  initFrom: null,
  changes: { batchSize: 2, note: 'x' },
  quick: false,
  stages: ['sft'],
  range: [-1, 2],
};

test('what fits comes back with its type', () => {
  assert.equal(check(settings, good, 'x'), good);
  assert.equal(parse(settings, JSON.stringify(good), 'x'), good);
  const { backend: _, ...rest } = good;
  assert.equal(check(settings, rest, 'x').backend, 'wasm');
  assert.is(check(settings, { ...good, name: 'n' }, 'x').name, 'n');
  assert.not.ok('name' in check(settings, good, 'x'), 'a missing field stays missing');
});

test('one sentence: file, path, what is wanted, what is there, advice', () => {
  const cases: [object, string][] = [
    [{ seed: '1' }, '"seed" must be a whole number of at least 0, but it is "1"'],
    [{ seed: -1 }, '"seed" must be a whole number of at least 0, but it is -1'],
    [{ seed: 1.5 }, '"seed" must be a whole number of at least 0, but it is 1.5'],
    [{ seed: 2 ** 53 }, '"seed" must be a whole number below 2^53, but it is 9007199254740992'],
    [{ seed: undefined }, '"seed" must be a whole number of at least 0, but it is missing'],
    [{ name: null }, '"name" must be a text, but it is null'],
    [{ backend: 'tpu' }, '"backend" must be one of "wasm", "gpu", but it is "tpu"'],
    [{ initFrom: 1 }, '"initFrom" must be a text or null, but it is 1'],
    [{ changes: { lr: [] } }, '"changes.lr" must be a number or a text, but it is an empty list'],
    [{ changes: [1] }, '"changes" must be an object, but it is a list of 1'],
    [{ quick: 0 }, '"quick" must be true or false, but it is 0'],
    [{ stages: [] }, '"stages" must be a list of at least 1, but it is an empty list'],
    [{ stages: ['a', '\u001b[31m'] }, '"stages[1]" must be the name of a stage, but it is "\\u001b[31m"'],
    [{ range: [1, 0] }, '"range[1]" must be a number of more than 0, but it is 0'],
    [{ range: [1] }, '"range" must be a list of 2, but it is a list of 1'],
  ];
  for (const [change, sentence] of cases) {
    refuses(() => check(settings, { ...good, ...change }, 'run.json'), `run.json: ${sentence}`);
    refuses(
      () => check(settings, { ...good, ...change }, 'run.json', 'start anew'),
      `${sentence}; start anew`,
    );
  }
  refuses(() => parse(settings, '[]', 'run.json'), 'run.json must be an object, but it is an empty list');
  refuses(
    () => parse(settings, '{', 'run.json', 'start anew'),
    'run.json is not valid JSON: ',
    '; start anew',
  );
});

test('no number but a finite one, and both limits of a range count', () => {
  const probability = number({ min: 0, below: 1 });
  for (const value of [0, 0.5]) assert.is(check(probability, value, 'x'), value);
  for (const value of [-1e-9, 1, Number.NaN, Infinity, '0', null])
    refuses(
      () => check(probability, value, 'x'),
      'x must be a number of at least 0 and less than 1, but it is',
    );
  refuses(() => parse(number(), '1e999', 'x'), 'x must be a number, but it is Infinity');
  assert.is(check(number({ max: 2 }), 2, 'x'), 2);
  refuses(() => check(number({ max: 2 }), 2.1, 'x'), 'a number of at most 2');
});

test('of two forms, the one that nearly fits is named', () => {
  const merge = either(text(), tuple(text(), text()));
  assert.equal(check(merge, 'a b', 'x'), 'a b');
  assert.equal(check(merge, ['a', 'b'], 'x'), ['a', 'b']);
  refuses(() => check(merge, ['a', 1], 'x'), 'x: "[1]" must be a text, but it is 1');
  refuses(() => check(merge, 1, 'x'), 'x must be a text or a list of 2, but it is 1');
  const even = where(number({ whole: true }), (n) => n % 2 === 0, 'an even number');
  assert.is(check(even, 4, 'x'), 4);
  refuses(() => check(even, 3, 'x'), 'x must be an even number, but it is 3');
});

test('names that all objects inherit are not fields, and "__proto__" changes no prototype', () => {
  const inherited = object({ constructor: optional(anything()), toString: optional(anything()) });
  assert.equal(Object.keys(check(inherited, {}, 'x')), []);
  const evil = '{"__proto__": {"polluted": 1}, "a": {"polluted": 2}}';
  const plain = parse(record(record(number())), evil, 'x');
  assert.is(Object.getPrototypeOf(plain), Object.prototype);
  assert.equal(Object.keys(plain), ['__proto__', 'a']);
  const named = parse(object({ ['__proto__']: anything() }), evil, 'x');
  assert.is(Object.getPrototypeOf(named), Object.prototype);
  assert.is(({} as { polluted?: number }).polluted, undefined);
});

test('any value at any place is taken or refused in one sentence, and what is taken is taken again', () => {
  const names = ['seed', 'name', 'backend', 'initFrom', 'changes', 'quick', 'stages', 'range', '__proto__'];
  const any = fc.anything({ withNullPrototype: false, maxDepth: 3 });
  const schemas: Schema<unknown>[] = [settings, list(settings), record(number()), tuple(settings, text())];
  fc.assert(
    fc.property(fc.constantFrom(...schemas), fc.constantFrom(...names), any, (schema, name, value) => {
      for (const whole of [value, { ...good, [name]: value }, [{ ...good, [name]: value }]]) {
        let taken: unknown;
        try {
          taken = check(schema, whole, 'f.json');
        } catch (error) {
          const { message } = error as Error;
          assert.match(message, /^f\.json(: ".*")? must be .*, but it is .*$/);
          assert.not.match(message, /\p{Cc}/u);
          continue;
        }
        assert.equal(check(schema, taken, 'f.json'), taken);
      }
    }),
  );
});

test.run();
