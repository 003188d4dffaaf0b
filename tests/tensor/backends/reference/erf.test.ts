/** The error function against thirty digits of mpmath. */
import { test } from 'uvu';
import { fromArray } from '../../../../src/tensor/index.ts';
import { allClose } from '../../../close.ts';

test('erf to double precision', () => {
  // mpmath, 30 digits, rounded to the nearest double.
  const table: [number, number][] = [
    [1e-10, 1.1283791670955126e-10],
    [1e-3, 0.0011283787909692365],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [2, 0.9953222650189527],
    [2.4, 0.999311486103355],
    [2.5, 0.999593047982555],
    [2.6, 0.9997639655834707],
    [3, 0.9999779095030014],
    [4, 0.9999999845827421],
    [5, 0.9999999999984626],
    [5.9, 0.9999999999999999],
    [7, 1],
    [Infinity, 1],
    [0, 0],
  ];
  const x = fromArray(
    Float64Array.from(table, ([at]) => at),
    [table.length],
  );
  const expected = table.map(([, value]) => value);
  allClose(x.erf().toArray(), expected, { absolute: 0, relative: 4e-16 });
  allClose(
    x.neg().erf().toArray(),
    expected.map((value) => -value),
    { absolute: 0, relative: 4e-16 },
  );
});

test.run();
