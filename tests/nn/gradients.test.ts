/**
 * Central differences for every layer, with respect to its input and all its parameters; and what a wrong adjoint would look
 * like.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Attention } from '../../src/nn/attention.ts';
import { Block } from '../../src/nn/block.ts';
import { Embedding } from '../../src/nn/embedding.ts';
import { ForwardPass } from '../../src/nn/forward-pass.ts';
import { Linear } from '../../src/nn/linear.ts';
import { attentionMask } from '../../src/nn/mask.ts';
import type { Module } from '../../src/nn/module.ts';
import { RMSNorm } from '../../src/nn/rmsnorm.ts';
import { applyRope, RopeTable } from '../../src/nn/rope.ts';
import { SwiGLU } from '../../src/nn/swiglu.ts';
import { GradcheckError, gradcheck, Random, randn, type Tensor } from '../../src/tensor/index.ts';
import { float64, idsOf, randomize } from '../models/tiny.ts';

const random = new Random(3);

function check(module: Module, shape: readonly number[], forward: (x: Tensor) => Tensor): void {
  randomize(module, 21);
  const x = randn(shape, random, { dtype: 'float64' }).requireGrad();
  const worst = gradcheck(() => forward(x), [x, ...module.parameters()]);
  assert.ok(worst < 1e-6, `worst relative error ${worst}`);
}

test('Linear', () => {
  float64(() => {
    const linear = new Linear(3, 4, { random, bias: true });
    check(linear, [2, 2, 3], (x) => linear.forward(x));
  });
});

test('RMSNorm', () => {
  float64(() => {
    const norm = new RMSNorm(5);
    check(norm, [2, 3, 5], (x) => norm.forward(x));
  });
});

test('SwiGLU', () => {
  float64(() => {
    const mlp = new SwiGLU(4, 6, { random });
    check(mlp, [2, 3, 4], (x) => mlp.forward(x));
  });
});

test('Embedding, looked up and used as the output layer at once', () => {
  float64(() => {
    const layer = randomize(new Embedding(5, 3, { random }), 22);
    const ids = idsOf([[1, 4, 1]]);
    gradcheck(() => layer.unembed(layer.forward(ids)), [layer.weight]);
  });
});

test('RoPE in both layouts', () => {
  float64(() => {
    const table = new RopeTable(4, 8);
    const x = randn([2, 2, 3, 4], random).requireGrad();
    for (const layout of ['half', 'interleaved'] as const) {
      gradcheck((input) => applyRope(input, table.consecutive(2, 3), layout), [x]);
    }
  });
});

const sizes = { dim: 8, heads: 4, kvHeads: 2, headDim: 2, bias: true, dropout: 0, random } as const;

test('attention with shared heads, left padding and documents', () => {
  float64(() => {
    const attention = new Attention({ ...sizes, ropeLayout: 'half' });
    const rope = new RopeTable(2, 8).consecutive(0, 4);
    const masks = [
      attentionMask({ queries: 4, keys: 4 }),
      attentionMask({ queries: 4, keys: 4, leftPadding: [0, 1] }),
      attentionMask({ queries: 4, keys: 4, documents: [Uint16Array.of(0, 0, 1, 1), new Uint16Array(4)] }),
    ];
    for (const mask of masks)
      check(attention, [2, 4, 8], (x) => attention.forward(x, new ForwardPass({ rope, mask })));
  });
});

test('a whole block', () => {
  float64(() => {
    const block = new Block({
      ...sizes,
      ropeLayout: 'interleaved',
      mlp: () => new SwiGLU(8, 6, { random }),
      eps: 1e-6,
    });
    const rope = new RopeTable(2, 8).consecutive(0, 3);
    const mask = attentionMask({ queries: 3, keys: 3 });
    check(block, [1, 3, 8], (x) => block.forward(x, new ForwardPass({ rope, mask })));
  });
});

test('negative control: a norm that forgets how its own scale depends on x is caught', () => {
  float64(() => {
    const norm = randomize(new RMSNorm(5), 23);
    const x = randn([2, 5], random).requireGrad();
    const wrong = (input: Tensor) => {
      const scale = input.square().mean(-1, { keepDim: true }).add(norm.eps).rsqrt().detach();
      return input.mul(scale).mul(norm.weight);
    };
    assert.throws(
      () => gradcheck(wrong, [x]),
      (error: Error) => error instanceof GradcheckError,
    );
  });
});

test.run();
