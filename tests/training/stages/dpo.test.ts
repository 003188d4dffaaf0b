/** DPO in small: where it starts, what it learns, what it refuses. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { valuesOf } from '../../../src/knobs.ts';
import type { CausalLM } from '../../../src/models/causal-lm.ts';
import {
  type DpoSettings,
  dpoKnobs,
  dpoObjective,
  dpo as dpoStage,
  type ReferencedPair,
  withReference,
} from '../../../src/training/stages/dpo.ts';
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

test.run();
