/**
 * The stages of alignment in small: what they learn, that interrupted = uninterrupted, what they refuse, and how they stop.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Preference } from '../../src/data/preferences.ts';
import { EpochStream, encodePairs, type Pair } from '../../src/data/rows/pairs.ts';
import type { Prompt } from '../../src/data/rows/prompts.ts';
import { rewardAccuracy, rewardTexts } from '../../src/evaluation/reward-accuracy.ts';
import { rewardModelFrom } from '../../src/models/reward-model.ts';
import { PolicyWithValue } from '../../src/models/value-head.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { Random } from '../../src/tensor/index.ts';
import { type AlignmentSettings, alignmentSettings } from '../../src/training/alignment-settings.ts';
import { type GoldScorer, goldScorer, modelScorer, type Scorer } from '../../src/training/answer-rewards.ts';
import { dpoStage, withReference } from '../../src/training/dpo.ts';
import { KlControl } from '../../src/training/kl-control.ts';
import { type StepMetrics, trainingLoop } from '../../src/training/loop.ts';
import { ppoLoop } from '../../src/training/ppo.ts';
import type { StageData } from '../../src/training/pretrain.ts';
import { rewardStage } from '../../src/training/reward.ts';
import type { StageSettings } from '../../src/training/settings.ts';
import { allClose } from '../close.ts';
import { refuses, refusesLater } from '../data/temporary.ts';
import { tinyModel, tinySettings, tinyTokenizer as tokenizer } from './tiny.ts';

const questions = ['你好', '天空', '太阳', '一年', '小猫', '北京', '水', '好吗'];
const preferences: Preference[] = questions.flatMap((prompt, i) => [
  { prompt, chosen: '是的。', rejected: '不是。', quality: 'a', place: `${i}` },
  { prompt, chosen: '是的，很好。', rejected: '不', quality: 'b', place: `${i}` },
]);
const { pairs } = encodePairs(preferences, tokenizer, 32);
const settings = (changes: Partial<StageSettings> = {}) =>
  tinySettings({
    learningRate: 5e-3,
    schedule: 'constant',
    warmup: 0,
    weightDecay: 0,
    batchSize: 4,
    ...changes,
  });

async function go<Item, Items>(data: StageData<Item, Items>, own: StageSettings, steps: number) {
  const lines: StepMetrics[] = [];
  const hooks = {
    onStep: (line: StepMetrics) => void lines.push(line),
    save: async () => {},
    shouldStop: () => false,
  };
  await trainingLoop(
    data.objective,
    new AdamW(data.objective.model, own),
    own,
    { startStep: 0, steps },
    hooks,
  );
  return lines;
}

test('reward model: learns the preferences; held-out accuracy with its interval, by quality', async () => {
  const model = rewardModelFrom(tinyModel(), new Random(2));
  const own = settings({ evaluateEvery: 40 });
  const data = rewardStage(model, { pairs, heldOut: pairs }, own, alignmentSettings(), 1);
  const lines = await go(data, own, 40);
  allClose([lines[0]!.loss], [Math.LN2], { absolute: 0.05 });
  assert.ok(lines.at(-1)!.loss < 0.1 && lines.at(-1)!.parts!.accuracy === 1);
  assert.is(lines.at(-1)!.parts!.heldOutAccuracy, 1);
  const results = await rewardAccuracy(model, pairs);
  assert.equal(Object.keys(results), ['reward-accuracy', 'reward-accuracy-a', 'reward-accuracy-b']);
  const { value, low, high, n, chance } = results['reward-accuracy']!;
  assert.equal([value, high, n, chance], [1, 1, 16, 0.5]);
  assert.ok(low > 0.75 && low < 0.85);
});

test('rewards of texts do not depend on the batch', async () => {
  const model = rewardModelFrom(tinyModel(), new Random(2)).eval();
  const texts = pairs.flatMap(({ chosen, rejected }) => [chosen.ids, rejected.ids]);
  const together = await rewardTexts(model, texts);
  const alone = await Promise.all(texts.map(async (text) => (await rewardTexts(model, [text]))[0]!));
  allClose(together, alone, { absolute: 1e-6 });
});

async function dpo(changes: Partial<AlignmentSettings> = {}, steps = 20) {
  const model = tinyModel();
  const own = settings({ evaluateEvery: steps, learningRate: 2e-3 });
  const referenced = await withReference(model, pairs);
  const data = dpoStage(
    model,
    { pairs: referenced, heldOut: referenced },
    own,
    alignmentSettings(changes),
    1,
  );
  return go(data, own, steps);
}

test('DPO: ln 2 at step 0, then the margin grows; both log-probabilities are reported', async () => {
  const lines = await dpo();
  allClose([lines[0]!.loss, lines[0]!.parts!.margin!], [Math.LN2, 0], { absolute: 1e-5 });
  const { margin, accuracy, chosenReward, rejectedReward, heldOutAccuracy } = lines.at(-1)!.parts!;
  assert.ok(lines.at(-1)!.loss < 0.5 && margin! > 0.5);
  assert.equal([accuracy, heldOutAccuracy], [1, 1]);
  allClose([chosenReward! - rejectedReward!], [margin!], { absolute: 1e-4 });
  const { chosenLogProb, rejectedLogProb } = lines.at(-1)!.parts!;
  assert.ok(chosenLogProb! < 0 && rejectedLogProb! < chosenLogProb!);
});

test('DPO: dropout stays off, or policy and reference would disagree from the start', async () => {
  const model = tinyModel({ attentionDropout: 0.5 });
  const own = settings();
  const referenced = await withReference(model, pairs);
  const data = dpoStage(model, { pairs: referenced, heldOut: [] }, own, alignmentSettings(), 1);
  const [first] = await go(data, own, 1);
  allClose([first!.loss], [Math.LN2], { absolute: 1e-5 });
  const [control] = await go({ ...data, objective: { ...data.objective, dropout: true } }, own, 1);
  assert.ok(Math.abs(control!.loss - Math.LN2) > 1e-3, 'control: with dropout they do');
});

const prompts: Prompt[] = questions.map((text) => ({
  ids: [tokenizer.roleId('user'), ...tokenizer.encode(text), tokenizer.eosId, tokenizer.assistantId],
  question: text,
  fact: null,
}));
/** Rewards short answers: easy to learn, and to see. */
const brief: Scorer = async (_, rollouts) => rollouts.map(({ answer }) => -answer.length);

