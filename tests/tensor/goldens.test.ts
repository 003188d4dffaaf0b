/** The comparison with PyTorch as a whole: no case of the file and no family is left out, and the comparison can fail. */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { differs } from '../close.ts';
import { type Family, golden, goldens, tolerance } from './ops/goldens.ts';

test('every case of the file was read', () => {
  const seen = new Set<string>();
  for (const family of Object.values(goldens)) family((name) => void seen.add(name));
  const all = new Set(golden.keys().map((key) => key.slice(0, key.lastIndexOf('/'))));
  assert.equal(
    [...all].filter((name) => !seen.has(name)),
    [],
  );
  assert.ok(all.size >= 100);
});

test('every family is run by its file', () => {
  for (const family of Object.keys(goldens) as Family[]) {
    const source = readFileSync(new URL(`ops/${family}.test.ts`, import.meta.url), 'utf8');
    assert.ok(source.includes(`goldenTests('${family}');`), family);
  }
});

test('negative control: the comparison sees a relative error of 1e-9', () => {
  const y = golden.values('exp/y');
  assert.not(differs(y, y, tolerance));
  assert.ok(
    differs(
      y,
      Array.from(y, (value) => value * (1 + 1e-9)),
      tolerance,
    ),
  );
});

test.run();
