/**
 * A choice of one in six, where the best policy can be written down: of all policies, p* ~ p_ref e^(r / beta) has the largest
 * J(p) = E_p[r] - beta KL(p | p_ref), namely beta ln sum p_ref e^(r / beta). PPO must come near it, from sampled choices alone,
 * and never above.
 *
 * GRPO has k3 in its loss, whose gradient under p is that of KL(p_ref | p), so its optimum is another one:
 * p_i = beta q_i / (z - r_i).
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { draw } from '../../src/generation/sampler.ts';
import { generalizedAdvantages, whiten } from '../../src/losses/gae.ts';
import { groupAdvantages, grpoLoss } from '../../src/losses/grpo.ts';
import { entropies, logProbsOf } from '../../src/losses/log-probs.ts';
import { ppoLoss } from '../../src/losses/ppo.ts';
import { Module } from '../../src/nn/module.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { Random, scope, type Tensor, tensor } from '../../src/tensor/index.ts';
import { int32 } from '../models/tiny.ts';

const REWARDS = [0.2, 1, -0.5, 0.8, 0, -1];
const REFERENCE = [0.3, 0.05, 0.2, 0.1, 0.25, 0.1];
const BETA = 0.3;
const DRAWS = 256;

class Table extends Module {
  readonly logits = this.parameter(tensor([REFERENCE.map(Math.log)]));
  readonly value = this.parameter(tensor([0]));
}

const probabilities = (table: Table) => Float64Array.from(table.logits.detach().softmax().toArray());

/** What a policy is worth, by counting. */
const worth = (p: ArrayLike<number>) =>
  REWARDS.reduce((sum, r, i) => {
    const own = p[i]!;
    return own === 0 ? sum : sum + own * (r - BETA * Math.log(own / REFERENCE[i]!));
  }, 0);
const best = BETA * Math.log(REFERENCE.reduce((sum, q, i) => sum + q * Math.exp(REWARDS[i]! / BETA), 0));

/** The same for GRPO. z is where the probabilities sum to 1, found by bisection above the largest reward. */
const worthForGrpo = (p: ArrayLike<number>) =>
  REWARDS.reduce((sum, r, i) => sum + p[i]! * r + BETA * REFERENCE[i]! * Math.log(p[i]! / REFERENCE[i]!), 0);
function optimumForGrpo(): number[] {
  const at = (z: number) => REWARDS.map((r, i) => (BETA * REFERENCE[i]!) / (z - r));
  let [low, high] = [Math.max(...REWARDS), Math.max(...REWARDS) + 10];
  for (let n = 0; n < 100; n++) {
    const z = (low + high) / 2;
    if (at(z).reduce((a, b) => a + b, 0) > 1) low = z;
    else high = z;
  }
  return at(high);
}
const bestForGrpo = worthForGrpo(optimumForGrpo());

type Rule = (table: Table, draws: readonly number[], p: Float64Array) => () => Tensor;

const ppo: Rule = (table, draws, p) => {
  const value = table.value.item();
  const rewards = draws.map((i) => REWARDS[i]! - BETA * Math.log(p[i]! / REFERENCE[i]!));
  const each = rewards.map((r) => generalizedAdvantages([r], [value], { gamma: 1, lambda: 0.95 }));
  const advantages = tensor(Array.from(whiten(each.map(({ advantages }) => advantages[0]!))));
  const returns = tensor(each.map((one) => one.returns[0]!));
  const old = tensor(draws.map((i) => Math.log(p[i]!)));
  return () => {
    const logits = table.logits.expand([draws.length, REWARDS.length]);
    const terms = ppoLoss(
      {
        logProbs: logProbsOf(logits, int32(draws)),
        values: table.value.expand([draws.length]),
        entropies: entropies(logits),
        oldLogProbs: old,
        oldValues: tensor(draws.map(() => value)),
        advantages,
        returns,
      },
      { clip: 0.2, valueClip: 0.2, valueWeight: 0.5, entropyWeight: 0 },
    );
    return terms.losses.mean();
  };
};

const grpo: Rule = (table, draws, p) => {
  const advantages = tensor(
    Array.from(
      groupAdvantages(
        draws.map((i) => REWARDS[i]!),
        16,
        { scaled: false },
      ),
    ),
  );
  const of = (q: ArrayLike<number>) => tensor(draws.map((i) => Math.log(q[i]!)));
  const [oldLogProbs, referenceLogProbs] = [of(p), of(REFERENCE)];
  return () => {
    const logProbs = logProbsOf(table.logits.expand([draws.length, REWARDS.length]), int32(draws));
    return grpoLoss(
      { logProbs, oldLogProbs, referenceLogProbs, advantages },
      { clip: 0.2, beta: BETA },
    ).losses.mean();
  };
};

/** Worth after every iteration. */
function train(rule: Rule, measure: typeof worth, iterations: number, seed = 1): number[] {
  const table = new Table();
  const optimizer = new AdamW(table, { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0 });
  const random = new Random(seed);
  const worths = [measure(probabilities(table))];
  for (let n = 0; n < iterations; n++) {
    const p = probabilities(table);
    const draws = Array.from({ length: DRAWS }, () => draw(p, random.float()));
    scope(() => {
      const loss = rule(table, draws, p);
      for (let epoch = 0; epoch < 3; epoch++) {
        loss().backward();
        optimizer.update(0.05 * (1 - n / iterations) + 1e-3);
        table.zeroGrad();
      }
    });
    worths.push(measure(probabilities(table)));
  }
  return worths;
}

const roads = [
  ['PPO', ppo, worth, best],
  ['GRPO', grpo, worthForGrpo, bestForGrpo],
] as const;
for (const [name, rule, measure, top] of roads) {
  test(`${name} comes within 2 % of its enumerated optimum and never exceeds it`, () => {
    for (const seed of [1, 2, 3]) {
      const worths = train(rule, measure, 120, seed);
      assert.ok(
        worths.every((w) => w <= top + 1e-6),
        `above ${top}`,
      );
      const share = (worths.at(-1)! - worths[0]!) / (top - worths[0]!);
      assert.ok(share > 0.98, `seed ${seed}: ${(100 * share).toFixed(1)} % of the way`);
    }
  });
}

test('the enumerated optimum is an optimum: the formula reaches it, changes of it do not', () => {
  const unnormalized = REFERENCE.map((q, i) => q * Math.exp(REWARDS[i]! / BETA));
  const total = unnormalized.reduce((a, b) => a + b, 0);
  const optimum = unnormalized.map((u) => u / total);
  assert.ok(Math.abs(worth(optimum) - best) < 1e-12);
  for (let i = 0; i < 5; i++) {
    const moved = optimum.map((p, j) => (j === i ? p * 0.9 : j === i + 1 ? p + optimum[i]! * 0.1 : p));
    assert.ok(worth(moved) < best);
    const other = optimumForGrpo();
    assert.ok(worthForGrpo(moved) < bestForGrpo && worth(other) < best - 1e-3);
  }
});

test('control: advantages with the wrong sign lead away from it', () => {
  const inverted: Rule = (table, draws, p) => {
    const loss = ppo(table, draws, p);
    return () => loss().neg();
  };
  assert.ok(train(inverted, worth, 20).at(-1)! < worth(REFERENCE));
});

test.run();
