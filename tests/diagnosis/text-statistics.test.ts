import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { entropyOf, repeatedShare, textStatistics } from '../../src/diagnosis/text-statistics.ts';
import { Random } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { put, temporaryFolder } from '../data/temporary.ts';

const random = (length: number, seed: number) => {
  const dice = new Random(seed);
  return Uint16Array.from({ length }, () => dice.int(500));
};

test('entropy: ln n of n pieces that come alike, 0 of one', () => {
  allClose([entropyOf(Uint16Array.from({ length: 800 }, (_, i) => i % 8))], [Math.log(8)]);
  assert.is(Math.abs(entropyOf(new Uint16Array(10))), 0);
});

test('repeated windows: none in noise, all but the first in a copy, as a search for each would count', () => {
  const text = random(3000, 1);
  assert.is(repeatedShare(text), 0);
  assert.ok(Math.abs(repeatedShare(Uint16Array.from([...text, ...text])) - 0.5) < 0.01);
  const mixed = Uint16Array.from([...random(100, 2), ...random(60, 3), ...random(20, 4), ...random(60, 3)]);
  const windows = Array.from({ length: mixed.length - 7 }, (_, i) => mixed.subarray(i, i + 8).join());
  const slow = windows.filter((window, i) => windows.indexOf(window) < i).length / windows.length;
  assert.is(repeatedShare(mixed, 8), slow);
  assert.ok(slow > 0.2);
  assert.is(repeatedShare(new Uint16Array(5)), 0);
});

test('of a run: its corpus, or nothing', () => {
  const run = temporaryFolder();
  assert.is(textStatistics(run), null);
  put(run, 'corpus/text.bin', new Uint8Array(Uint16Array.from({ length: 100 }, (_, i) => i % 2).buffer));
  const { tokens, unigramEntropy, repeated } = textStatistics(join(run))!;
  assert.is(tokens, 100);
  allClose([unigramEntropy], [Math.LN2]);
  assert.ok(repeated > 0.9);
});

test.run();
