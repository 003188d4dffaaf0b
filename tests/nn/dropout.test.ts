/** Dropout: when it acts, and what it leaves. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { Dropout } from '../../src/nn/dropout.ts';
import { ones, Random } from '../../src/tensor/index.ts';
import { differs } from '../close.ts';
import { idsOf, tinyConfig } from '../models/tiny.ts';

test('training: the given share is dropped, the rest scaled so that the mean stays; the gradient the same', () => {
  const layer = new Dropout(0.25, new Random(1));
  const x = ones([100, 100]).requireGrad();
  const y = layer.forward(x);
  const values = y.toArray();
  const dropped = values.filter((value) => value === 0).length / values.length;
  assert.ok(Math.abs(dropped - 0.25) < 0.02, `dropped ${dropped}`);
  assert.ok(values.every((value) => value === 0 || value === Math.fround(1 / 0.75)));
  y.backward({ gradient: ones([100, 100]) });
  assert.equal(x.grad!.toArray(), values);
});

test('every pass drops others; the same seed drops the same', () => {
  const x = ones([50]);
  const [a, b] = [new Dropout(0.5, new Random(2)), new Dropout(0.5, new Random(2))];
  const first = a.forward(x).toArray();
  assert.equal(b.forward(x).toArray(), first);
  assert.not.equal(a.forward(x).toArray(), first);
});

test('evaluation, or probability 0: nothing happens and no random number is used', () => {
  const random = new Random(3);
  const x = ones([10]);
  assert.is(new Dropout(0.5, random).eval().forward(x), x);
  assert.is(new Dropout(0, random).forward(x), x);
  assert.equal(random.state(), new Random(3).state());
});

test('a model with dropout is random in training and the same as without it in evaluation', () => {
  const model = new CausalLM({ ...tinyConfig, attentionDropout: 0.5, initializerRange: 0.5 }, new Random(4));
  const plain = new CausalLM({ ...tinyConfig, initializerRange: 0.5 }, new Random(4));
  const logits = (m: CausalLM) => m.forward(idsOf([[1, 2, 3, 4]])).toArray();
  assert.ok(differs(logits(model), logits(model), { absolute: 1e-3 }));
  assert.equal(logits(model.eval()), logits(plain));
  assert.equal(logits(model), logits(model));
});

test.run();
