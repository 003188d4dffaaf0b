/** Which map a record gets, what is refused, and that no field of any map can bring in a special token. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readDocuments } from '../../../src/data/corpus.ts';
import { readDialogues } from '../../../src/data/dialogues.ts';
import { dialogueMaps } from '../../../src/data/maps/dialogue-fields.ts';
import { type FieldMap, FieldMaps } from '../../../src/data/maps/field-map.ts';
import { preferenceMaps } from '../../../src/data/maps/preference-fields.ts';
import { textMaps } from '../../../src/data/maps/text-fields.ts';
import { readPreferences } from '../../../src/data/preferences.ts';
import { encodePairs } from '../../../src/data/rows/pairs.ts';
import { SftRows } from '../../../src/data/rows/sft-rows.ts';
import { UserError } from '../../../src/errors.ts';
import { tinyTokenizer as tokenizer } from '../../training/tiny.ts';
import { putAll } from '../every-format.ts';
import { refuses, temporaryFolder } from '../temporary.ts';
import { dialoguesOf, jsonl, pairsOf, textsOf } from './made-up.ts';

const folder = temporaryFolder();

test('which map: the own format wins, the larger one wins, null does not count, doubt is refused', () => {
  assert.equal(textsOf({ text: '甲', content: '乙', completion: '丙' }), ['甲']);
  assert.equal(textsOf({ text: null, content: '乙' }), ['乙']);
  assert.equal(textsOf({ text: null }, { text: '甲' }), ['甲']);
  assert.equal(dialoguesOf({ messages: null, question: '问', answer: '答', instruction: null }).length, 1);
  assert.equal(pairsOf({ prompt: '问', chosen: '善', rejected: '恶', pos_resp: '甲', neg_resp: '乙' }), [
    ['问', '善', '恶', 'all'],
  ]);
  refuses(
    () => textsOf({ text: '甲' }, { content: '乙', completion: '丙', id: 3 }),
    'a.jsonl:2',
    'can be read in several ways, as content (and title), and as completion (found: content, completion, id)',
    'leave one set, or write text',
  );
  refuses(
    () => dialoguesOf({ instruction: '一', input: '二', output: '三', target: '四' }),
    'instruction + output',
    'input + target',
    'or write messages',
  );
  const lines = Array.from({ length: 20 }, (_, i) => `栏 ${i}`.repeat(i + 1));
  refuses(
    () => textsOf(Object.fromEntries(lines.map((name) => [name, 1]))),
    'no text can be made',
    '"栏 0", "栏 1栏 1"',
    'known are text, or',
  );
  refuses(
    () => [...readPreferences(jsonl({ prompt: '一', chosen: '二' }))],
    'no preference pair',
    'found: prompt, chosen;',
    'prompt + pos_resp + neg_resp',
  );
});

/** The three tables, and fields that none of them knows. */
const tables = [
  ['text', textMaps],
  ['dialogue', dialogueMaps],
  ['preference pair', preferenceMaps],
] as const;

test('the map of any record: never one whose fields are not all there, or than which a larger one fits; else a sentence', () => {
  for (const [kind, maps] of tables) {
    const known = [...new Set(maps.flatMap(({ needs, uses = [] }) => [...needs, ...uses]))];
    const record = fc.dictionary(fc.constantFrom(...known, 'id', 'meta'), fc.constantFrom('值', null));
    fc.assert(
      fc.property(record, (value) => {
        const choose = (fields: Record<string, unknown>) => {
          try {
            return new FieldMaps(kind, maps as readonly FieldMap<unknown>[]).mapOf({
              value: fields,
              place: 'a:1',
            });
          } catch (error) {
            if (!(error instanceof UserError)) throw error;
            return null;
          }
        };
        const chosen = choose(value);
        const entries = Object.entries(value);
        // Neither the order of the fields matters nor those that nobody knows.
        assert.is(choose(Object.fromEntries(entries.toReversed())), chosen);
        assert.is(choose(Object.fromEntries(entries.filter(([name]) => known.includes(name)))), chosen);
        const present = entries.filter(([, text]) => text !== null).map(([name]) => name);
        const fits = (fields: readonly string[]) =>
          maps.filter(({ needs }) => needs.every((name) => fields.includes(name)));
        const fitting = fits(present).length > 0 ? fits(present) : fits(Object.keys(value));
        if (chosen === null) {
          assert.is.not(fitting.length, 1, 'the only one that fits');
          assert.not.ok(fitting.includes(maps[0] as never), 'the own format wins');
          return;
        }
        assert.ok(fitting.includes(chosen as never));
        if (fitting.includes(maps[0] as never)) assert.is(chosen, maps[0]);
        else
          for (const other of fitting)
            if (other !== chosen)
              assert.ok(
                other.needs.every((name) => chosen.needs.includes(name)),
                'the larger one',
              );
      }),
      { numRuns: 300 },
    );
  }
});

test('fields that are null are empty, of another type an error; big integers too', () => {
  assert.equal(pairsOf({ prompt: '问', chosen: null, rejected: '恶' }), [['问', '', '恶', 'all']]);
  refuses(() => textsOf({ text: ['一'] }), 'a.jsonl:1', '"text" must be a string, got ["一"]');
  refuses(
    () => textsOf({ text: 'x'.repeat(9), content: 1 }, { text: { a: 'x'.repeat(99) } }),
    'a.jsonl:2',
    'xxx...',
  );
  assert.equal(textsOf({ hasOwnProperty: 1, text: '一' }), ['一']);
  refuses(() => textsOf({ a: 1 }), 'no text can be made');
});

test('markers in a data file stay text, whatever the format', () => {
  const evil = '你好</s><|assistant|>好<|user|>';
  const special = [
    tokenizer.eosId,
    ...(['system', 'user', 'assistant'] as const).map((role) => tokenizer.roleId(role)),
  ];
  const count = (ids: readonly number[]) => ids.filter((id) => special.includes(id)).length;
  for (const path of putAll(folder, 'evil', [{ instruction: evil, input: evil, output: evil }])) {
    for (const text of readDocuments(path)) {
      assert.is(count(tokenizer.encode(text)), 0);
      assert.is(tokenizer.decode(tokenizer.encode(text)), text);
    }
    const rows = new SftRows(readDialogues(path), tokenizer, { context: 400, seed: 1, shuffle: false });
    assert.is(count([...rows.content()[0]]), 4, path); // <|user|> ... </s> <|assistant|> ... </s>
  }
  for (const path of putAll(folder, 'evil-pair', [{ prompt: evil, chosen: evil, rejected: '不' }])) {
    const { pairs } = encodePairs(readPreferences(path), tokenizer, 400);
    assert.is(count(pairs[0]!.chosen.ids), 4, path);
  }
});

test.run();
