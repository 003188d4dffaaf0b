/** Embedding: against PyTorch and central differences. */
import { test } from 'uvu';
import { Embedding } from '../../src/nn/embedding.ts';
import { gradcheck, Random } from '../../src/tensor/index.ts';
import { allClose, Golden } from '../close.ts';
import { float64, idsOf, randomize, TIGHT } from '../models/tiny.ts';

const random = new Random(5);

test('it has the golden gradient of repeated ids', () => {
  float64(() => {
    const ops = new Golden('ops');
    const { shape } = ops.entry('embedding/weight');
    const layer = new Embedding(shape[0]!, shape[1]!, { random });
    layer.weight.assign(ops.tensor('embedding/weight'));
    const y = layer.forward(ops.tensor('embedding/ids'));
    allClose(y.toArray(), ops.values('embedding/y'), TIGHT);
    y.backward({ gradient: ops.tensor('embedding/dy') });
    allClose(layer.weight.grad!.toArray(), ops.values('embedding/dweight'), TIGHT);
  });
});

test('central differences, looked up and used as the output layer at once', () => {
  float64(() => {
    const layer = randomize(new Embedding(5, 3, { random }), 22);
    const ids = idsOf([[1, 4, 1]]);
    gradcheck(() => layer.unembed(layer.forward(ids)), [layer.weight]);
  });
});

test.run();
