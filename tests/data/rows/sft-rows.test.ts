import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dialogue } from '../../../src/data/dialogues.ts';
import { positionsOf, type Row, RowStream } from '../../../src/data/rows/rows.ts';
import { requireDialogue, SftRows } from '../../../src/data/rows/sft-rows.ts';
import { encodeDialogue, type Message, makeVocabulary, Tokenizer } from '../../../src/tokenizer/index.ts';
import { tinyTokenizer as tokenizer } from '../../training/tiny.ts';
import { refuses } from '../temporary.ts';

const dialogue = (line: number, ...contents: string[]): Dialogue => ({
  messages: contents.map((content, i): Message => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
  place: `a.jsonl:${line}`,
});
const options = { context: 32, seed: 1, shuffle: false };
const dialogues = Array.from({ length: 40 }, (_, i) => {
  return dialogue(i + 1, `${i}中国的首都`, '北京'.repeat((i % 3) + 1));
});
const rowsOf = (rows: SftRows, epoch: number) =>
  Array.from({ length: rows.rowsInEpoch(epoch) }, (_, i) => rows.row(epoch, i));

test('only answers and their </s> are learned, each from what stands before it', () => {
  const asked = dialogue(1, '中国的首都', '北京。', '日本呢', '东京。');
  const { ids, answerMask } = encodeDialogue(tokenizer, asked.messages);
  const row = new SftRows([asked], tokenizer, options).row(0, 0);
  const n = ids.length - 1;
  assert.equal([...row.inputs].slice(0, n), ids.slice(0, n));
  assert.equal(
    [...row.targets].slice(0, n),
    ids.slice(1).map((id, i) => (answerMask[i + 1] === 1 ? id : -100)),
  );
  const learned = [...row.targets].filter((id) => id !== -100);
  assert.is(tokenizer.decode(learned), '北京。</s>东京。</s>');
});

test('with a weight for questions their tokens are learned too, and count that much', () => {
  const asked = dialogue(1, '中国的首都', '北京。', '日本呢', '东京。');
  const { ids, answerMask } = encodeDialogue(tokenizer, asked.messages);
  const row = new SftRows([asked], tokenizer, { ...options, questionWeight: 0.25 }).row(0, 0);
  const n = ids.length - 1;
  assert.equal([...row.targets].slice(0, n), ids.slice(1));
  assert.equal(
    [...row.weights!].slice(0, n),
    ids.slice(1).map((_, i) => (answerMask[i + 1] === 1 ? 1 : 0.25)),
  );
  assert.ok([...row.targets].slice(n).every((id) => id === -100));
  assert.is(new SftRows([asked], tokenizer, options).row(0, 0).weights, undefined);
});

test('the filler at the end is padding that nobody learns, in a document of its own', () => {
  const row = new SftRows([dialogues[0]!, dialogues[1]!], tokenizer, options).row(0, 0);
  const documents = [...row.documents!];
  assert.equal([...new Set(documents)], [0, 1, 2]);
  const filler = documents.indexOf(2);
  assert.ok([...row.inputs].slice(filler).every((id) => id === tokenizer.padId));
  assert.ok([...row.targets].slice(filler).every((id) => id === -100));
  assert.ok(row.inputs[filler - 1] !== tokenizer.padId);
});

test('positions restart with every dialogue', () => {
  const row = new SftRows([dialogues[0]!, dialogues[1]!], tokenizer, options).row(0, 0);
  const second = [...row.documents!].indexOf(1);
  const positions = [...positionsOf(row)];
  assert.equal(positions.slice(0, second), [...Array(second).keys()]);
  assert.is(positions[second], 0);
  assert.is(row.inputs[second], tokenizer.userId);
});

/** The dialogues in a row, as text. */
function textsIn({ inputs, documents }: Row): string[] {
  const texts: string[] = [];
  for (let t = 0; t < inputs.length; t++) {
    if (inputs[t] === tokenizer.padId) break;
    texts[documents![t]!] = (texts[documents![t]!] ?? '') + tokenizer.decode([inputs[t]!]);
  }
  return texts;
}

test('packing keeps every dialogue whole and exactly once per epoch', () => {
  const whole = dialogues.map(({ messages }) =>
    tokenizer.decode(encodeDialogue(tokenizer, messages).ids.slice(0, -1)),
  );
  for (const shuffle of [false, true]) {
    const rows = new SftRows(dialogues, tokenizer, { ...options, shuffle });
    assert.is(rows.kept, 40);
    for (const epoch of [0, 1, 2]) {
      const found = rowsOf(rows, epoch).flatMap(textsIn);
      if (!shuffle) assert.equal(found, whole);
      assert.equal(found.toSorted(), whole.toSorted());
    }
    assert.ok(rows.rowsInEpoch(0) < 40, 'several dialogues share a row');
  }
});

test('a new order every epoch, the same for the same seed; rows that differ in number do not confuse the stream', () => {
  const make = (seed: number) => new SftRows(dialogues, tokenizer, { ...options, shuffle: true, seed });
  const orders = [0, 1, 2].map((epoch) => rowsOf(make(1), epoch).flatMap(textsIn).join());
  assert.is(new Set(orders).size, 3);
  assert.is(rowsOf(make(1), 1).flatMap(textsIn).join(), orders[1]);
  assert.is.not(rowsOf(make(2), 1).flatMap(textsIn).join(), orders[1]);
  const stream = new RowStream(make(1));
  const counts = [0, 1, 2].map((epoch) => make(1).rowsInEpoch(epoch));
  const all = Array.from({ length: counts[0]! + counts[1]! + counts[2]! }, (_, n) => textsIn(stream.row(n)));
  assert.equal(all.flat().join(), orders.join());
});

test('a dialogue that just fits fills its row; one token more and it is left out and counted', () => {
  const exact = dialogue(1, '0123456789', '0123456789'); // digits are split: 10 + 10 + 4 markers
  const { ids } = encodeDialogue(tokenizer, exact.messages);
  const rows = new SftRows([exact], tokenizer, { ...options, context: ids.length - 1 });
  assert.equal([rows.kept, rows.tooLong], [1, 0]);
  assert.ok([...rows.row(0, 0).inputs].every((id, t) => id === ids[t]));
  const short = dialogue(2, '0', '1');
  const less = new SftRows([exact, short, exact], tokenizer, { ...options, context: ids.length - 2 });
  assert.equal([less.kept, less.tooLong], [1, 2]);
  assert.equal(rowsOf(less, 0).flatMap(textsIn).length, 1);
});

test('nothing to learn from is refused, with the reason', () => {
  const long = dialogue(3, 'a'.repeat(99), 'b');
  refuses(
    () => new SftRows([long], tokenizer, options),
    'a.jsonl:3',
    'left out: 1 longer than the context of 32',
  );
  const empty = { ...options, source: 'empty.jsonl' };
  refuses(() => new SftRows([], tokenizer, empty), 'empty.jsonl: no dialogue to learn from, there are none');
});

test('a wrong order of roles is refused with its place', () => {
  const wrong: Dialogue = { messages: [{ role: 'assistant', content: 'a' }], place: 'a.jsonl:9' };
  refuses(() => new SftRows([wrong], tokenizer, options), 'a.jsonl:9', 'must be from user');
  const empty: Dialogue = { messages: [], place: 'a.jsonl:10' };
  refuses(() => new SftRows([empty], tokenizer, options), 'a.jsonl:10', 'no user message');
});

test('whether there is anything to learn from: the reason if not, and no reading on after the first', () => {
  const endless = function* (): Generator<Dialogue> {
    yield dialogue(1, 'a'.repeat(99), 'b');
    yield dialogue(2, '', 'b');
    yield dialogue(3, 'a', 'b');
    throw new Error('read too far');
  };
  requireDialogue(endless(), tokenizer, { context: 32, source: 'a.jsonl' });
  const long = [dialogue(1, 'a'.repeat(99), 'b')];
  refuses(
    () => requireDialogue(long, tokenizer, { context: 32, source: 'a.jsonl' }),
    'a.jsonl',
    '1 longer than',
  );
});

test('ids above 65,535 keep their value', () => {
  const many = Array.from({ length: 66_000 }, (_, i) => String.fromCodePoint(0x20000 + i)); // single characters, rare plane
  const large = new Tokenizer(makeVocabulary([], ['▁', ...many]));
  const last = many.at(-1)!;
  const rows = new SftRows([dialogue(1, last, last)], large, options);
  const { ids } = encodeDialogue(large, dialogue(1, last, last).messages);
  assert.ok(Math.max(...ids) > 65_535);
  assert.equal([...rows.row(0, 0).inputs].slice(0, ids.length - 1), ids.slice(0, -1));
});

test.run();
