/** Rows between memory and disk: moved where the architecture says so, passed on where it does not. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toDiskOrder, toMemoryOrder } from '../../../src/formats/hf/row-order.ts';
import { registerArchitecture } from '../../../src/models/architectures/index.ts';
import { tinyllm } from '../../../src/models/architectures/tinyllm.ts';
import { tinyConfig } from '../../models/tiny.ts';

const stored = (shape: readonly number[], values: number[]) => ({ shape, values: Float32Array.from(values) });
const tensors = new Map([
  ['a', stored([3, 2], [0, 1, 10, 11, 20, 21])],
  ['bias', stored([3], [0, 10, 20])],
  ['b', stored([3, 1], [5, 6, 7])],
]);

test('row i on disk is the row in memory that the architecture names; and back', () => {
  const undo = registerArchitecture({
    ...tinyllm,
    name: 'turned',
    onDisk: {
      ...tinyllm.onDisk,
      modelType: 'turned',
      rowsOnDisk: (name) => (name === 'b' ? null : Int32Array.of(2, 0, 1)),
    },
  });
  const config = { ...tinyConfig, arch: 'turned' };
  const disk = toDiskOrder(config, tensors);
  assert.equal([...disk.get('a')!.values], [20, 21, 0, 1, 10, 11]);
  assert.equal([...disk.get('bias')!.values], [20, 0, 10]);
  assert.is(disk.get('b'), tensors.get('b'));
  assert.equal(toMemoryOrder(config, disk), tensors);
  assert.not.equal(toDiskOrder(config, disk), tensors, 'the order is not its own inverse');
  assert.equal([...tensors.get('a')!.values], [0, 1, 10, 11, 20, 21], 'the original is left alone');
  undo();
});

test('an architecture with one order for both: the very same arrays', () => {
  const disk = toDiskOrder(tinyConfig, tensors);
  for (const [name, tensor] of tensors) assert.is(disk.get(name), tensor);
});

test.run();
