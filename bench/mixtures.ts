/**
 * Training steps of mixtures of experts and of the dense models beside them, all at the size of nano.
 */
import { mixturesOf } from '../src/models/architectures/moe.ts';
import { preset } from '../src/models/presets.ts';
import { type Chosen, maskOf } from '../src/nn/moe.ts';
import type { Backend, Tensor } from '../src/tensor/index.ts';
import { makeTrainer, type TrainerOptions } from './trainer.ts';
import type { MixtureCase } from './turns/protocol.ts';

/** 2,087,552 parameters; moe's nano has 2,092,160 in all. */
const WIDE = 1016;
const ROWS = 16;

export function mixtureStep(name: MixtureCase, backend: Backend): { tokens: number; step: () => unknown } {
  const config = preset('nano', 'moe');
  const make = (options: TrainerOptions) => makeTrainer('nano', ROWS, backend, undefined, options);
  switch (name) {
    case 'dense':
      return make({});
    case 'wide':
      return make({ config: { ...preset('nano'), intermediateSize: WIDE } });
    case 'moe':
      return make({ config });
    case 'moe, loss':
      return make({ config, withLayerLosses: true });
    case 'moe, bias': {
      const biased = make({ config: { ...config, balancing: 'bias' } });
      return {
        tokens: biased.tokens,
        step() {
          biased.step();
          for (const layer of mixturesOf(biased.model)) layer.moveBias();
        },
      };
    }
    case 'moe, all compute': {
      const everyone = make({ config });
      for (const layer of mixturesOf(everyone.model)) {
        const choose = layer.choose.bind(layer);
        Object.assign(layer, { choose: (p: Tensor): Chosen => maskOf(choose(p) as Int32Array, p) });
      }
      return everyone;
    }
  }
}
