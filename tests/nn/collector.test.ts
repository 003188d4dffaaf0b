/** The collector: what layers say, kept by name in the order of the layers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Collector } from '../../src/nn/collector.ts';
import { tensor } from '../../src/tensor/index.ts';

test('lists by name, one entry for each layer that said something', () => {
  const collect = new Collector({ losses: true, numbers: true });
  for (const layer of [0, 1]) {
    collect.addLoss('balance', tensor(layer));
    collect.addNumbers('load', tensor([layer, 10 * layer]));
    if (layer === 1) collect.capture('attention', tensor([[layer]]));
  }
  assert.equal([...collect.losses.keys()], ['balance']);
  assert.equal(
    collect.losses.get('balance')!.map((loss) => loss.item()),
    [0, 1],
  );
  assert.equal(
    collect.numbers.get('load')!.map((values) => [...values.toArray()]),
    [
      [0, 0],
      [1, 10],
    ],
  );
  assert.is(collect.captured.get('attention')!.length, 1);
  assert.is(collect.numbers.get('balance'), undefined, 'kinds are apart');
});

test('losses keep their gradient; pictures and numbers have none', () => {
  const x = tensor([2, 3]).requireGrad();
  const collect = new Collector({ losses: true });
  collect.addLoss('squares', x.square().sum());
  collect.addNumbers('squares', x.square());
  collect.capture('squares', x.square());
  collect.losses.get('squares')![0]!.backward();
  assert.equal([...x.grad!.toArray()], [4, 6]);
  assert.is(collect.numbers.get('squares')![0]!.requiresGrad, false);
  assert.is(collect.captured.get('squares')![0]!.requiresGrad, false);
});

test('a loss of several numbers is refused by its name; nothing is wanted unless asked for', () => {
  const collect = new Collector({ attention: true });
  assert.throws(
    () => collect.addLoss('balance', tensor([1, 2])),
    /loss "balance" must be one number, got \[2\]/,
  );
  assert.equal(collect.wants, { attention: true, losses: false, numbers: false });
});

test.run();
