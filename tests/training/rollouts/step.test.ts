/** Reinforcement learning in small: what it learns, that interrupted = uninterrupted, and how it stops. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EpochStream } from '../../../src/data/rows/pairs.ts';
import { valuesOf } from '../../../src/knobs.ts';
import { PolicyWithValue } from '../../../src/models/value-head.ts';
import { AdamW } from '../../../src/optim/adamw.ts';
import { type StepMetrics, trainingLoop } from '../../../src/training/loop.ts';
import { KlControl } from '../../../src/training/rollouts/kl-control.ts';
import type { GoldScorer, Scorer } from '../../../src/training/rollouts/rewards.ts';
import { rolloutSteps } from '../../../src/training/rollouts/step.ts';
import type { StageSettings } from '../../../src/training/settings.ts';
import { type GrpoSettings, grpoAlgorithm, grpoKnobs } from '../../../src/training/stages/grpo.ts';
import { type PpoSettings, ppoAlgorithm, ppoKnobs } from '../../../src/training/stages/ppo.ts';
import { refusesLater } from '../../data/temporary.ts';
import { fastSettings, prompts } from '../alignment.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../tiny.ts';

/** Rewards short answers: easy to learn, and to see. */
const brief: Scorer = async (_, rollouts) => rollouts.map(({ answer }) => -answer.length);

interface Ppo {
  readonly name?: 'ppo' | 'grpo';
  readonly alignment?: Partial<PpoSettings & GrpoSettings>;
  readonly scorer?: Scorer;
  readonly gold?: GoldScorer | null;
  readonly settings?: Partial<StageSettings>;
  readonly dropout?: number;
}

function ppoSession({
  name = 'ppo',
  alignment = {},
  scorer = brief,
  gold = null,
  settings: changes = {},
  dropout = 0,
}: Ppo = {}) {
  const settings = fastSettings({ learningRate: 3e-3, batchSize: 8, ...changes });
  const small = { rollouts: 16, groupSize: 4, maxNewTokens: 12, klCoefficient: 0.02 };
  const rules = valuesOf({ ...ppoKnobs, ...grpoKnobs }, small, alignment);
  const model = tinyModel({ attentionDropout: dropout });
  const actor = new PolicyWithValue(model);
  const { algorithm, trained } =
    name === 'ppo'
      ? { algorithm: ppoAlgorithm(actor, rules), trained: actor }
      : { algorithm: grpoAlgorithm(model, rules), trained: model };
  const optimizer = new AdamW(trained, settings);
  const kl = new KlControl(rules.klCoefficient, rules.klTarget);
  const task = {
    ...{ stage: name, algorithm, trained, optimizer, scorer, gold, kl, settings, rules, seed: 5 },
    reference: tinyModel().freeze(),
    prompts: new EpochStream(prompts, { seed: 1, shuffle: true }),
    stopId: tokenizer.eosId,
  };
  const saved: number[] = [];
  const run = async (startStep: number, steps: number) => {
    const lines: StepMetrics[] = [];
    const hooks = {
      onStep: (line: StepMetrics) => void lines.push(line),
      save: async (step: number) => void saved.push(step),
      shouldStop: () => false,
    };
    await trainingLoop(rolloutSteps(task), settings, { stage: name, startStep, steps }, hooks);
    return { lines };
  };
  return { actor, optimizer, kl, run, saved };
}

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

test('the first minibatch of fresh answers: ratio exactly 1, so nothing moved and nothing is clipped', async () => {
  for (const changes of [{ batchSize: 16 }, { batchSize: 4, gradAccum: 4 }]) {
    const { lines } = await ppoSession({ settings: changes, alignment: { updateEpochs: 1 } }).run(0, 3);
    for (const { parts } of lines)
      assert.equal([parts!.updateKl, parts!.clipShare, parts!.updates], [0, 0, 1]);
  }
  const dropping = await ppoSession({
    dropout: 0.5,
    settings: { batchSize: 16 },
    alignment: { updateEpochs: 1 },
  }).run(0, 2);
  for (const { parts } of dropping.lines) assert.is(parts!.updateKl, 0, 'dropout is off');
  const twice = await ppoSession({ settings: { batchSize: 16 }, alignment: { updateEpochs: 2 } }).run(0, 1);
  assert.ok(twice.lines[0]!.parts!.updateKl! > 0, 'control: the second pass sees that the policy has moved');
});

test('the updates of a step end early once the policy has moved too far', async () => {
  const { lines } = await ppoSession({ alignment: { updateEpochs: 20, stopKl: 1e-3 } }).run(0, 2);
  assert.ok(lines.every(({ parts }) => parts!.updates! < 40 && parts!.updateKl! > 1e-3));
});

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
