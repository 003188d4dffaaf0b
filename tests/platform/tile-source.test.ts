/** The tiles in assembly/ are those of their description. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ceilingsSource, tilesSource } from '../../src/platform/tile-source.ts';

const folder = new URL('../../src/tensor/backends/wasm/assembly/', import.meta.url);

test('tiles.ts and ceilings.ts in assembly/ are what tile-source.ts says', () => {
  for (const [name, text] of [
    ['tiles.ts', tilesSource()],
    ['ceilings.ts', ceilingsSource()],
  ] as const) {
    assert.is(
      readFileSync(new URL(name, folder), 'utf8').replaceAll('\r\n', '\n'),
      text,
      'npm run build-kernels',
    );
  }
});

test('every sum is loaded, added to in every step, and stored, the high half of each pair first', () => {
  const tiles = tilesSource().split('export function tile').slice(1);
  assert.is(tiles.length, 5);
  for (const text of tiles) {
    const [rows, columns] = /^(\d)x(\d+)/.exec(text)!.slice(1).map(Number) as [number, number];
    const sums = [...text.matchAll(/(c\d\d) = madd\(x, (b\d), \1\)/g)].map(([, sum]) => sum);
    assert.is(new Set(sums).size, (rows * columns) / 4);
    const stored = [...text.matchAll(/v128\.store\(.*, c(\d)(\d)(?:, (\d+))?\);/g)];
    assert.is(stored.length, sums.length);
    for (const [i, [, row, vector, offset = '0']] of stored.entries()) {
      assert.is(Number(row), Math.floor(i / (columns / 4)));
      assert.is(Number(vector), (i % (columns / 4)) ^ 1);
      assert.is(Number(offset), 16 * Number(vector));
    }
  }
});

test.run();
