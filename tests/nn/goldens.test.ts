/** Every layer in float64 against PyTorch: outputs and the gradient of the input and of each parameter. */
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
import { applyRope, type RopeLayout, RopeTable } from '../../src/nn/rope.ts';
import { SwiGLU } from '../../src/nn/swiglu.ts';
import { fromArray, Random, type Tensor } from '../../src/tensor/index.ts';
import { allClose, differs, Golden } from '../close.ts';
import { float64, TIGHT } from '../models/tiny.ts';

const golden = new Golden('layers');
const random = new Random(5);

/** Load the golden weights, run, compare y, dx and the gradient of every parameter; `visible` blanks out padding. */
function compare(name: string, module: Module, forward: (x: Tensor) => Tensor, visible?: Tensor): void {
  const parameters = module.namedParameters();
  module.loadState(new Map([...parameters.keys()].map((key) => [key, golden.tensor(`${name}/${key}`)])));
  const x = golden.tensor(`${name}/x`).requireGrad();
  const y = visible === undefined ? forward(x) : forward(x).mul(visible.unsqueeze(-1));
  allClose(y.toArray(), golden.values(`${name}/y`), TIGHT, `${name} y`);
  y.backward({ gradient: golden.tensor(`${name}/dy`) });
  const checked = new Set<string>(['y']);
  for (const [key, { grad }] of [...parameters, ['x', x] as const]) {
    allClose(grad!.toArray(), golden.values(`${name}/d${key}`), TIGHT, `${name} d${key}`);
    checked.add(key);
  }
  const wanted = golden
    .keys(`${name}/d`)
    .map((key) => key.slice(name.length + 2))
    .filter((key) => golden.has(`${name}/${key}`));
  assert.equal(
    wanted.filter((key) => !checked.has(key)),
    [],
  );
}

test('Linear with and without bias', () => {
  float64(() => {
    const withBias = new Linear(5, 4, { random, bias: true });
    compare('linear', withBias, (x) => withBias.forward(x));
    const plain = new Linear(5, 4, { random });
    compare('linear.no-bias', plain, (x) => plain.forward(x));
  });
});

test('RMSNorm, one row so small that eps counts', () => {
  float64(() => {
    const norm = new RMSNorm(8, golden.number('rms_norm/eps'));
    compare('rms_norm', norm, (x) => norm.forward(x));
    const withoutEps = new RMSNorm(8, 0);
    withoutEps.weight.assign(golden.tensor('rms_norm/weight'));
    const y = withoutEps.forward(golden.tensor('rms_norm/x')).toArray();
    assert.ok(differs(y, golden.values('rms_norm/y'), { absolute: 1e-3 }), 'without eps it must differ');
  });
});

for (const layout of ['half', 'interleaved'] as const satisfies RopeLayout[]) {
  for (const offset of [0, 5]) {
    test(`RoPE, ${layout}, first position ${offset}`, () => {
      float64(() => {
        const name = `rope.${layout}.offset=${offset}`;
        const table = new RopeTable(8, 16, golden.number(`${name}/theta`));
        for (const angles of [
          table.consecutive(offset, 5),
          table.at(
            fromArray(
              Int32Array.from([0, 1, 2, 3, 4], (t) => t + offset),
              [1, 5],
            ),
          ),
        ]) {
          const x = golden.tensor(`${name}/x`).requireGrad();
          const y = applyRope(x, angles, layout);
          allClose(y.toArray(), golden.values(`${name}/y`), TIGHT, 'y');
          y.backward({ gradient: golden.tensor(`${name}/dy`) });
          allClose(x.grad!.toArray(), golden.values(`${name}/dx`), TIGHT, 'dx');
        }
        const other = layout === 'half' ? 'interleaved' : 'half';
        const wrong = applyRope(golden.tensor(`${name}/x`), table.consecutive(offset, 5), other);
        assert.ok(differs(wrong.toArray(), golden.values(`${name}/y`), { absolute: 0.01 }));
      });
    });
  }
}

test('SwiGLU', () => {
  float64(() => {
    const mlp = new SwiGLU(16, 24, { random });
    compare('swiglu', mlp, (x) => mlp.forward(x));
  });
});

function sizes(kvHeads: number) {
  const heads = { dim: 16, heads: 4, kvHeads, headDim: 4 };
  return { ...heads, bias: true, dropout: 0, ropeLayout: 'half', random } as const;
}

for (const name of ['attention.mha', 'attention.gqa', 'attention.gqa.left-padded']) {
  test(name, () => {
    float64(() => {
      const attention = new Attention(sizes(golden.number(`${name}/kv_heads`)));
      const table = new RopeTable(4, 16, golden.number(`${name}/theta`));
      const padded = name.endsWith('left-padded');
      const leftPadding = padded ? [0, 2] : undefined;
      const mask = attentionMask({ queries: 6, keys: 6, ...(leftPadding && { leftPadding }) });
      const { values, shape } = golden.entry(`${name}/positions`);
      const rope = table.at(fromArray(Int32Array.from(values), shape));
      const pass = new ForwardPass({ rope, mask });
      const visible = padded ? golden.tensor(`${name}/visible`).to('float64') : undefined;
      compare(name, attention, (x) => attention.forward(x, pass), visible);
      if (visible === undefined) return;
      const unpadded = new ForwardPass({ rope, mask: attentionMask({ queries: 6, keys: 6 }) });
      const y = attention.forward(golden.tensor(`${name}/x`), unpadded).mul(visible.unsqueeze(-1));
      assert.ok(differs(y.toArray(), golden.values(`${name}/y`), { absolute: 1e-3 }));
    });
  });
}

test('a whole block', () => {
  float64(() => {
    const eps = golden.number('block/eps');
    const block = new Block({
      ...sizes(golden.number('block/kv_heads')),
      mlp: () => new SwiGLU(16, 24, { random }),
      eps,
    });
    const rope = new RopeTable(4, 16).consecutive(0, 6);
    const mask = attentionMask({ queries: 6, keys: 6 });
    compare('block', block, (x) => block.forward(x, new ForwardPass({ rope, mask })));
  });
});

test('the embedding layer has the golden gradient of repeated ids', () => {
  float64(() => {
    const ops = new Golden('ops');
    const { shape } = ops.entry('embedding/weight');
    const layer = new Embedding(shape[0]!, shape[1]!, { random });
    layer.weight.assign(ops.tensor('embedding/weight'));
    const y = layer.forward(ops.tensor('embedding/ids'));
    allClose(y.toArray(), ops.values('embedding/y'), TIGHT);
    y.backward({ gradient: ops.tensor('embedding/dy') });
    allClose(layer.weight.grad!.toArray(), ops.values('embedding/dweight'), TIGHT);
  });
});

test.run();
