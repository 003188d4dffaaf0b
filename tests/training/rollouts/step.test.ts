/** Reinforcement learning in small: what it learns, that interrupted = uninterrupted, and how it stops. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EpochStream } from '../../../src/data/rows/pairs.ts';
import type { Prompt } from '../../../src/data/rows/prompts.ts';
import { type Rollout, rollOut } from '../../../src/generation/rollout.ts';
import type { StepMetrics } from '../../../src/training/loop.ts';
import { answerOf, divergenceOf, observe } from '../../../src/training/rollouts/experience.ts';
import type { Scorer } from '../../../src/training/rollouts/rewards.ts';
import { rolloutSteps } from '../../../src/training/rollouts/step.ts';
import { allClose } from '../../close.ts';
import { refusesLater } from '../../data/temporary.ts';
import { randomize } from '../../models/tiny.ts';
import { prompts } from '../alignment.ts';
import { type Ppo, ppoSession } from './session.ts';

for (const name of ['ppo', 'grpo'] as const) {
  test(`${name}: the first step measures no divergence at all; the score rises`, async () => {
    const { lines } = await ppoSession({ name, alignment: { stopKl: 1 } }).run(0, 40);
    const first = lines[0]!.parts!;
    assert.equal([first.kl, first.klK3, first.reward], [0, 0, first.score]);
    const mean = (some: StepMetrics[]) =>
      some.reduce((sum, { parts }) => sum + parts!.score!, 0) / some.length;
    const [before, after] = [mean(lines.slice(0, 5)), mean(lines.slice(-5))];
    assert.ok(after > before + 1, `score ${before.toFixed(2)} -> ${after.toFixed(2)}`);
    assert.ok(lines.at(-1)!.parts!.klK3! > 0);
  });
}

test('four steps = two steps, their state carried over, and two more in fresh objects', async () => {
  const options: Ppo = { alignment: { klTarget: 0.5 } };
  const whole = ppoSession(options);
  await whole.run(0, 4);
  const half = ppoSession(options);
  await half.run(0, 2);
  const rest = ppoSession(options);
  rest.actor.loadState(half.actor.namedParameters());
  rest.optimizer.loadState(half.optimizer.state(), half.optimizer.step);
  rest.kl.coefficient = half.kl.coefficient;
  await rest.run(2, 4);
  const weights = ({ actor }: typeof whole) => actor.parameters().map((parameter) => parameter.toArray());
  assert.equal(weights(rest), weights(whole));
  assert.is(rest.kl.coefficient, whole.kl.coefficient);
});

test('NaN or an exploding divergence stops the stage with a sentence, before it is saved', async () => {
  let calls = 0;
  const breaking: Scorer = async (_, rollouts) => rollouts.map(() => (++calls > 32 ? Number.NaN : 1));
  const session = ppoSession({ scorer: breaking, settings: { saveEvery: 1 } });
  await refusesLater(
    () => session.run(0, 5),
    'ppo: at step 3',
    'last checkpoint is intact',
    '--kl-coefficient',
  );
  assert.equal(session.saved, [1, 2]);
  const wild = ppoSession({ alignment: { maxKl: 0.01, stopKl: 10 }, settings: { learningRate: 0.05 } });
  await refusesLater(() => wild.run(0, 20), 'nats per answer, more than 0.01', 'lower --lr');
  const ruined = ppoSession({
    alignment: { maxKl: 0.01, stopKl: 1000 },
    settings: { learningRate: 1, gradClip: 0, warmup: 0, saveEvery: 1 },
  });
  await refusesLater(() => ruined.run(0, 1), 'the updates of step 1', 'last checkpoint is intact');
  assert.equal(ruined.saved, [], 'not even the last step is saved');
});

test('the judge watches, and changes nothing', async () => {
  let asked = 0;
  const watched = await ppoSession({ gold: () => ++asked / 8 }).run(0, 3);
  const unseen = await ppoSession().run(0, 3);
  assert.equal(
    watched.lines.map(({ parts }) => parts?.gold),
    [0.125, 0.25, 0.375],
  );
  assert.equal(
    watched.lines.map(({ loss }) => loss),
    unseen.lines.map(({ loss }) => loss),
  );
  assert.not('gold' in unseen.lines[0]!.parts!);
});

/** A session whose policy is not its reference, and that does not move: what a step measures can then be measured again. */
function still(options: Ppo = {}) {
  const heard: { prompts: readonly Prompt[]; rollouts: readonly Rollout[] }[] = [];
  const session = ppoSession({
    ...options,
    settings: { learningRate: 0, batchSize: 5, ...options.settings },
    scorer: async (asked, rollouts) => {
      heard.push({ prompts: asked, rollouts });
      return rollouts.map(({ answer }, i) => answer.length - i / 7);
    },
  });
  randomize(session.actor.policy, 3, 0.15);
  return { ...session, heard };
}

