import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { k1, k3 } from '../../src/losses/kl.ts';
import { tokenLogProbs } from '../../src/losses/log-probs.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { Random, type Tensor, tensor } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { float64, TIGHT } from '../models/tiny.ts';
import { gradientHolds, leaf } from './differences.ts';
import { agreesOnWasm, answers, config } from './on-wasm.ts';

test('k3 is never negative; both estimate the divergence from tokens drawn from p', () => {
  float64(() => {
    const [p, q] = [
      [0.5, 0.3, 0.2],
      [0.2, 0.3, 0.5],
    ].map((row) => tensor(row!.map(Math.log)));
    const exact = p!.exp().mul(p!.sub(q!)).sum().item();
    const under = (estimate: Tensor) => p!.exp().mul(estimate).sum().item();
    allClose([under(k1(p!, q!)), under(k3(p!, q!))], [exact, exact], TIGHT);
    assert.ok(
      k3(p!, q!)
        .toArray()
        .every((value) => value >= 0),
    );
    assert.ok(
      k1(p!, q!)
        .toArray()
        .some((value) => value < 0),
      'control: k1 is',
    );
  });
});

gradientHolds('k1', (p, q) => k1(p!, q!), [leaf(1), leaf(2)]);
gradientHolds('k3', (p, q) => k3(p!, q!), [leaf(1), leaf(2)]);

test('wasm: k3 and every gradient through the model', () =>
  agreesOnWasm(
    () => new CausalLM(config, new Random(5)),
    (model) => {
      const logProbs = tokenLogProbs(model, toAnswerBatch(answers));
      return k3(logProbs, logProbs.detach().sub(0.3)).mean();
    },
  ));

test.run();
