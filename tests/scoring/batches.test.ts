/** Answers in batches of nearly one length: their order comes back, and every batch is as large as it may be. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { inBatches } from '../../src/scoring/batches.ts';

/** Lengths in no order; every answer can be told by its first id. */
const answers = [5, 1, 4, 1, 3, 9, 2].map((length, i) => ({
  ids: Array.from({ length }, (_, t) => (t === 0 ? 100 + i : 0)),
}));

test('scores come back in the order given, though the shortest answers were scored first', async () => {
  const batches: number[][] = [];
  const scores = await inBatches(answers, { size: 3 }, async (batch) => {
    batches.push(batch.map(({ ids }) => ids.length));
    return batch.map(({ ids }) => ids[0]!);
  });
  assert.equal(scores, [100, 101, 102, 103, 104, 105, 106]);
  assert.equal(batches, [[1, 1, 2], [3, 4, 5], [9]]);
});

test('progress after every batch, up to the number of answers; none for none', async () => {
  for (const [size, expected] of [
    [3, [3, 6, 7]],
    [7, [7]],
    [100, [7]],
  ] as const) {
    const seen: number[] = [];
    const onProgress = (done: number) => void seen.push(done);
    await inBatches(answers, { size, onProgress }, async (batch) => batch.map(() => 0));
    assert.equal(seen, expected, `size ${size}`);
  }
  const score = async () => assert.unreachable('nothing to score') ?? [];
  assert.equal(await inBatches([], { size: 3 }, score), []);
});

test('the event loop gets its turn between two batches', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  const until = performance.now() + 20;
  await inBatches(answers, { size: 1 }, async (batch) => {
    while (performance.now() < until); // longer than a timer waits
    return batch.map(() => 0);
  });
  clearInterval(timer);
  assert.ok(turns > 0, `${turns} turns`);
});

test('a batch that fails fails the whole, without a number for it', async () => {
  let error: unknown = null;
  try {
    await inBatches(answers, { size: 3 }, () => Promise.reject(new RangeError('too long')));
  } catch (thrown) {
    error = thrown;
  }
  assert.instance(error, RangeError);
});

test.run();
