/** The losses that layers add: their mean over the layers, weighted, and split over micro-batches. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { layerLosses } from '../../src/losses/layer-losses.ts';
import { Collector } from '../../src/nn/collector.ts';
import { tensor } from '../../src/tensor/index.ts';
import { tinyConfig, tinyMoE } from '../models/tiny.ts';

test('the mean over layers times the weight of the config', () => {
  const collect = new Collector({ losses: true });
  const layers = [tensor(1).requireGrad(), tensor(1.5).requireGrad()];
  for (const loss of layers) collect.addLoss('balance', loss);
  const loss = layerLosses(collect, { ...tinyMoE, routerAuxLossCoef: 0.5 })!;
  assert.is(loss.item(), 0.625);
  loss.backward();
  assert.equal(
    layers.map(({ grad }) => grad!.item()),
    [0.25, 0.25],
  );
});

test('micro-batches that share a step add up to a mean', () => {
  const collect = new Collector({ losses: true });
  collect.addLoss('balance', tensor(2));
  const config = { ...tinyMoE, routerAuxLossCoef: 0.5 };
  const parts = [0.25, 0.75].map((share) => layerLosses(collect, config, share)!.item());
  assert.is(parts[0]! + parts[1]!, layerLosses(collect, config)!.item());
});

test('nothing where no layer has a loss', () => {
  assert.is(layerLosses(new Collector({ losses: true }), tinyConfig), null);
});

test.run();
