/**
 * Rows at their ends, by property: what fits exactly is neither dropped nor begins another row, held-out tokens are in no row
 * that is learned from, and nothing is learned twice.
 */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { TokenFile, writeTokenFile } from '../../../src/data/bytes/token-file.ts';
import type { Dialogue } from '../../../src/data/dialogues.ts';
import { packLengths } from '../../../src/data/rows/answers.ts';
import { encodePairs, encodePrompt } from '../../../src/data/rows/pairs.ts';
import { PretrainRows } from '../../../src/data/rows/pretrain-rows.ts';
import { makePrompts } from '../../../src/data/rows/prompts.ts';
import { countTargets, RowStream } from '../../../src/data/rows/rows.ts';
import { SftRows } from '../../../src/data/rows/sft-rows.ts';
import { IGNORE_INDEX } from '../../../src/tensor/index.ts';
import { encodeDialogue } from '../../../src/tokenizer/index.ts';
import { tinyTokenizer as tokenizer } from '../../training/tiny.ts';
import { temporaryFolder } from '../temporary.ts';

const folder = temporaryFolder();

/** A file whose token at place p is p + 10, so that an id tells where it stood. */
const PLACES = 400;
const places = Array.from({ length: PLACES }, (_, place) => place + 10);
writeTokenFile(`${folder}/places.bin`, [places], 65536);
const file = new TokenFile(`${folder}/places.bin`);
const EOS = 5;

test('a stretch of a token file: its rows are full, they follow each other, and nothing before or after it is in them', () => {
  const stretches = fc.tuple(
    fc.nat(PLACES - 2),
    fc.integer({ min: 2, max: PLACES }),
    fc.integer({ min: 1, max: 40 }),
  );
  fc.assert(
    fc.property(stretches, fc.boolean(), ([start, length, context], shuffle) => {
      const end = Math.min(PLACES, start + length);
      const options = { context, eosId: EOS, seed: 3, shuffle, packing: 'shared' as const };
      const rows = new PretrainRows(file, options, end, start);
      const full = Math.floor((end - start - 1) / context); // the last target needs a token after the last input
      assert.is(rows.rowsInEpoch(), Math.max(1, full));
      const targets: number[] = [];
      for (let i = 0; i < rows.rowsInEpoch(); i++) {
        const row = rows.row(0, i);
        for (const [t, target] of row.targets.entries()) {
          if (target === IGNORE_INDEX) continue;
          assert.is(row.inputs[t], target - 1);
          targets.push(target - 10);
        }
        assert.is(countTargets(row), full === 0 ? end - start - 1 : context);
      }
      const used = full === 0 ? end - start - 1 : full * context;
      assert.equal(
        targets.sort((a, b) => a - b),
        Array.from({ length: used }, (_, i) => start + 1 + i),
      );
    }),
    { numRuns: 300 },
  );
});

test('held out and learned: no token of one part is an input or a target of the other', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: PLACES - 2 }),
      fc.integer({ min: 1, max: 40 }),
      (border, context) => {
        const options = { context, eosId: EOS, seed: 3, shuffle: true, packing: 'isolated' as const };
        const tokensOf = (rows: PretrainRows) =>
          Array.from({ length: rows.rowsInEpoch() }, (_, i) => rows.row(1, i))
            .flatMap(({ inputs, targets }) => [...inputs, ...targets])
            .filter((id) => id >= 10); // no filler, no IGNORE_INDEX
        const learned = tokensOf(new PretrainRows(file, options, border));
        const heldOut = tokensOf(new PretrainRows(file, options, PLACES, border));
        assert.ok(Math.max(...learned) < border + 10);
        assert.ok(Math.min(...heldOut) >= border + 10);
      },
    ),
  );
});

/** A dialogue of so many tokens, at least six: <|user|> 0 </s> <|assistant|> 1... </s>, digits being a token each. */
function dialogueOf(tokens: number, i: number): Dialogue {
  const messages = [
    { role: 'user' as const, content: `${i % 10}` },
    { role: 'assistant' as const, content: '1'.repeat(tokens - 5) },
  ];
  assert.is(encodeDialogue(tokenizer, messages).ids.length, tokens);
  return { messages, place: `a.jsonl:${i + 1}` };
}

