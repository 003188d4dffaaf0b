import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { answerLength, packLengths } from '../../../src/data/rows/answers.ts';

test('packing: nothing overlaps, nothing sticks out, short ones fill the gaps', () => {
  const lengths = [3, 9, 4, 1, 5, 9, 2, 4];
  const { rows, width, places } = packLengths(lengths);
  assert.equal([rows, width], [5, 9]);
  const taken = new Set<string>();
  for (const [i, { row, column }] of places.entries()) {
    for (let t = 0; t < lengths[i]!; t++) {
      assert.ok(column + t < width && row < rows);
      assert.not.ok(taken.has(`${row}:${column + t}`));
      taken.add(`${row}:${column + t}`);
    }
  }
  assert.equal(packLengths([]), { rows: 0, width: 0, places: [] });
});

test('the length of an answer is what follows its question', () => {
  assert.is(answerLength({ ids: [1, 2, 3, 4, 5], answerStart: 3 }), 2);
});

test.run();