interface Ppo {
  readonly alignment?: Partial<AlignmentSettings>;
  readonly scorer?: Scorer;
  readonly gold?: GoldScorer | null;
  readonly settings?: Partial<StageSettings>;
  readonly dropout?: number;
}

function ppoSession({
  alignment = {},
  scorer = brief,
  gold = null,
  settings: changes = {},
  dropout = 0,
}: Ppo = {}) {
  const own = settings({ learningRate: 3e-3, batchSize: 8, ...changes });
  const rules = alignmentSettings({
    rollouts: 16,
    groupSize: 4,
    maxNewTokens: 12,
    klCoefficient: 0.02,
    ...alignment,
  });
  const actor = new PolicyWithValue(tinyModel({ attentionDropout: dropout }));
  const stage = {
    actor,
    reference: tinyModel().freeze(),
    prompts: new EpochStream(prompts, { seed: 1, shuffle: true }),
    scorer,
    gold,
    stopId: tokenizer.eosId,
    maxNewTokens: rules.maxNewTokens,
    seed: 5,
  };
  const optimizer = new AdamW(actor, own);
  const kl = new KlControl(rules.klCoefficient, rules.klTarget);
  const saved: number[] = [];
  const run = async (startStep: number, steps: number) => {
    const lines: StepMetrics[] = [];
    const hooks = {
      onStep: (line: StepMetrics) => void lines.push(line),
      save: async (step: number) => void saved.push(step),
      shouldStop: () => false,
    };
    await ppoLoop(stage, optimizer, kl, own, rules, { startStep, steps }, hooks);
    return { lines };
  };
  return { actor, optimizer, kl, run, saved };
}