for (const name of ['ppo', 'grpo'] as const)
  test(`${name}: each step draws its own prompts and answers, as if all had been drawn at once`, async () => {
    const rollouts = 72; // more than are drawn at once
    const session = still({ name, alignment: { rollouts, maxNewTokens: 4, groupSize: 4, updateEpochs: 1 } });
    await session.run(0, 2);
    const each = name === 'ppo' ? 1 : 4;
    const source = new EpochStream(prompts, { seed: 1, shuffle: true });
    for (const [step, { prompts: asked, rollouts: drawn }] of session.heard.entries()) {
      const expected = Array.from({ length: rollouts }, (_, i) =>
        source.row(Math.floor((step * rollouts + i) / each)),
      );
      assert.equal(asked, expected);
      const again = await rollOut(
        session.actor.policy,
        expected.map(({ ids }) => ids),
        {
          ...{ maxNewTokens: 4, stopId: session.task.stopId, seed: 5, first: step * rollouts },
        },
      );
      assert.equal(
        drawn.map(({ prompt, answer, finished }) => ({ prompt, answer, finished })),
        again.map(({ prompt, answer, finished }) => ({ prompt, answer, finished })),
      );
    }
    const texts = session.heard.map(({ rollouts: drawn }) => drawn.map(({ answer }) => answer.join()));
    assert.not.equal(texts[0], texts[1]);
  });

test('the numbers of a step are those of its answers: scores, divergences with their signs, entropy, length, cuts', async () => {
  const session = still({ alignment: { klCoefficient: 0.25 } });
  const { lines } = await session.run(0, 1);
  const [{ rollouts }] = session.heard as [(typeof session.heard)[0]];
  const seen = await observe(session.actor, session.task.reference, rollouts.map(answerOf));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const kl = mean(seen.map((each) => divergenceOf(each).k1));
  const score = mean(rollouts.map(({ answer }, i) => answer.length - i / 7));
  const { score: s, reward, kl: k, klK3, klCoefficient, entropy, answerTokens, cutOff } = lines[0]!.parts!;
  allClose(
    [s!, reward!, k!, klK3!, klCoefficient!, entropy!, answerTokens!, cutOff!],
    [
      ...[score, score - 0.25 * kl, kl, mean(seen.map((each) => divergenceOf(each).k3)), 0.25],
      mean(seen.flatMap(({ entropies }) => Array.from(entropies))),
      mean(rollouts.map(({ answer }) => answer.length)),
      rollouts.filter(({ finished }) => !finished).length / rollouts.length,
    ],
    { absolute: 1e-4, relative: 1e-4 },
  );
  assert.ok(Math.abs(kl) > 0.01, `control: ${kl}`);
  const target = still({ alignment: { klCoefficient: 0.25, klTarget: kl } });
  await target.run(0, 1);
  allClose([target.kl.coefficient], [0.25], { relative: 1e-4 }, 'the price follows k1: it is on target');
});

test('the price of the step is what its answers are credited by, and its updates pay', async () => {
  const paid: number[] = [];
  const session = still({ alignment: { klCoefficient: 0.5, klTarget: 1e-3 } });
  const { credit, loss } = session.task.algorithm;
  Object.assign(session.task.algorithm, {
    credit: (...args: Parameters<typeof credit>) => {
      paid.push(args[2]);
      return credit(...args);
    },
    loss: (...args: Parameters<typeof loss>) => {
      paid.push(args[2]);
      return loss(...args);
    },
  });
  const { lines } = await session.run(0, 2);
  const prices = lines.map(({ parts }) => parts!.klCoefficient!);
  assert.is.not(prices[0], prices[1]);
  assert.equal([...new Set(paid)], prices);
});

test('a policy far below its reference is not saved either: a divergence counts with both signs', async () => {
  const session = still({ alignment: { maxKl: 1 } });
  const quiet = { ...session.task, rules: { ...session.task.rules, maxKl: 1e9 } };
  const first = rolloutSteps(quiet);
  await first.step(0, 0);
  const drawn = session.heard[0]!.rollouts.slice(0, 5).map(answerOf);
  randomize(session.actor.policy, 4, 1.5);
  const far = await observe(session.actor, session.task.reference, drawn);
  const divergence = far.reduce((sum, each) => sum + divergenceOf(each).k1, 0) / far.length;
  assert.ok(divergence < -1, `control: ${divergence}`);
  await first.check!(1);
  Object.assign(quiet.rules, { maxKl: 1 });
  await refusesLater(() => first.check!(1), 'nats per answer away from the reference');
});

test.run();
