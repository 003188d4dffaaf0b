import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rewardLoss } from '../../src/losses/reward.ts';
import { RewardModel } from '../../src/models/reward-model.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { Random, tensor } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { float64 } from '../models/tiny.ts';
import { asTensor, by, eachRound, equals, sigmoid } from './by-hand.ts';
import { fixed, gradientHolds, leaf } from './differences.ts';
import { check, EXACT, golden, inputs } from './golden-cases.ts';
import { agreesOnWasm, answers, config } from './on-wasm.ts';

test('ln 2 for equal rewards, 0 and the gap itself far out, no overflow', () => {
  const at = (c: number, r: number) => rewardLoss(tensor([c]), tensor([r])).losses.item();
  allClose([at(0, 0), at(200, -200), at(-200, 200)], [Math.LN2, 0, 400], { absolute: 1e-6 });
  allClose([rewardLoss(tensor([5]), tensor([3]), { margin: 2 }).losses.item()], [Math.LN2], {
    absolute: 1e-6,
  });
});

test('PyTorch: logSigmoid, also where sigmoid itself is 0', () => {
  float64(() => {
    const { x } = inputs('log_sigmoid', 'x');
    check('log_sigmoid', { x }, x.logSigmoid());
    const far = tensor([-800]);
    assert.equal([far.logSigmoid().item(), far.sigmoid().log().item()], [-800, -Infinity]);
  });
});

test('PyTorch: plain, with margins, centred', () => {
  float64(() => {
    for (const name of ['reward.plain', 'reward.margin', 'reward.centred']) {
      const leaves = inputs(name, 'chosen', 'rejected');
      const margin = golden.has(`${name}/margin`) ? golden.tensor(`${name}/margin`) : 0;
      const options = { margin, centring: golden.number(`${name}/centring`) };
      const { losses, margins, wins } = rewardLoss(leaves.chosen, leaves.rejected, options);
      check(name, leaves, losses);
      const expected = leaves.chosen.toArray().map((c, i) => c - leaves.rejected.toArray()[i]!);
      allClose(margins.toArray(), expected, EXACT);
      assert.equal(
        [...wins.toArray()],
        Array.from(expected, (m) => (m > 0 ? 1 : 0)),
      );
    }
  });
});

gradientHolds('plain', (c, r) => rewardLoss(c!, r!).losses, [leaf(1), leaf(2)]);
gradientHolds(
  'with margin and centring',
  (c, r, m) => rewardLoss(c!, r!, { margin: m!, centring: 0.1 }).losses,
  [leaf(1), leaf(2), fixed(3)],
);

/** Rewards of six answers under a reward model. */
function rewardsOf(model: RewardModel) {
  const { ids, ends, options } = toAnswerBatch(answers);
  return model.forward(ids, ends, options);
}
const makeModel = () => new RewardModel(config, new Random(5));

test('wasm: loss and every gradient', () =>
  agreesOnWasm(makeModel, (model) => {
    const rewards = rewardsOf(model);
    return rewardLoss(rewards.slice(0, 0, 3), rewards.slice(0, 3, 6), {
      margin: 0.2,
      centring: 0.1,
    }).losses.mean();
  }));

test('wasm: the rewards themselves, squared, and every gradient', () =>
  agreesOnWasm(makeModel, (model) => rewardsOf(model).square().sum()));

test('number by number, for margins and centrings drawn at random; equal rewards win nothing, whatever the margin', () => {
  eachRound((draw) => {
    const [c, r] = [draw.numbers(3), draw.numbers(3)];
    const margins = draw.isTrue() ? draw.numbers(2) : c.map(() => 0.7);
    const centring = draw.isTrue() ? 0 : draw.between(0.01, 2);
    const margin = draw.isTrue() ? asTensor(margins) : 0.7;
    const each = margin === 0.7 ? c.map(() => 0.7) : margins;
    const found = rewardLoss(asTensor(c), asTensor(r), { margin, centring });
    const expected = by([c, r, each], (a, b, m) => -Math.log(sigmoid(a - b - m)) + centring * (a + b) ** 2);
    equals(found.losses, expected, 'losses');
    equals(
      found.margins,
      by([c, r], (a, b) => a - b),
      'margins',
    );
    equals(
      found.wins,
      by([c, r], (a, b) => (a > b ? 1 : 0)),
      'wins',
    );
    assert.equal([...found.wins.toArray()].slice(-2), [0, 0], 'ties');
    equals(
      rewardLoss(asTensor(c), asTensor(r)).losses,
      by([c, r], (a, b) => -Math.log(sigmoid(a - b))),
      'plain',
    );
    const leaf = asTensor(c).requireGrad();
    const { losses, ...terms } = rewardLoss(leaf, asTensor(r));
    assert.ok(losses.requiresGrad && Object.values(terms).every((term) => !term.requiresGrad));
  });
});

test.run();
