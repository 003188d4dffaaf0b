/** The objectives of alignment on the wasm backend, fused kernels and threads included, against the composed formulas in float64. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rollOut } from '../../src/generation/rollout.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { preset } from '../../src/models/presets.ts';
import { RewardModel } from '../../src/models/reward-model.ts';
import { PolicyWithValue } from '../../src/models/value-head.ts';
import type { Module } from '../../src/nn/module.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import {
  type Backend,
  fromArray,
  fusedFor,
  noGrad,
  Random,
  reference,
  setDefaults,
  type Tensor,
  withDefaults,
} from '../../src/tensor/index.ts';
import { pairBatch } from '../../src/training/pair-data.ts';
import { act, answerOf, observe } from '../../src/training/rollouts/experience.ts';
import { pairLoss, type ReferencedPair } from '../../src/training/stages/dpo.ts';
import { allClose, differs } from '../close.ts';
import { randomIds } from '../models/tiny.ts';

const backend = await startWasmBackend({ threads: 2 });
test.after(() => {
  setDefaults({ backend: reference });
  backend.stop();
});

const config = { ...preset('pico'), vocabSize: 131, numKeyValueHeads: 2 };
const answers = [7, 23, 12, 5, 31, 16].map((length, i) => ({
  ids: randomIds(length, 131, i),
  answerStart: 3,
}));
const pairs: ReferencedPair[] = [0, 1, 2].map((i) => ({
  chosen: answers[i]!,
  rejected: answers[i + 3]!,
  quality: 'all',
  reference: { chosen: -20, rejected: -22 },
}));

/** A loss and the gradients of it, on one backend. */
function gradientsOn<M extends Module>(on: Backend, make: () => M, loss: (model: M) => Tensor) {
  return withDefaults({ backend: on, dtype: on === reference ? 'float64' : 'float32' }, () => {
    const model = make();
    const y = loss(model);
    y.backward();
    const gradients = [...model.namedParameters()].map(([name, p]) => [name, p.grad!.toArray()] as const);
    return { loss: y.item(), gradients: new Map(gradients) };
  });
}

function agrees<M extends Module>(make: () => M, loss: (model: M) => Tensor): void {
  const exact = gradientsOn(reference, make, loss);
  const fast = gradientsOn(backend, make, loss);
  allClose([fast.loss], [exact.loss], { absolute: 1e-6, relative: 1e-5 });
  for (const [name, expected] of exact.gradients) {
    const largest = Math.max(...Array.from(expected, Math.abs));
    allClose(fast.gradients.get(name)!, expected, { absolute: 5e-5 * largest + 1e-9, relative: 0 }, name);
  }
}

test('DPO and the reward model: loss and every gradient', () => {
  assert.ok(withDefaults({ backend }, () => fusedFor(fromArray(new Float32Array(4), [2, 2]))));
  agrees(
    () => new CausalLM(config, new Random(5)),
    (model) =>
      pairLoss(model, pairBatch(pairs), 3, { beta: 0.5, labelSmoothing: 0.1, dpoLoss: 'sigmoid' }).loss,
  );
  agrees(
    () => new RewardModel(config, new Random(5)),
    (model) => {
      const { ids, ends, options } = toAnswerBatch(answers);
      return model.forward(ids, ends, options).square().sum();
    },
  );
});

test('ratios are exactly 1 between the pass that observes and the pass that is recorded; rollouts agree with both', async () => {
  setDefaults({ backend });
  const policy = new CausalLM(config, new Random(5)).eval();
  const actor = new PolicyWithValue(policy);
  const other = new CausalLM(config, new Random(5)).eval().freeze();
  const prompts = [
    [4, 9, 2, 5],
    [4, 2, 5],
    [4, 60, 61, 62, 63, 2, 5],
  ];
  const rollouts = await rollOut(policy, prompts, { maxNewTokens: 20, stopId: 2, seed: 3 });
  const batch = rollouts.map(answerOf);
  const observed = await observe(actor, other, batch);
  const recorded = act(actor, toAnswerBatch(batch), true);
  assert.ok(recorded.logProbs.requiresGrad);
  const seen = observed.flatMap(({ logProbs }) => Array.from(logProbs));
  assert.equal(Array.from(recorded.logProbs.toArray()), seen);
  assert.equal(
    observed.flatMap(({ referenceLogProbs }) => Array.from(referenceLogProbs)),
    seen,
  );
  const drawn = rollouts.flatMap(({ logProbs }) => logProbs);
  allClose(drawn, seen, { absolute: 2e-5 });
  const moved = noGrad(() =>
    act(new PolicyWithValue(new CausalLM(config, new Random(6))), toAnswerBatch(batch), false),
  );
  assert.ok(differs(moved.logProbs.toArray(), seen, { absolute: 1e-3 }), 'control');
});

test.run();
