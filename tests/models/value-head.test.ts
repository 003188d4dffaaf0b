/** The value head: its start, and that it trains together with the policy. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PolicyWithValue } from '../../src/models/value-head.ts';
import { gradcheck } from '../../src/tensor/index.ts';
import { float64, idsOf, int32, randomize, tinyModel } from './tiny.ts';

test('the value head starts at zero, has a bias, and trains together with the policy', () => {
  float64(() => {
    const both = new PolicyWithValue(tinyModel());
    const hidden = both.policy.hiddenAt(idsOf([[1, 5, 2]]), int32([0, 2]));
    assert.equal([...both.vHead.forward(hidden).toArray()], [0, 0]);
    const names = [...both.namedParameters().keys()];
    assert.equal(names.slice(-2), ['v_head.summary.weight', 'v_head.summary.bias']);
    assert.ok(names.includes('policy.model.layers.0.self_attn.q_proj.weight'));
    randomize(both.vHead, 2);
    const worst = gradcheck(
      (h) => both.vHead.forward(h),
      [hidden.detach().requireGrad(), ...both.vHead.parameters()],
    );
    assert.ok(worst < 1e-6);
  });
});

test.run();
