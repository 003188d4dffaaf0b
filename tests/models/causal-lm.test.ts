/** The language model: its start, its output layer, and logits where they are asked for. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { preset } from '../../src/models/presets.ts';
import { Random } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import {
  float64,
  gradientsOf,
  idsOf,
  int32,
  randomIds,
  randomize,
  TIGHT,
  tinyConfig,
  tinyModel,
} from './tiny.ts';

const model = tinyModel();
const rows = [randomIds(10, 13, 1), randomIds(10, 13, 2)];
const clearly = { absolute: 1e-3 };

test('the first loss is close to ln V, that of a badly scaled start is not', () => {
  const ids = randomIds(65, 512, 12);
  const loss = (m: CausalLM) => {
    const batch = {
      ids: idsOf([ids.slice(0, 64)]),
      targetRows: int32([...Array(64).keys()]),
      targets: int32(ids.slice(1)),
    };
    return maskedCrossEntropy(m, batch).item();
  };
  const fresh = loss(new CausalLM(preset('pico'), new Random(1)));
  assert.ok(Math.abs(fresh - Math.log(512)) < 0.05, `first loss ${fresh}`);
  const wild = loss(randomize(new CausalLM(preset('pico'), new Random(1)), 3));
  assert.ok(wild > Math.log(512) + 0.5, `badly scaled ${wild}`);
});

test('the same seed makes the same model, another seed another', () => {
  const weights = (seed: number) =>
    new CausalLM(tinyConfig, new Random(seed)).model.embedTokens.weight.toArray();
  assert.equal(weights(1), weights(1));
  assert.not.equal(weights(1), weights(2));
});

test('logitsAt = the rows of forward', () => {
  float64(() => {
    const whole = model.forward(idsOf(rows)).reshape([20, 13]);
    for (const places of [[0, 7, 19], [12, 12, 3], []]) {
      const some = model.logitsAt(idsOf(rows), int32(places));
      assert.equal(some.shape, [places.length, 13]);
      allClose(some.toArray(), whole.indexSelect(0, int32(places)).toArray(), TIGHT);
    }
    assert.throws(() => model.logitsAt(idsOf(rows), int32([20])), /20/);
    assert.throws(() => model.logitsAt(idsOf(rows), idsOf([[1]])), /positions must be \[N\], got \[1, 1\]/);
  });
});

test('tied = untied with the same table; the gradients of both uses add up', () => {
  float64(() => {
    const untied = tinyModel({ tieWordEmbeddings: false }, 5);
    const state = new Map([...model.namedParameters()].map(([name, p]) => [name, p.detach()]));
    const table = state.get('model.embed_tokens.weight')!;
    untied.loadState(new Map([...state, ['lm_head.weight', table]]));
    const batch = { ids: idsOf(rows), targetRows: int32([1, 15]), targets: int32([3, 4]) };
    const run = (m: CausalLM) => {
      m.zeroGrad();
      const loss = maskedCrossEntropy(m, batch);
      loss.backward();
      const gradients = gradientsOf(m);
      m.zeroGrad();
      return { loss: loss.item(), gradients };
    };
    const [one, two] = [run(model), run(untied)];
    allClose([two.loss], [one.loss], TIGHT);
    const head = two.gradients.get('lm_head.weight')!;
    const name = 'model.embed_tokens.weight';
    const sum = two.gradients.get(name)!.map((value, i) => value + head[i]!);
    allClose(one.gradients.get(name)!, sum, TIGHT);
    assert.ok(differs(two.gradients.get(name)!, sum, clearly));
    untied.loadState(new Map([...state, ['lm_head.weight', table.mul(1.5)]]));
    assert.ok(differs(untied.forward(idsOf(rows)).toArray(), model.forward(idsOf(rows)).toArray(), clearly));
  });
});

test('the table behind the logits: the embedding of a tied model, the output layer of an untied one', () => {
  for (const tieWordEmbeddings of [true, false]) {
    const own = tinyModel({ tieWordEmbeddings });
    const { embedTokens } = own.model;
    assert.is(own.outputWeight, tieWordEmbeddings ? embedTokens.weight : own.lmHead!.weight);
    float64(() => {
      const hidden = own.model.forward(idsOf([[1, 2, 3]]));
      allClose(own.logits(hidden).toArray(), hidden.matmul(own.outputWeight.transpose()).toArray(), TIGHT);
    });
  }
});

test.run();
