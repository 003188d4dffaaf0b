/**
 * The loss of pretraining and SFT: that of the text alone where the model is dense, and beside it the balance of a mixture of
 * experts.
 *
 * Loss, loads and entropy are means over tokens, so they add up over any micro-batches; the balance is a product of means, so
 * it is a mean over micro-batches, which is the number of the whole batch only where these are alike.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Row } from '../../src/data/rows/rows.ts';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import type { CausalLM } from '../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../src/models/config.ts';
import { Collector } from '../../src/nn/collector.ts';
import { noGrad } from '../../src/tensor/index.ts';
import { toBatch } from '../../src/training/batch.ts';
import { languageLoss } from '../../src/training/language-loss.ts';
import type { LossWithParts } from '../../src/training/supervised.ts';
import { allClose, differs } from '../close.ts';
import { float64, gradientsOf, randomIds, TIGHT, tinyModel, tinyMoE } from '../models/tiny.ts';

const T = 8;
const E = 4;
/** Heavier than in use, so that its gradient shows. */
const WEIGHT = 0.5;

/** A row whose last `targets` places count. */
function row(seed: number, targets = T): Row {
  const ids = randomIds(T + 1, tinyMoE.vocabSize, seed);
  return {
    inputs: Int32Array.from(ids.slice(0, T)),
    targets: Int32Array.from(ids.slice(1), (id, t) => (t < T - targets ? -100 : id)),
  };
}
const alike = [row(1), row(1), row(1), row(1)];
const different = [row(1), row(2), row(3), row(4)];
const countOf = (rows: readonly Row[]) => toBatch(rows).count;

const mixture = (changes: Partial<ModelConfig> = {}) =>
  tinyModel({ ...tinyMoE, routerAuxLossCoef: WEIGHT, ...changes }).train();

/** What the loss of a mixture is made of; a dense model gives a plain tensor instead. */
function lossOf(model: CausalLM, rows: readonly Row[], total = countOf(rows)): LossWithParts {
  const result = languageLoss(model)(toBatch(rows), total);
  if (!('parts' in result)) throw new Error('a mixture has parts');
  return result;
}

/** The balance of every layer and its loads [E], asked for apart from the loss. */
function heard(model: CausalLM, rows: readonly Row[]): { balances: number[]; loads: number[][] } {
  const { ids, options } = toBatch(rows);
  const collect = new Collector({ losses: true, numbers: true });
  model.forward(ids, { ...options, collect });
  return {
    balances: collect.losses.get('balance')!.map((loss) => loss.item()), // balanced by a loss
    loads: collect.numbers.get('load')!.map((load) => [...load.toArray()]), // they were asked for
  };
}
const balances = (model: CausalLM, rows: readonly Row[]) => heard(model, rows).balances;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

interface Sums {
  readonly loss: number;
  readonly added: number;
  readonly parts: Record<string, number>;
  readonly gradients: Float64Array;
}

/** Sums over micro-batches of `size` rows, as the training step makes them. */
function accumulated(model: CausalLM, rows: readonly Row[], size: number): Sums {
  const total = countOf(rows);
  const sums = { loss: 0, added: 0, parts: {} as Record<string, number> };
  model.zeroGrad();
  for (let start = 0; start < rows.length; start += size) {
    const { loss, added, parts } = lossOf(model, rows.slice(start, start + size), total);
    (added === undefined ? loss : loss.add(added)).backward();
    sums.loss += loss.item();
    sums.added += added?.item() ?? 0;
    for (const [name, part] of Object.entries(parts))
      sums.parts[name] = (sums.parts[name] ?? 0) + part.item();
  }
  return { ...sums, gradients: Float64Array.from([...gradientsOf(model).values()].flatMap((g) => [...g])) };
}

test('a dense model: masked cross-entropy, nothing beside it', () => {
  float64(() => {
    const model = tinyModel().train();
    const batch = toBatch(different);
    for (const total of [batch.count, 100]) {
      const result = languageLoss(model)(batch, total);
      assert.not.ok('parts' in result);
      assert.is((result as LossWithParts['loss']).item(), maskedCrossEntropy(model, batch, total).item());
    }
  });
});

