import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAbility } from '../../src/data/abilities.ts';
import { ABILITIES } from '../../src/data/layout.ts';
import { put, refuses, temporaryFolder } from './temporary.ts';

const folder = temporaryFolder();

test('every ability has a reader of its own file: none takes what is not a list of objects', () => {
  assert.equal(Object.keys(readAbility).toSorted(), [...ABILITIES].toSorted());
  for (const name of ABILITIES) {
    const path = put(folder, `${name}.jsonl`, '{"id": 1}\n');
    refuses(() => readAbility[name](path), `${path}:1`);
  }
});

test.run();
