/**
 * Dialogues with text in between: the share, the spread, the order, and that nothing is lost, said twice or left out.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MixedRows } from '../../../src/data/rows/mixed-rows.ts';
import { countTargets, type Row, type RowSource, RowStream } from '../../../src/data/rows/rows.ts';

const T = 4;

/** Rows that say which they are: base + 100 epoch + index. */
function source(base: number, rowsInEpoch: (epoch: number) => number, documents = true): RowSource {
  const row = (epoch: number, index: number): Row => ({
    inputs: new Int32Array(T).fill(base + 100 * epoch + index),
    targets: new Int32Array(T).fill(1),
    ...(documents ? { documents: Uint16Array.from([0, 0, 1, 1]) } : {}),
  });
  return { rowsInEpoch, row };
}

const DIALOGUE = 10_000;
const TEXT = 20_000;
/** Epochs of 12, 13, 12, ... rows of dialogues, and of 5 rows of text. */
const dialogues = source(DIALOGUE, (epoch) => 12 + (epoch % 2));
const text = source(TEXT, () => 5);
const mixed = (share: number, textWeight = 1) => new MixedRows(dialogues, text, { share, textWeight });

function namesOf(rows: RowSource, epoch: number): number[] {
  return Array.from({ length: rows.rowsInEpoch(epoch) }, (_, i) => rows.row(epoch, i).inputs[0]!);
}

test('an epoch has every row of dialogues once, in order, and the share of text', () => {
  for (const share of [0, 0.1, 0.25, 0.5, 0.8]) {
    for (const epoch of [0, 1]) {
      const names = namesOf(mixed(share), epoch);
      const spoken = names.filter((name) => name < TEXT);
      assert.equal(
        spoken,
        Array.from({ length: dialogues.rowsInEpoch(epoch) }, (_, i) => DIALOGUE + 100 * epoch + i),
      );
      const read = names.length - spoken.length;
      assert.is(read, Math.round((spoken.length * share) / (1 - share)));
    }
  }
});

test('text is spread evenly: never two rows of it side by side while dialogues are more', () => {
  const kinds = namesOf(mixed(0.25), 0).map((name) => (name < TEXT ? 'd' : 't'));
  assert.is(kinds.join(''), 'dddtdddtdddtdddt');
});

test('the text goes on where it was, from epoch to epoch and from the start again', () => {
  const rows = mixed(0.25);
  const stream = new RowStream(rows);
  const length = [0, 1, 2].reduce((sum, epoch) => sum + rows.rowsInEpoch(epoch), 0);
  const read = Array.from({ length }, (_, n) => stream.row(n).inputs[0]!).filter((name) => name >= TEXT);
  const inOrder = read.map((_, n) => TEXT + 100 * Math.floor(n / 5) + (n % 5));
  assert.equal(read, inOrder);
  assert.is(read.length, 12);
});

test('a row does not depend on which rows were asked for before', () => {
  const inOrder = [0, 1, 2, 3].flatMap((epoch) => namesOf(mixed(0.4), epoch));
  const backwards = [3, 2, 1, 0].map((epoch) => namesOf(mixed(0.4), epoch));
  assert.equal(backwards.reverse().flat(), inOrder);
  assert.is(mixed(0.4).row(3, 7).inputs[0], namesOf(mixed(0.4), 3)[7]);
});

test('the targets of text count as much as they are told to, those of dialogues 1', () => {
  const rows = mixed(0.25, 0.5);
  const [spoken, read] = [rows.row(0, 2), rows.row(0, 3)];
  assert.is(spoken.weights, undefined);
  assert.is(countTargets(spoken), 4);
  assert.equal([...read.weights!], [0.5, 0.5, 0.5, 0.5]);
  assert.is(countTargets(read), 2);
});

test('text without documents is one document, so that it fits into a batch with dialogues', () => {
  const whole = source(TEXT, () => 5, false);
  const row = new MixedRows(dialogues, whole, { share: 0.25, textWeight: 1 }).row(0, 3);
  assert.equal([...row.documents!], [0, 0, 0, 0]);
});

test.run();
