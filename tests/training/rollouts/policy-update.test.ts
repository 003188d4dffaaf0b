/** The updates of one step: where they start from, and when they end. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ppoSession } from './session.ts';

test('the first minibatch of fresh answers: ratio exactly 1, so nothing moved and nothing is clipped', async () => {
  for (const changes of [{ batchSize: 16 }, { batchSize: 4, gradAccum: 4 }]) {
    const { lines } = await ppoSession({ settings: changes, alignment: { updateEpochs: 1 } }).run(0, 3);
    for (const { parts } of lines)
      assert.equal([parts!.updateKl, parts!.clipShare, parts!.updates], [0, 0, 1]);
  }
  const dropping = await ppoSession({
    dropout: 0.5,
    settings: { batchSize: 16 },
    alignment: { updateEpochs: 1 },
  }).run(0, 2);
  for (const { parts } of dropping.lines) assert.is(parts!.updateKl, 0, 'dropout is off');
  const twice = await ppoSession({ settings: { batchSize: 16 }, alignment: { updateEpochs: 2 } }).run(0, 1);
  assert.ok(twice.lines[0]!.parts!.updateKl! > 0, 'control: the second pass sees that the policy has moved');
});

test('the updates of a step end early once the policy has moved too far', async () => {
  const { lines } = await ppoSession({ alignment: { updateEpochs: 20, stopKl: 1e-3 } }).run(0, 2);
  assert.ok(lines.every(({ parts }) => parts!.updates! < 40 && parts!.updateKl! > 1e-3));
});

test.run();
