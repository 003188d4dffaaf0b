/** Turns: others get theirs during long work, and a stop asked for in one ends the work there, with its files closed. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { atOnce, collect, inTurns, Turns, turn } from '../src/event-loop.ts';

const enough = new Error('enough');

/** Aborted by a timer, which fires only if the work lets it. */
function soon(): AbortSignal {
  const stop = new AbortController();
  setTimeout(() => stop.abort(enough), 1);
  return stop.signal;
}

/** Work that would never end; `closed` says whether it was told to. */
function endless() {
  const seen = { pieces: 0, closed: false };
  const work = function* (): Generator<undefined, never> {
    try {
      for (;;) {
        seen.pieces++;
        yield;
      }
    } finally {
      seen.closed = true;
    }
  };
  return { seen, work: work() };
}

async function endsWith(reason: unknown, work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => assert.unreachable('it came to its end'),
    (thrown: unknown) => thrown,
  );
  assert.is(error, reason);
}

test('a turn lets timers and messages through, and throws what the signal was aborted with', async () => {
  let heard = 0;
  setImmediate(() => heard++);
  await turn();
  assert.is(heard, 1);
  await turn(new AbortController().signal);
  await endsWith(enough, turn(AbortSignal.abort(enough)));
});

test('work in pieces: its result, the same at once and in turns', async () => {
  const work = function* () {
    for (let i = 0; i < 5; i++) yield i;
    return 'done';
  };
  assert.is(atOnce(work()), 'done');
  assert.is(await inTurns(work()), 'done');
  assert.equal(await collect([1, 2, 3]), [1, 2, 3]);
});

test('work that never ends is stopped, and closes what it has open', async () => {
  const { seen, work } = endless();
  await endsWith(enough, inTurns(work, soon()));
  assert.ok(seen.closed && seen.pieces > 1);
  const reading = endless();
  await endsWith(enough, collect(reading.work, soon()));
  assert.ok(reading.seen.closed);
  const turns = new Turns(soon());
  const loop = async () => {
    for (;;) if (turns.due) await turns.take();
  };
  await endsWith(enough, loop());
});

test('an error of the work itself comes through', async () => {
  const broken = new RangeError('broken');
  const work = function* (): Generator<undefined, never> {
    yield;
    throw broken;
  };
  await endsWith(broken, inTurns(work()));
});

test.run();
