import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type KnobTable, valuesOf } from '../src/knobs.ts';

const table = {
  rate: { type: 'number', default: 0.5, help: 'how fast' },
  limit: { type: 'number', whole: true, default: null, help: 'how long' },
  kind: { type: 'choice', choices: ['a', 'b'], default: 'a', help: 'which' },
  loud: { type: 'boolean', default: true, help: 'whether' },
} as const satisfies KnobTable;

test('defaults, with later changes on top of earlier ones; null is a value, what is absent or undefined changes nothing', () => {
  assert.equal(valuesOf(table), { rate: 0.5, limit: null, kind: 'a', loud: true });
  const values = valuesOf(table, { rate: 1, limit: 7 }, { rate: 2, kind: 'b' }, { limit: null, loud: false });
  assert.equal(values, { rate: 2, limit: null, kind: 'b', loud: false });
  const absent = { rate: undefined } as unknown as { rate: number };
  assert.is(valuesOf(table, { rate: 3 }, absent).rate, 3);
});

test('knobs of other tables are passed over', () => {
  assert.equal(Object.keys(valuesOf(table, { beta: 1 })), ['rate', 'limit', 'kind', 'loud']);
});

test.run();