test('dialogues of any lengths: all that fit are there once, and a row ends only where the next one would not fit', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 6, max: 20 }), { minLength: 1, maxLength: 25 }),
      fc.integer({ min: 5, max: 40 }),
      fc.boolean(),
      (lengths, context, shuffle) => {
        fc.pre(lengths.some((length) => length - 1 <= context));
        const dialogues = lengths.map(dialogueOf);
        const rows = new SftRows(dialogues, tokenizer, { context, seed: 2, shuffle });
        const fitting = lengths.filter((length) => length - 1 <= context);
        assert.equal([rows.kept, rows.tooLong], [fitting.length, lengths.length - fitting.length]);
        const found: number[][] = [];
        for (let i = 0; i < rows.rowsInEpoch(0); i++) {
          const row = rows.row(0, i);
          const { documents, length = context, targets } = row;
          assert.is('length' in row, length < context, 'a full row has no filler');
          const own = [...documents!].slice(0, length); // sft rows keep dialogues apart
          const inRow = [...new Set(own)].map((document) => own.filter((each) => each === document).length);
          found.push(inRow);
          assert.is(
            countTargets({ inputs: targets, targets }),
            inRow.reduce((sum, n) => sum + n - 3, 0),
          );
        }
        const all = found.flat();
        assert.equal(
          all.toSorted((a, b) => a - b),
          fitting.map((n) => n - 1).sort((a, b) => a - b),
        );
        if (!shuffle)
          assert.equal(
            all,
            fitting.map((n) => n - 1),
          );
        for (const [i, row] of found.slice(0, -1).entries()) {
          const used = row.reduce((sum, n) => sum + n, 0);
          assert.ok(
            used <= context && used + found[i + 1]![0]! > context,
            `${used} and ${found[i + 1]![0]} in ${context}`,
          ); // there is a next row, and it is not empty
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('rows of many epochs come one after another, each epoch whole', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 6 }), (counts) => {
      const numbered = {
        rowsInEpoch: (epoch: number) => counts[epoch % counts.length]!, // there is one at least
        row: (epoch: number, index: number) => ({
          inputs: Int32Array.of(epoch, index),
          targets: Int32Array.of(),
        }),
      };
      const expected = counts.flatMap((count, epoch) =>
        Array.from({ length: count }, (_, index) => [epoch, index]),
      );
      const order = expected.map((_, n) => n);
      for (const asked of [order, order.toReversed()]) {
        const stream = new RowStream(numbered);
        for (const n of asked) assert.equal([...stream.row(n).inputs], expected[n]);
      }
    }),
  );
});

test('answers in rows: none overlaps another or sticks out, one as wide as a row fills it, and no row could be spared at once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 20 }), fc.nat(6), (lengths, more) => {
      const width = Math.max(0, ...lengths) + more;
      const packing = packLengths(lengths, width);
      const taken = Array.from({ length: packing.rows }, () => new Array<boolean>(width).fill(false));
      for (const [i, { row, column }] of packing.places.entries())
        for (let at = column; at < column + lengths[i]!; at++) {
          assert.is(taken[row]![at], false, `row ${row}, column ${at}`);
          taken[row]![at] = true;
        }
      const used = taken.map((row) => row.filter(Boolean).length);
      for (const [i, one] of used.entries())
        for (const other of used.slice(i + 1))
          assert.ok(one + other > width, 'two rows would have fitted into one');
      assert.is(packLengths(lengths).width, Math.max(0, ...lengths));
    }),
  );
});

test('a pair that fits exactly is kept, one token less and it is left out', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), (a, b) => {
      fc.pre(a !== b);
      const pair = {
        prompt: '1',
        chosen: '2'.repeat(a),
        rejected: '2'.repeat(b),
        quality: 'all',
        place: 'a:1',
      };
      const context = encodePrompt(tokenizer, '1').length + Math.max(a, b) + 1; // and </s>
      assert.is(encodePairs([pair], tokenizer, context).pairs.length, 1);
      assert.equal(encodePairs([pair], tokenizer, context - 1).skipped.tooLong, 1);
    }),
  );
  const prompt = encodePrompt(tokenizer, '1').length;
  const pair = { prompt: '1', chosen: '2', rejected: '3', quality: 'all', place: 'a:1' };
  assert.is(encodePairs([pair], tokenizer, prompt).skipped.noRoom, 1);
  assert.is(encodePairs([pair], tokenizer, prompt + 1).skipped.tooLong, 1);
});

test('a prompt that leaves exactly the room wanted is kept, one token less and it is left out', () => {
  const pairs = ['1', '22', '333'].map((prompt) => ({
    prompt,
    chosen: '2',
    rejected: '3',
    quality: 'all',
    place: 'a:1',
  }));
  const room = 7;
  const context = encodePrompt(tokenizer, '22').length + room;
  const options = { context, maxNewTokens: room, needsFact: false, source: 'a' };
  const { prompts, note } = makePrompts(pairs, tokenizer, options);
  assert.equal(
    prompts.map(({ question }) => question),
    ['1', '22'],
  );
  assert.match(note, /1 leave no room for 7 new tokens/);
});

test.run();
