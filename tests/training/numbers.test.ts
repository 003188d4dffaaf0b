import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Means, type Pending } from '../../src/training/numbers.ts';

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

test('what is pending goes through a file and back without losing a bit, in the same order', () => {
  for (const values of [
    [0.1, 0.2],
    [1 / 3, 1e-300],
    [5e-324, -0],
    [Number.MAX_VALUE, 1],
    [1, Number.NaN],
  ]) {
    const [whole, parts] = [new Means(), new Means()];
    whole.add({ loss: values[0]!, accuracy: 1 });
    parts.add({ loss: values[0]!, accuracy: 1 });
    const resumed = new Means(JSON.parse(JSON.stringify(parts.pending())) as Pending);
    for (const means of [whole, resumed]) means.add({ loss: values[1]!, b: 2 });
    assert.is(JSON.stringify(resumed.means()), JSON.stringify(whole.means()));
    assert.is(JSON.stringify(resumed.pending()), JSON.stringify(whole.pending()));
  }
  assert.equal(new Means().pending(), {});
});

test.run();