for (const algorithm of ['ppo', 'grpo'] as const) {
  test(`${algorithm}: the first step measures no divergence at all; the score rises`, async () => {
    const { lines } = await ppoSession({ alignment: { algorithm, stopKl: 1 } }).run(0, 25);
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
  await refusesLater(() => wild.run(0, 20), 'nats an answer, more than 0.01', 'lower --lr');
  const ruined = ppoSession({
    alignment: { maxKl: 0.01, stopKl: 1000 },
    settings: { learningRate: 1, gradClip: 0, warmup: 0, saveEvery: 1 },
  });
  await refusesLater(() => ruined.run(0, 1), 'the updates of step 1', 'last checkpoint is intact');
  assert.equal(ruined.saved, [], 'not even the last step is saved');
});

test('the price of divergence follows its target slowly, and stays where none is set', () => {
  const adaptive = new KlControl(0.1, 2);
  adaptive.observe(100);
  allClose([adaptive.coefficient], [0.102], { absolute: 1e-12 });
  adaptive.observe(0);
  allClose([adaptive.coefficient], [0.102 * 0.98], { absolute: 1e-12 });
  adaptive.observe(2);
  allClose([adaptive.coefficient], [0.102 * 0.98], { absolute: 1e-12 });
  const fixed = new KlControl(0.1, null);
  fixed.observe(100);
  assert.is(fixed.coefficient, 0.1);
});

test('scores of a reward model have one scale; answers cut off get a fixed low one', async () => {
  const model = rewardModelFrom(tinyModel(), new Random(2)).eval();
  for (const factor of [1, 1000]) {
    model.score.weight.assign(model.score.weight.detach().mul(factor));
    const scorer = await modelScorer(model, pairs);
    const texts = pairs.flatMap(({ chosen, rejected }: Pair) => [chosen, rejected]);
    const scores = await scorer(
      [],
      texts.map(({ ids, answerStart }, i) => ({
        prompt: ids.slice(0, answerStart),
        answer: ids.slice(answerStart),
        logProbs: [],
        finished: i > 0,
      })),
    );
    assert.is(scores[0], -3);
    const squares = scores.slice(1).reduce((sum, s) => sum + s * s, 0) / texts.length;
    assert.ok(squares > 0.8 && squares <= 1.01, `mean square ${squares}`);
  }
});

test('the judge watches what it knows, and changes nothing', async () => {
  const known = {
    relation: 'colour',
    subject: '草',
    answer: '绿色',
    accepted: ['草是绿色的。'],
    questions: ['草？'],
  };
  const ask = (question: string) => ({ question, ids: [], fact: null });
  const say = (text: string, finished = true) => ({
    ...{ prompt: [], answer: tokenizer.encode(text), logProbs: [], finished },
  });
  const gold = goldScorer([known], tokenizer);
  const prompts3 = [ask('草？'), ask('谁？'), ask('草？')];
  allClose([gold(prompts3, [say('草是绿色的。'), say('好。'), say('绿色。', false)])!], [(1 + 0.6) / 2]);
  assert.is(gold([ask('谁？')], [say('草是绿色的。')]), null, 'a question that is not in the key');

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

test('settings that contradict each other are refused', () => {
  refuses(
    () => alignmentSettings({ algorithm: 'grpo', rollouts: 30, groupSize: 8 }),
    '30 answers',
    'groups of 8',
  );
  refuses(() => alignmentSettings({ reward: 'fact' }), '--algorithm grpo');
  refuses(() => alignmentSettings({ dpoLoss: 'ipo', labelSmoothing: 0.1 }), '--label-smoothing', 'sigmoid');
});

test.run();
