/** Reinforcement learning in small: what it learns, that interrupted = uninterrupted, and how it stops. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { StepMetrics } from '../../../src/training/loop.ts';
import type { Scorer } from '../../../src/training/rollouts/rewards.ts';
import { refusesLater } from '../../data/temporary.ts';
import { type Ppo, ppoSession } from './session.ts';

for (const name of ['ppo', 'grpo'] as const) {
  test(`${name}: the first step measures no divergence at all; the score rises`, async () => {
    const { lines } = await ppoSession({ name, alignment: { stopKl: 1 } }).run(0, 25);
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

test.run();