test('a mixture: the loss of the text without the balance; added is weight x mean balance x share of the step', () => {
  float64(() => {
    const model = mixture();
    const rows = [row(1), row(2, 3)];
    const batch = toBatch(rows);
    assert.is(batch.count, T + 3);
    for (const total of [batch.count, 44]) {
      const { loss, added, parts } = lossOf(model, rows, total);
      const share = batch.count / total;
      assert.is(loss.item(), maskedCrossEntropy(model, batch, total).item());
      const each = balances(model, rows);
      assert.is(each.length, tinyMoE.numHiddenLayers);
      assert.ok(Math.abs(each[0]! - each[1]!) > 1e-3, 'layers differ, so a mean is not one of them');
      allClose([added!.item()], [WEIGHT * mean(each) * share], TIGHT);
      allClose([parts.balance!.item()], [mean(each) * share], TIGHT);
    }
  });
});

test('loads are means over layers and sum to 1; the least one is that of any layer; nothing is dropped', () => {
  float64(() => {
    const model = mixture();
    const { parts } = lossOf(model, different);
    const number = (name: string) => parts[name]!.item();
    const loads = Array.from({ length: E }, (_, e) => number(`load${e}`));
    const layers = heard(model, different).loads;
    allClose(
      loads,
      loads.map((_, e) => mean(layers.map((load) => load[e]!))),
      TIGHT,
    );
    allClose([loads.reduce((sum, load) => sum + load)], [1], TIGHT);
    assert.not.ok(`load${E}` in parts);
    allClose([number('leastLoad')], [E * Math.min(...layers.flat())], TIGHT);
    assert.ok(number('leastLoad') <= 1, 'as a share of a uniform one');
    assert.ok(Math.min(...layers.flat()) < Math.min(...loads), 'so the mean over layers would not show it');
    assert.is(number('dropped'), 0);
    assert.ok(number('routerEntropy') > 0 && number('routerEntropy') < Math.log(E));
    for (const part of Object.values(parts)) assert.not.ok(part.requiresGrad, 'parts are only watched');
  });
});

test('micro-batches that are alike: loss, balance, parts and gradients are those of the whole batch', () => {
  float64(() => {
    const model = mixture();
    const [whole, halves] = [accumulated(model, alike, 4), accumulated(model, alike, 2)];
    allClose([halves.loss, halves.added], [whole.loss, whole.added], TIGHT);
    assert.equal(Object.keys(halves.parts), Object.keys(whole.parts));
    allClose(Object.values(halves.parts), Object.values(whole.parts), TIGHT);
    allClose(halves.gradients, whole.gradients, TIGHT);
    const unweighted = accumulated(mixture({ routerAuxLossCoef: 0 }), alike, 4);
    assert.ok(differs(unweighted.gradients, whole.gradients, TIGHT), 'control: the balance has a gradient');
  });
});

test('micro-batches that differ: means over tokens add up, gradients of the text too; the balance is a mean over them', () => {
  float64(() => {
    const model = mixture();
    const [whole, each] = [accumulated(model, different, 4), accumulated(model, different, 1)];
    for (const name of ['load0', 'load1', 'load2', 'load3', 'routerEntropy', 'dropped'])
      allClose([each.parts[name]!], [whole.parts[name]!], TIGHT, name);
    allClose([each.loss], [whole.loss], TIGHT);
    const own = mean(different.map((one) => mean(balances(model, [one]))));
    allClose([each.parts.balance!, each.added], [own, WEIGHT * own], TIGHT);
    assert.ok(differs([each.added], [whole.added], TIGHT), 'control: not the balance of the whole batch');
    const textOnly = mixture({ routerAuxLossCoef: 0 });
    const [all, parts] = [accumulated(textOnly, different, 4), accumulated(textOnly, different, 1)];
    allClose(parts.gradients, all.gradients, TIGHT);
  });
});

test('where nothing is learned, nothing is asked for: the plain loss', () => {
  float64(() => {
    const model = mixture();
    const batch = toBatch(different);
    const result = noGrad(() => languageLoss(model)(batch, batch.count));
    assert.not.ok('parts' in result);
    allClose([(result as LossWithParts['loss']).item()], [lossOf(model, different).loss.item()], TIGHT);
  });
});

test('balanced by a bias: no loss is added, and the loads are watched all the same', () => {
  float64(() => {
    const result = lossOf(mixture({ balancing: 'bias' }), different);
    assert.not.ok('added' in result || 'balance' in result.parts);
    assert.equal(Object.keys(result.parts), [
      'routerEntropy',
      'load0',
      'load1',
      'load2',
      'load3',
      'leastLoad',
      'dropped',
    ]);
  });
});

test.run();
