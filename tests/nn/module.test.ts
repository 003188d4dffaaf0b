/** Module: names, training mode, freezing, loading, gradients. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { Linear } from '../../src/nn/linear.ts';
import { Module, type Parameter, StateError } from '../../src/nn/module.ts';
import type { SwiGLU } from '../../src/nn/swiglu.ts';
import { ones, Random, scope, type Tensor, zeros } from '../../src/tensor/index.ts';
import { Golden } from '../close.ts';
import { idsOf, int32, tinyConfig, tinyModel } from '../models/tiny.ts';

const loss = (model: CausalLM) =>
  model
    .forward(idsOf([[1, 2, 3]]))
    .reshape([3, 13])
    .crossEntropy(int32([2, 3, 4]));

test('names are the paths of fields as Hugging Face writes them', () => {
  const model = new CausalLM({ ...tinyConfig, numHiddenLayers: 1, tieWordEmbeddings: false }, new Random(1));
  assert.equal(
    [...model.namedParameters().keys()],
    [
      'model.embed_tokens.weight',
      'model.layers.0.input_layernorm.weight',
      'model.layers.0.self_attn.q_proj.weight',
      'model.layers.0.self_attn.q_proj.bias',
      'model.layers.0.self_attn.k_proj.weight',
      'model.layers.0.self_attn.k_proj.bias',
      'model.layers.0.self_attn.v_proj.weight',
      'model.layers.0.self_attn.v_proj.bias',
      'model.layers.0.self_attn.o_proj.weight',
      'model.layers.0.post_attention_layernorm.weight',
      'model.layers.0.mlp.gate_proj.weight',
      'model.layers.0.mlp.up_proj.weight',
      'model.layers.0.mlp.down_proj.weight',
      'model.norm.weight',
      'lm_head.weight',
    ],
  );
});

test('the names are those of Transformers', () => {
  const golden = new Golden('model');
  for (const tied of [true, false]) {
    const prefix = `${tied ? 'tied' : 'untied'}/weights/`;
    const theirs = golden.keys(prefix).map((key) => key.slice(prefix.length));
    const ours = [...tinyModel({ tieWordEmbeddings: tied }).namedParameters().keys()];
    assert.equal(ours.sort(), theirs.sort());
  }
});

class Shared extends Module {
  readonly tables: Parameter;
  readonly again: Parameter;
  readonly notAParameter: Tensor;
  readonly parts: Module[];
  constructor() {
    super();
    this.tables = this.parameter(ones([2, 3]));
    this.again = this.tables;
    this.notAParameter = zeros([4]);
    this.parts = [
      new Linear(1, 2, { random: new Random(1), bias: true }),
      new Linear(2, 1, { random: new Random(2) }),
    ];
  }
}

test('a shared parameter counts once, a mere tensor not at all', () => {
  const module = new Shared();
  assert.equal(
    [...module.namedParameters().keys()],
    ['tables', 'parts.0.weight', 'parts.0.bias', 'parts.1.weight'],
  );
  assert.is(module.parameterCount(), 6 + 2 + 2 + 2);
});

test('train and eval reach every module', () => {
  const model = tinyModel().train();
  const { selfAttn, mlp } = model.model.layers[1]!;
  const modules = [model, model.model, selfAttn, (mlp as SwiGLU).downProj];
  assert.ok(modules.every((module) => module.training));
  assert.is(model.eval(), model);
  assert.ok(modules.every((module) => !module.training));
});

test('a frozen model records nothing; a frozen part gets no gradient', () => {
  const model = tinyModel().freeze();
  assert.is(loss(model).requiresGrad, false);
  assert.throws(() => loss(model).backward(), /no input of this tensor requires a gradient/);
  model.freeze(false);
  model.model.layers[0]!.freeze();
  loss(model).backward();
  for (const [name, { grad }] of model.namedParameters()) {
    assert.is(grad === null, name.startsWith('model.layers.0.'), name);
  }
});

test('gradients add up until zeroGrad', () => {
  const model = tinyModel();
  const weight = model.model.norm.weight;
  loss(model).backward();
  const once = weight.grad!.toArray();
  loss(model).backward();
  assert.equal(
    weight.grad!.toArray(),
    once.map((value) => 2 * value),
  );
  const old = weight.grad!;
  model.zeroGrad();
  assert.ok(model.parameters().every(({ grad }) => grad === null));
  assert.throws(() => old.toArray(), /released/);
});

test('parameters outlive the scope they were made in', () => {
  const model = scope(() => ({ hidden: new Shared() })).hidden;
  assert.is(model.tables.toArray()[0], 1);
});

const stateOf = (module: Module) =>
  new Map([...module.namedParameters()].map(([name, p]) => [name, p.detach()]));

test('loadState copies values, and converts their type', () => {
  const source = tinyModel({}, 1);
  const target = tinyModel({}, 2);
  target.loadState(stateOf(source));
  assert.equal(target.forward(idsOf([[1, 2]])).toArray(), source.forward(idsOf([[1, 2]])).toArray());
  source.model.norm.weight.assign(zeros([16], { dtype: 'float64' }));
  assert.is.not(target.model.norm.weight.toArray()[0], 0, 'a copy, not the same memory');
  const single = new CausalLM(tinyConfig, new Random(3));
  single.loadState(stateOf(target));
  assert.is(single.model.norm.weight.dtype, 'float32');
  assert.is(single.model.norm.weight.toArray()[0], Math.fround(target.model.norm.weight.toArray()[0]!));
});

test('loadState is strict, says what is wrong, and then changes nothing', () => {
  const model = tinyModel({}, 1);
  const before = model.parameters().map((parameter) => parameter.toArray());
  const refuse = (change: (state: Map<string, Tensor>) => void, message: RegExp) => {
    const state = stateOf(tinyModel({}, 2));
    change(state);
    assert.throws(
      () => model.loadState(state),
      (error: Error) => error instanceof StateError && message.test(error.message),
    );
    assert.equal(
      model.parameters().map((parameter) => parameter.toArray()),
      before,
    );
  };
  refuse(
    (state) => state.delete('model.norm.weight'),
    /do not fit the model: model\.norm\.weight \[16\] is missing$/,
  );
  refuse((state) => state.set('extra', zeros([1])), /extra is not a parameter of this model$/);
  refuse(
    (state) => state.set('model.norm.weight', zeros([4, 4])),
    /model\.norm\.weight has shape \[4, 4\], the model needs \[16\]$/,
  );
  refuse((state) => {
    for (const name of [...state.keys()].slice(0, 5)) state.delete(name);
  }, /\(and 2 more\)$/);
});

test.run();
