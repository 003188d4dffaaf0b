/**
 * A checkpointed block says the same as one that is not: losses, statistics and pictures, and the gradients of the losses.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Block } from '../../src/nn/block.ts';
import { checkpointed } from '../../src/nn/checkpointed.ts';
import { Collector } from '../../src/nn/collector.ts';
import { ForwardPass } from '../../src/nn/forward-pass.ts';
import { Module } from '../../src/nn/module.ts';
import { RopeTable } from '../../src/nn/rope.ts';
import { SwiGLU } from '../../src/nn/swiglu.ts';
import { noGrad, Random, randn, scope, type Tensor } from '../../src/tensor/index.ts';
import { differs } from '../close.ts';
import { float64, randomize } from '../models/tiny.ts';

/** A feed-forward part that talks: the mean square of what it gives as a loss, the mean of each coordinate as numbers. */
class Talking extends Module {
  readonly inner = new SwiGLU(8, 6, { random: new Random(1) });
  forward(x: Tensor, { collect }: ForwardPass): Tensor {
    const y = this.inner.forward(x);
    if (collect?.wants.losses) collect.addLoss('size', y.square().mean());
    if (collect?.wants.losses) collect.addLoss('start', x.slice(1, 0, 1).sum());
    if (collect?.wants.numbers) collect.addNumbers('means', y.mean([0, 1]));
    return y;
  }
}

const T = 3;
const rope = float64(() => new RopeTable(2, 8).consecutive(0, T));

interface Heard {
  readonly y: number[];
  readonly losses: number[][];
  readonly numbers: number[][];
  readonly captured: number[][];
  readonly gradients: number[];
}

/** Two blocks with dropout, their losses added to that of the output with weight `share`. */
function run(
  checkpointing: boolean,
  share: number,
  wants = { losses: true, numbers: true, attention: true },
): Heard {
  return float64(() => {
    const random = new Random(7);
    const blocks = [1, 2].map((seed) =>
      randomize(
        new Block({
          dim: 8,
          heads: 4,
          kvHeads: 2,
          headDim: 2,
          bias: true,
          dropout: 0.2,
          hiddenDropout: 0.2,
          ropeLayout: 'half',
          eps: 1e-6,
          random,
          mlp: () => new Talking(),
        }),
        seed,
      ),
    );
    const x = randn([2, T, 8], new Random(3)).requireGrad();
    const heard = scope(() => {
      const collect = new Collector(wants);
      const pass = new ForwardPass({ rope, mask: null, collect });
      let h: Tensor = x;
      for (const [layer, block] of blocks.entries()) {
        h = checkpointing ? checkpointed(block, h, pass.at(layer), random) : block.forward(h, pass.at(layer));
      }
      let loss = h.square().mean();
      for (const list of collect.losses.values()) for (const part of list) loss = loss.add(part.mul(share));
      loss.backward();
      const lists = (map: Map<string, Tensor[]>) =>
        [...map.values()].flat().map((value) => [...value.toArray()]);
      return {
        y: [...h.toArray()],
        losses: lists(collect.losses),
        numbers: lists(collect.numbers),
        captured: lists(collect.captured),
      };
    });
    const parameters = [x, ...blocks.flatMap((block) => block.parameters())];
    return { ...heard, gradients: parameters.flatMap(({ grad }) => [...grad!.toArray()]) };
  });
}

test('the same bits with and without checkpointing: outputs, losses, numbers, pictures, gradients; with dropout', () => {
  const [plain, saving] = [run(false, 0.5), run(true, 0.5)];
  assert.equal([plain.losses.length, plain.numbers.length, plain.captured.length], [4, 2, 2]);
  assert.equal(saving, plain);
});

test('control: the gradients of the added losses are really in there', () => {
  const [with_, without] = [run(true, 0.5), run(true, 0)];
  assert.equal(with_.y, without.y);
  assert.ok(differs(with_.gradients, without.gradients, { absolute: 1e-3 }));
  assert.equal(run(true, 0).gradients, run(false, 0).gradients);
});

test('nobody listens: nothing is said, and the output is the same', () => {
  const silent = run(true, 0.5, { losses: false, numbers: false, attention: false });
  assert.equal([silent.losses, silent.numbers, silent.captured], [[], [], []]);
  assert.equal(silent.y, run(true, 0.5).y);
  assert.equal(silent.gradients, run(false, 0).gradients);
});

test('without recording it runs once, as it is', () => {
  float64(() => {
    const random = new Random(7);
    const block = new Block({
      dim: 8,
      heads: 4,
      kvHeads: 2,
      headDim: 2,
      bias: true,
      dropout: 0,
      ropeLayout: 'half',
      eps: 1e-6,
      random,
      mlp: () => new Talking(),
    });
    const collect = new Collector({ losses: true });
    const x = randn([1, T, 8], new Random(3));
    const pass = new ForwardPass({ rope, mask: null, collect });
    const y = noGrad(() => checkpointed(block, x, pass, random));
    assert.equal(y.toArray(), block.forward(x, new ForwardPass({ rope, mask: null })).toArray());
    assert.is(collect.losses.get('size')!.length, 1);
    assert.is(y.node, null);
  });
});

test.run();
