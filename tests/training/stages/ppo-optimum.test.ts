/**
 * The whole of PPO, rollouts, value head and all, on answers of one and of two tokens, of which every one can be counted: the
 * mean score less the price of divergence must come near beta ln E_ref e^(score / beta), the most that any policy can have, and
 * never exceed it.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EpochStream } from '../../../src/data/rows/pairs.ts';
import type { Prompt } from '../../../src/data/rows/prompts.ts';
import { valuesOf } from '../../../src/knobs.ts';
import { CausalLM } from '../../../src/models/causal-lm.ts';
import { PolicyWithValue } from '../../../src/models/value-head.ts';
import { AdamW } from '../../../src/optim/adamw.ts';
import { noGrad, Random } from '../../../src/tensor/index.ts';
import { trainingLoop } from '../../../src/training/loop.ts';
import { KlControl } from '../../../src/training/rollouts/kl-control.ts';
import type { Scorer } from '../../../src/training/rollouts/rewards.ts';
import { rolloutSteps } from '../../../src/training/rollouts/step.ts';
import { ppoAlgorithm, ppoKnobs } from '../../../src/training/stages/ppo.ts';
import { idsOf, tinyConfig } from '../../models/tiny.ts';
import { tinySettings } from '../tiny.ts';

const V = 13;
const BETA = 0.5;
const prompts: Prompt[] = [[1, 2], [3]].map((ids) => ({ question: '', ids, fact: null }));
const NO_STOP = -1;

/** What the whole answer is worth; the best one differs between the prompts. */
const scoreOf = (prompt: readonly number[], answer: readonly number[]) =>
  answer.reduce((sum, id, t) => sum + Math.sin(id * (t + 1) + prompt.length * 2), 0);
const scorer: Scorer = async (_, rollouts) => rollouts.map(({ prompt, answer }) => scoreOf(prompt, answer));

/** Log-probability of every answer of `length` tokens. */
function enumerate(model: CausalLM, prompt: readonly number[], length: number): Map<string, number> {
  const all = new Map<string, number>([['', 0]]);
  for (let t = 0; t < length; t++) {
    for (const [key, before] of [...all]) {
      const answer = key === '' ? [] : key.split(',').map(Number);
      if (answer.length !== t) continue;
      const text = [...prompt, ...answer];
      const logProbs = noGrad(() =>
        model
          .forward(idsOf([text]))
          .slice(1, text.length - 1)
          .logSoftmax(),
      );
      for (const [id, logProb] of logProbs.toArray().entries())
        all.set([...answer, id].join(), before + logProb);
      all.delete(key);
    }
  }
  return all;
}

const makeModel = () => new CausalLM({ ...tinyConfig, initializerRange: 0.1 }, new Random(3)).eval();

for (const length of [1, 2]) {
  test(`answers of ${length}: at least 90 % of the way to the optimum, and never beyond it`, async () => {
    const [policy, reference] = [makeModel(), makeModel()];
    const anchors = prompts.map(({ ids }) => enumerate(reference, ids, length));
    assert.is(anchors[0]!.size, V ** length);
    const score = (prompt: number, key: string) => scoreOf(prompts[prompt]!.ids, key.split(',').map(Number));
    let best = 0;
    for (const [i, anchor] of anchors.entries()) {
      const sum = [...anchor].reduce((s, [key, q]) => s + Math.exp(q + score(i, key) / BETA), 0);
      best += (BETA * Math.log(sum)) / prompts.length;
    }
    const worth = () => {
      let total = 0;
      for (const [i, { ids }] of prompts.entries()) {
        for (const [key, p] of enumerate(policy, ids, length))
          total += Math.exp(p) * (score(i, key) - BETA * (p - anchors[i]!.get(key)!));
      }
      return total / prompts.length;
    };
    const settings = tinySettings({ learningRate: 3e-3, warmup: 0, weightDecay: 0, batchSize: 32 });
    const rules = valuesOf(ppoKnobs, {
      ...{ rollouts: 128, klCoefficient: BETA, stopKl: 0.1, valueClip: 1, maxNewTokens: length },
    });
    const actor = new PolicyWithValue(policy);
    const worths = [worth()];
    const steps = 50;
    const task = {
      ...{ stage: 'ppo', reference, scorer, gold: null, settings, rules, seed: 4, stopId: NO_STOP },
      algorithm: ppoAlgorithm(actor, rules),
      trained: actor,
      optimizer: new AdamW(actor, settings),
      prompts: new EpochStream(prompts, { seed: 1, shuffle: true }),
      kl: new KlControl(BETA, null),
    };
    await trainingLoop(
      rolloutSteps(task),
      settings,
      { stage: 'ppo', startStep: 0, steps },
      { onStep: () => void worths.push(worth()), save: async () => {}, shouldStop: () => false },
    );
    assert.is(worths.length, steps + 1);
    assert.ok(Math.max(...worths) <= best + 1e-5, `${Math.max(...worths)} is above ${best}`);
    const share = (worths.at(-1)! - worths[0]!) / (best - worths[0]!);
    assert.ok(share > 0.9, `${(100 * share).toFixed(1)} % of the way`);
  });
}

test.run();
