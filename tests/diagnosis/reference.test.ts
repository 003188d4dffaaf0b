/** Bands out of runs of several seeds, the file they are kept in, and what leaves them. */
import { readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deviationsOf } from '../../src/diagnosis/compare.ts';
import { GRID } from '../../src/diagnosis/curve.ts';
import {
  CURVES_FOLDER,
  fileNameOf,
  findReference,
  formatReference,
  makeReference,
} from '../../src/diagnosis/reference.ts';
import { put, refuses, temporaryFolder } from '../data/temporary.ts';
import { flat, good, recordOf, type Shape, withCurves } from './made-up-run.ts';

const losses = (...values: number[]) =>
  values.map((value, seed) => recordOf({ ...withCurves('sft', { loss: flat(value) }), seed }));

test('the centre is the mean, the band three deviations, and at least its floor', () => {
  const wide = makeReference(losses(1, 2, 3)).stages.sft!;
  assert.equal(
    [wide.curves.loss!.centre[5], wide.curves.loss!.low[5], wide.curves.loss!.high[5]],
    [2, 0, 6.243],
  );
  const narrow = makeReference(losses(1, 1, 1)).stages.sft!;
  assert.equal([narrow.curves.loss!.low[5], narrow.curves.loss!.high[5]], [0.85, 1.15]);
  assert.equal(narrow.marks.firstLoss, { low: 0.85, centre: 1, high: 1.15 });
  assert.not('lr' in narrow.curves);
});

test('written and read back it is the same, small, and found by preset and architecture', () => {
  const reference = makeReference([1, 2].map((seed) => recordOf({ seed, stages: good })));
  const folder = temporaryFolder();
  const kind = { preset: 'pico', arch: 'tinyllm', quick: false };
  assert.is(fileNameOf({ ...kind, quick: true }), 'pico-tinyllm-quick.json');
  put(folder, fileNameOf(kind), formatReference(reference));
  assert.equal(findReference(kind, folder), reference);
  assert.equal(reference.seeds, [1, 2]);
  assert.ok(formatReference(reference).length < 60_000);
  assert.is(findReference({ ...kind, preset: 'nano' }, folder), null);
  assert.is(findReference({ ...kind, preset: '../pico' }, folder), null);
  put(folder, fileNameOf(kind), '{"preset": "pico"}');
  refuses(() => findReference(kind, folder), 'pico-tinyllm.json', '"arch" must be a text');
});

test('every shipped file can be read, and lies under the name of its kind', () => {
  const files = readdirSync(CURVES_FOLDER).filter((file) => file.endsWith('.json'));
  assert.ok(files.length > 0);
  for (const file of files) {
    const [, preset, arch, quick] = /^(.+)-([a-z0-9]+?)(-quick)?\.json$/.exec(file)!;
    const reference = findReference({ preset: preset!, arch: arch!, quick: quick !== undefined })!;
    assert.is(fileNameOf(reference), file);
    for (const { curves } of Object.values(reference.stages))
      for (const { low, high } of Object.values(curves))
        for (let i = 0; i < GRID; i++) assert.ok((low[i] ?? 0) <= (high[i] ?? 0));
  }
});

test('a curve is off if a quarter of it or its end lies outside, on the bad side only', () => {
  const reference = makeReference(losses(1, 1, 1)).stages.sft!;
  const found = (loss: Shape, done?: number) => {
    const made = withCurves('sft', { loss }, done === undefined ? {} : { done });
    return deviationsOf(recordOf(made).stages[0]!, reference).map(({ name, side, endsOutside }) => [
      name,
      side,
      endsOutside,
    ]);
  };
  assert.equal(found(flat(1.05)), []);
  assert.equal(found(flat(0.3)), [], 'lower is no fault');
  assert.equal(found(flat(1.2)), [['loss', 'above', true]]);
  assert.equal(
    found((share) => (share > 0.9 ? 2 : 1)),
    [['loss', 'above', true]],
    'it ends outside',
  );
  assert.equal(
    found((share) => (share < 0.15 ? 2 : 1)),
    [],
    'a bad start alone is forgiven',
  );
  assert.equal(
    found((share) => (share < 0.4 ? 2 : 1)),
    [['loss', 'above', false]],
  );
  assert.equal(
    found((share) => (share > 0.45 ? 2 : 1), 100),
    [],
    'unfinished: this is not its end',
  );
});

test.run();
