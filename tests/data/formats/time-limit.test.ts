/** Work that does not end is ended; what ends returns or throws as it would have. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withinTime } from '../../../src/data/formats/time-limit.ts';

test('a result, an error of its own, and work within work', () => {
  assert.is(
    withinTime(10_000, () => 5),
    5,
  );
  const own = () => {
    throw new TypeError('as it was');
  };
  assert.throws(() => withinTime(10_000, own), /as it was/);
  assert.is(
    withinTime(10_000, () => withinTime(10_000, () => 1) + 1),
    2,
  );
});

test('a loop without end is tried twice and ended', () => {
  let tries = 0;
  const endless = () => {
    tries++;
    for (let i = 0; ; i++) if (i < 0) return;
  };
  assert.throws(() => withinTime(50, endless), /not decoded within 0.05 seconds/);
  assert.is(tries, 2);
});

test('work that is held up once gets its second try', () => {
  let tries = 0;
  const heldUp = () => {
    tries++;
    while (tries === 1);
    return 'done';
  };
  assert.is(withinTime(50, heldUp), 'done');
});

test.run();
