import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Means } from '../../src/training/numbers.ts';

test('means since the last line, and nothing of what came before it', () => {
  const since = new Means();
  since.add({ loss: 1, accuracy: 0 });
  since.add({ loss: 3, accuracy: 1 });
  assert.equal(since.means(), { loss: 2, accuracy: 0.5 });
  since.clear();
  since.add({ loss: 5 });
  assert.equal(since.means(), { loss: 5 }, 'a number that is no longer measured is gone');
});

test('a number that only some steps measure is the mean over those', () => {
  const since = new Means();
  since.add({ loss: 1, gold: 0.8 });
  since.add({ loss: 3 });
  assert.equal(since.means(), { loss: 2, gold: 0.8 });
});

test.run();
