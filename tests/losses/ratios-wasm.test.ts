/**
 * Log-probabilities on the wasm backend, where PPO needs them to the last bit: in any batch, recorded or not, drawn or computed.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rollOut } from '../../src/generation/rollout.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { PolicyWithValue } from '../../src/models/value-head.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { noGrad, Random, reference, setDefaults } from '../../src/tensor/index.ts';
import { act, answerOf, observe } from '../../src/training/rollouts/experience.ts';
import { allClose, differs } from '../close.ts';
import { config } from './on-wasm.ts';

const backend = await startWasmBackend({ threads: 2 });
test.after(() => {
  setDefaults({ backend: reference });
  backend.stop();
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
