/** A whole block: against PyTorch and central differences; where its dropout acts. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Block, type BlockOptions } from '../../src/nn/block.ts';
import { ForwardPass } from '../../src/nn/forward-pass.ts';
import { attentionMask } from '../../src/nn/mask.ts';
import { Module } from '../../src/nn/module.ts';
import { RopeTable } from '../../src/nn/rope.ts';
import { SwiGLU } from '../../src/nn/swiglu.ts';
import { Random, randn, type Tensor } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, randomize, TIGHT } from '../models/tiny.ts';
import { golden, likeDifferences, likePyTorch } from './layer-checks.ts';

const random = new Random(5);
const fixed = { heads: 4, bias: true, dropout: 0, random, eps: 1e-6 } as const;
const passOf = (headDim: number, T: number) =>
  new ForwardPass({
    rope: new RopeTable(headDim, 16).consecutive(0, T),
    mask: attentionMask({ queries: T, keys: T }),
  });

test('like PyTorch', () => {
  float64(() => {
    const block = new Block({
      ...fixed,
      dim: 16,
      headDim: 4,
      kvHeads: golden.number('block/kv_heads'),
      eps: golden.number('block/eps'),
      ropeLayout: 'half',
      mlp: () => new SwiGLU(16, 24, { random }),
    });
    likePyTorch('block', block, (x) => block.forward(x, passOf(4, 6)));
  });
});

const small: BlockOptions = {
  ...fixed,
  dim: 8,
  headDim: 2,
  kvHeads: 2,
  ropeLayout: 'interleaved',
  mlp: () => new SwiGLU(8, 6, { random }),
};

test('central differences', () => {
  float64(() => {
    const block = new Block(small);
    likeDifferences(block, [1, 3, 8], (x) => block.forward(x, passOf(2, 3)));
  });
});

test('the feed-forward part can be any module; it gets the normalised stream and the pass', () => {
  class Halved extends Module {
    seen: [Tensor, ForwardPass] | null = null;
    forward(x: Tensor, pass: ForwardPass): Tensor {
      this.seen = [x, pass];
      return x.mul(0.5);
    }
  }
  float64(() => {
    const halved = new Halved();
    const block = randomize(new Block({ ...small, mlp: () => halved }), 4);
    const pass = passOf(2, 3);
    const x = randn([1, 3, 8], new Random(6));
    const y = block.forward(x, pass);
    const h = x.add(block.selfAttn.forward(block.inputLayernorm.forward(x), pass));
    allClose(y.toArray(), h.add(block.postAttentionLayernorm.forward(h).mul(0.5)).toArray(), TIGHT);
    assert.is(halved.seen?.[1], pass);
    assert.ok(!block.namedParameters().has('mlp.gate_proj.weight'));
  });
});

test('hiddenDropout drops what each part adds, never the stream; none of it in evaluation', () => {
  float64(() => {
    const block = randomize(new Block({ ...small, hiddenDropout: 0.5, random: new Random(8) }), 4);
    const pass = passOf(2, 3);
    const x = randn([1, 3, 8], new Random(6));
    const plain = randomize(new Block(small), 4).forward(x, pass).toArray();
    const [first, second] = [block.forward(x, pass).toArray(), block.forward(x, pass).toArray()];
    assert.ok(differs(first, second, { absolute: 1e-3 }), 'every pass drops others');
    assert.ok(differs(first, plain, { absolute: 1e-3 }));
    const input = x.toArray();
    const untouched = first.filter((value, i) => value === input[i]).length;
    assert.ok(untouched > 0 && untouched < 24, `${untouched} of 24 got nothing from either part`);
    assert.equal(block.eval().forward(x, pass).toArray(), plain);
  });
});

test.run();
