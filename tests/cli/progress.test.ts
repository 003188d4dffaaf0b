import { Writable } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { makeReporter, timeLeft } from '../../src/cli/progress.ts';
import { silentReporter } from '../../src/training/reporter.ts';

/** What a reporter writes to a terminal, or to something that is none. */
function stream(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let written = '';
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      written += chunk.toString();
      done();
    },
  });
  Object.assign(sink, { isTTY, columns: 100, rows: 30 });
  return { stream: sink as unknown as NodeJS.WriteStream, text: () => written };
}

test('timeLeft: the pace so far, counted from where this process began', () => {
  assert.is(timeLeft(0, 0, 0, 10, 5000), '');
  assert.is(timeLeft(0, 0, 5, 10, 5000), '5s');
  assert.is(timeLeft(0, 0, 1, 121, 1000), '2m00s');
  assert.is(timeLeft(0, 0, 1, 66, 1000), '1m05s');
  assert.is(timeLeft(1000, 90, 95, 100, 6000), '5s'); // resumed at step 90
  assert.is(timeLeft(0, 90, 90, 100, 6000), '');
  assert.is(timeLeft(0, 0, 10, 10, 5000), '0s');
});

test('no terminal: plain lines, the last step always, one closing line', () => {
  const { stream: out, text } = stream(false);
  const reporter = makeReporter(out);
  reporter.note('hello');
  reporter.begin('pretrain', 3);
  for (const step of [1, 2, 3]) reporter.advance(step, `loss ${step}`);
  reporter.end('saved');
  reporter.end('');
  assert.match(text(), /^hello\npretrain 3\/3, loss 3\npretrain: done in \d+\.\ds, saved\n$/);
});

test('no terminal: a line every five seconds in between, with the time left', () => {
  const real = Date.now;
  try {
    let now = real();
    Date.now = () => now;
    const { stream: out, text } = stream(false);
    const reporter = makeReporter(out);
    reporter.begin('sft', 100, 40);
    for (let step = 41; step <= 60; step++) {
      now += 1000;
      reporter.advance(step, '');
    }
    assert.is(
      text(),
      'sft 45/100, 55s left\nsft 50/100, 50s left\nsft 55/100, 45s left\nsft 60/100, 40s left\n',
    );
  } finally {
    Date.now = real;
  }
});

test('a terminal: a bar with job, counts and details, notes above it; cursor and line wrap are not touched', () => {
  const { stream: out, text } = stream(true);
  const reporter = makeReporter(out);
  reporter.begin('pretrain', 4, 1);
  reporter.advance(4, 'loss 1.5');
  reporter.end('saved');
  assert.match(text(), /pretrain +[█░]+ 1\/4/);
  assert.match(text(), /█{24} 4\/4 {2}loss 1\.5/);
  assert.match(text(), /pretrain: done in \d+\.\ds, saved\n$/);
  for (const code of ['\x1B[?25', '\x1B[?7', '\x1B7', '\x1B8']) assert.not.ok(text().includes(code)); // a process that is killed could not give them back
});

test('a terminal: a new job or a note ends the bar before it', () => {
  const { stream: out, text } = stream(true);
  const reporter = makeReporter(out);
  reporter.begin('one', 2);
  reporter.begin('two', 2);
  reporter.note('a note');
  reporter.advance(1, 'after the note'); // nothing to update, no error
  reporter.end('');
  reporter.end('');
  assert.match(text(), /one .*two .*a note\n$/s);
  assert.not.match(text(), /after the note/);
});

test('the silent reporter is silent', () => {
  silentReporter.begin('a', 1);
  silentReporter.note('b');
  silentReporter.advance(1, 'c');
  silentReporter.end('d');
  assert.equal(Object.keys(silentReporter).sort(), ['advance', 'begin', 'end', 'note']);
});

test('what a note quotes cannot move the cursor; its own lines stay', () => {
  for (const isTTY of [false, true]) {
    const { stream: out, text } = stream(isTTY);
    makeReporter(out).note('first\n\u001b[2Jsecond');
    assert.is(text(), 'first\n\\u{1b}[2Jsecond\n');
  }
});

test.run();
