/** DPO in small: where it starts, what it learns, what it refuses. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { answerLength } from '../../../src/data/rows/answers.ts';
import { valuesOf } from '../../../src/knobs.ts';
import { dpoLoss } from '../../../src/losses/dpo.ts';
import type { CausalLM } from '../../../src/models/causal-lm.ts';
import { scoreAnswers } from '../../../src/scoring/log-probs.ts';
import { Random, type Tensor, tensor } from '../../../src/tensor/index.ts';
import {
  type DpoSettings,
  dpoKnobs,
  dpoObjective,
  dpo as dpoStage,
  type ReferencedPair,
  withReference,
} from '../../../src/training/stages/dpo.ts';
import type { LossWithParts } from '../../../src/training/supervised.ts';
import { allClose } from '../../close.ts';
import { refuses } from '../../data/temporary.ts';
import { fastSettings, learn, pairs } from '../alignment.ts';
import { tinyModel } from '../tiny.ts';

const objectiveOf = (
  model: CausalLM,
  own: readonly ReferencedPair[],
  heldOut: readonly ReferencedPair[],
  changes: Partial<DpoSettings> = {},
) =>
  dpoObjective(model, { pairs: own, heldOut }, valuesOf(dpoKnobs, changes), {
    ...{ stage: 'dpo', seed: 1, shuffle: true },
  });

async function dpo(changes: Partial<DpoSettings> = {}, steps = 20) {
  const model = tinyModel();
  const own = fastSettings({ evaluateEvery: steps, learningRate: 2e-3 });
  const referenced = await withReference(model, pairs);
  return learn(objectiveOf(model, referenced, referenced, changes), own, steps);
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
  const own = fastSettings();
  const referenced = await withReference(model, pairs);
  const objective = objectiveOf(model, referenced, []);
  const [first] = await learn(objective, own, 1);
  allClose([first!.loss], [Math.LN2], { absolute: 1e-5 });
  const [control] = await learn({ ...objective, dropout: true }, own, 1);
  assert.ok(Math.abs(control!.loss - Math.LN2) > 1e-3, 'control: with dropout they do');
});

test('settings that contradict each other are refused', () => {
  const place = { files: {} as never, willHave: () => true, willRun: () => true, directoryOf: () => '' };
  const check = (changes: Partial<DpoSettings>) =>
    dpoStage.check?.({ ...place, own: valuesOf(dpoKnobs, changes) });
  check({ dpoLoss: 'ipo' });
  refuses(() => check({ dpoLoss: 'ipo', labelSmoothing: 0.1 }), '--label-smoothing', 'sigmoid');
});

test('every setting reaches the loss, every part is of its own side, for pairs of unequal length', async () => {
  const few = pairs.slice(0, 5);
  const reference = await withReference(tinyModel({ initializerRange: 0.3 }, new Random(8)), few);
  const model = tinyModel({ initializerRange: 0.3 }).eval();
  const score = async (side: 'chosen' | 'rejected') =>
    scoreAnswers(
      model,
      few.map((pair) => pair[side]),
    );
  const policy = { chosen: tensor(await score('chosen')), rejected: tensor(await score('rejected')) };
  const known = (side: 'chosen' | 'rejected') => tensor(reference.map((pair) => pair.reference[side]));
  const losses = new Set<string>();
  for (const [beta, labelSmoothing, kind] of [
    [1, 0, 'sigmoid'],
    [0.2, 0, 'sigmoid'],
    [0.2, 0.3, 'sigmoid'],
    [0.2, 0, 'ipo'],
    [2, 0, 'ipo'],
  ] as const) {
    const objective = objectiveOf(model, reference, [], { beta, labelSmoothing, dpoLoss: kind });
    const { loss, parts } = objective.loss(objective.batch(reference), 9) as LossWithParts;
    const expected = dpoLoss(
      policy,
      { chosen: known('chosen'), rejected: known('rejected') },
      { beta, labelSmoothing, kind },
    );
    const share = (values: Tensor) => values.sum().item() / 9;
    const { wins, margins, chosenRewards, rejectedRewards, chosenLogProbs, rejectedLogProbs } = expected;
    allClose(
      [
        loss,
        parts.accuracy!,
        parts.margin!,
        parts.chosenReward!,
        parts.rejectedReward!,
        parts.chosenLogProb!,
        parts.rejectedLogProb!,
      ].map((value) => value.item()),
      [expected.losses, wins, margins, chosenRewards, rejectedRewards, chosenLogProbs, rejectedLogProbs].map(
        share,
      ),
      { relative: 1e-3, absolute: 1e-4 },
    );
    losses.add(loss.item().toFixed(4));
  }
  assert.is(losses.size, 5, 'control: each setting matters');
});

test('--nll-weight adds the loss of SFT on the chosen answers, per token; without it they may fall', async () => {
  const reference = await withReference(tinyModel(), pairs);
  const model = tinyModel({ initializerRange: 0.3 }).eval();
  const lossOf = (nllWeight: number) => {
    const objective = objectiveOf(model, reference, [], { nllWeight });
    return (objective.loss(objective.batch(reference), pairs.length) as LossWithParts).loss.item();
  };
  const logProbs = await scoreAnswers(
    model,
    pairs.map(({ chosen }) => chosen),
  );
  const nll = pairs.reduce((sum, { chosen }, i) => sum - logProbs[i]! / answerLength(chosen), 0);
  allClose([lossOf(0.5) - lossOf(0)], [(0.5 * nll) / pairs.length], { relative: 1e-3, absolute: 1e-4 });
  assert.ok(nll > 0.1, 'control: there is something to add');
  const chosen = async (nllWeight: number) => (await dpo({ nllWeight }, 40)).at(-1)!.parts!.chosenLogProb!;
  assert.ok((await chosen(2)) > (await chosen(0)));
});

test('the reference is asked without dropout', async () => {
  const noisy = tinyModel({ attentionDropout: 0.5, initializerRange: 0.3 }).train();
  const known = await withReference(noisy, pairs);
  assert.equal(known, await withReference(tinyModel({ initializerRange: 0.3 }), pairs));
});

test.run();
