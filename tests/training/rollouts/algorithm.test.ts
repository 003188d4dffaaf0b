/** The two algorithms: how they credit answers, and that each setting reaches its place in the loss. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { valuesOf } from '../../../src/knobs.ts';
import { generalizedAdvantages, whiten } from '../../../src/losses/gae.ts';
import { groupAdvantages, grpoLoss } from '../../../src/losses/grpo.ts';
import { ppoLoss } from '../../../src/losses/ppo.ts';
import { PolicyWithValue } from '../../../src/models/value-head.ts';
import { Random, tensor } from '../../../src/tensor/index.ts';
import { grpoAlgorithm, grpoKnobs } from '../../../src/training/stages/grpo.ts';
import { ppoAlgorithm, ppoKnobs } from '../../../src/training/stages/ppo.ts';
import { allClose, differs } from '../../close.ts';
import { tinyModel } from '../tiny.ts';

const actor = new PolicyWithValue(tinyModel());
const random = new Random(2);
const numbers = (n: number) => Array.from({ length: n }, () => 2 * random.float() - 1);

/** Twelve answers of one to four tokens. */
const observed = Array.from({ length: 12 }, (_, i) => {
  const n = 1 + (i % 4);
  return {
    answer: { ids: new Array<number>(2 + n).fill(300), answerStart: 2 },
    logProbs: Float64Array.from(numbers(n)),
    values: Float64Array.from(numbers(n)),
    entropies: Float64Array.from(numbers(n)),
    referenceLogProbs: Float64Array.from(numbers(n)),
  };
});
const scores = numbers(12);

test('PPO credits by its own gamma and lambda and the price it is told', () => {
  for (const gamma of [0.5, 1])
    for (const lambda of [0.2, 0.95])
      for (const price of [0, 0.7]) {
        const algorithm = ppoAlgorithm(actor, valuesOf(ppoKnobs, { gamma, lambda, klCoefficient: 33 }));
        const each = observed.map(({ logProbs, referenceLogProbs, values }, i) => {
          const last = logProbs.length - 1;
          const rewards = Array.from(
            logProbs,
            (lp, t) => price * (referenceLogProbs[t]! - lp) + (t === last ? scores[i]! : 0),
          );
          return generalizedAdvantages(rewards, values, { gamma, lambda });
        });
        const white = whiten(each.flatMap(({ advantages }) => Array.from(advantages)));
        const credited = algorithm.credit(observed, scores, price);
        allClose(
          credited.flatMap(({ advantages }) => Array.from(advantages)),
          white,
          { absolute: 1e-9 },
        );
        assert.equal(
          credited.map(({ returns }) => returns),
          each.map(({ returns }) => returns),
        );
      }
  assert.equal(
    [
      ppoAlgorithm(actor, valuesOf(ppoKnobs)).average,
      ppoAlgorithm(actor, valuesOf(ppoKnobs)).answersPerPrompt,
    ],
    ['token', 1],
  );
});

test('GRPO credits within groups of its own size, the same for every token of an answer', () => {
  for (const groupSize of [2, 3, 6]) {
    const algorithm = grpoAlgorithm(actor.policy, valuesOf(grpoKnobs, { groupSize }));
    const advantages = groupAdvantages(scores, groupSize);
    for (const [i, credited] of algorithm.credit(observed, scores, 0.5).entries())
      assert.equal(credited, {
        ...observed[i],
        advantages: observed[i]!.values.map(() => advantages[i]!),
        returns: observed[i]!.values.map(() => 0),
      });
    assert.equal(
      [algorithm.answersPerPrompt, algorithm.average, algorithm.wantsEntropy, algorithm.actor.vHead],
      [groupSize, 'answer', false, null],
    );
  }
});

test('the losses with the settings of the algorithm and the price of the step, not the usual ones', () => {
  const [acted, remembered] = [
    ['logProbs', 'values', 'entropies'],
    ['oldLogProbs', 'oldValues', 'referenceLogProbs', 'advantages', 'returns'],
  ].map((names) => Object.fromEntries(names.map((name) => [name, tensor(numbers(9))]))) as never as [
    Parameters<ReturnType<typeof ppoAlgorithm>['loss']>[0],
    Parameters<ReturnType<typeof ppoAlgorithm>['loss']>[1],
  ];
  const all: ArrayLike<number>[] = [];
  for (const changes of [
    {},
    { clip: 0.01 },
    { valueClip: 0.01 },
    { valueWeight: 2 },
    { entropyWeight: 0.5 },
  ]) {
    const rules = valuesOf(ppoKnobs, changes);
    const found = ppoAlgorithm(actor, rules).loss(acted, remembered, 0.3).losses.toArray();
    assert.equal(found, ppoLoss({ ...acted, ...remembered }, rules).losses.toArray());
    all.push(found);
  }
  for (const [clip, price] of [
    [0.2, 0.3],
    [0.01, 0.3],
    [0.2, 3],
  ] as const) {
    const rules = valuesOf(grpoKnobs, { clip, klCoefficient: 33 });
    const found = grpoAlgorithm(actor.policy, rules).loss(acted, remembered, price).losses.toArray();
    assert.equal(found, grpoLoss({ ...acted, ...remembered }, { clip, beta: price }).losses.toArray());
    all.push(found);
  }
  for (const [i, one] of all.entries())
    for (const other of all.slice(i + 1))
      assert.ok(differs(one, other, { absolute: 1e-4 }), 'control: each setting matters');
});

test.run();
