/**
 * Attention against a plain-number computation of the formula, against itself in other guises, PyTorch and central differences.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Attention, type AttentionOptions } from '../../src/nn/attention.ts';
import { Collector } from '../../src/nn/collector.ts';
import { ForwardPass } from '../../src/nn/forward-pass.ts';
import { attentionMask } from '../../src/nn/mask.ts';
import { applyRope, type RopeLayout, RopeTable } from '../../src/nn/rope.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import {
  fromArray,
  fusedFor,
  noGrad,
  Random,
  randn,
  reference,
  type Tensor,
  withDefaults,
  zeros,
} from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, gradientsOf, int32, randomize, spread, TIGHT } from '../models/tiny.ts';
import { golden, likeDifferences, likePyTorch } from './layer-checks.ts';

const [T, D, d] = [5, 16, 4];
const rope = float64(() => new RopeTable(d, 8).consecutive(0, T));
const pass = new ForwardPass({ rope, mask: attentionMask({ queries: T, keys: T }) });

function make(heads: number, kvHeads: number, ropeLayout: RopeLayout = 'half'): Attention {
  const fixed = { dim: D, headDim: d, bias: true, dropout: 0, random: new Random(1) };
  const options: AttentionOptions = { ...fixed, heads, kvHeads, ropeLayout };
  return float64(() => randomize(new Attention(options), 31));
}

const input = () => randn([1, T, D], new Random(8), { dtype: 'float64' });

/** softmax(q k^T / sqrt(d)) v with loops over numbers; `kvHead` says which key-value head serves a query head. */
function byHand(
  attention: Attention,
  x: Tensor,
  heads: number,
  kvHead: (head: number) => number,
): Float64Array {
  const split = (y: Tensor) => y.reshape([1, T, y.shape[2]! / d, d]).transpose(1, 2);
  const numbers = (y: Tensor) => y.toArray();
  const q = numbers(applyRope(split(attention.qProj.forward(x)), rope));
  const k = numbers(applyRope(split(attention.kProj.forward(x)), rope));
  const v = numbers(split(attention.vProj.forward(x)).contiguous());
  const mixed = new Float64Array(T * heads * d);
  for (let h = 0; h < heads; h++) {
    for (let t = 0; t < T; t++) {
      const scores: number[] = [];
      for (let s = 0; s <= t; s++) {
        let dot = 0;
        for (let i = 0; i < d; i++) dot += q[(h * T + t) * d + i]! * k[(kvHead(h) * T + s) * d + i]!;
        scores.push(Math.exp(dot / Math.sqrt(d)));
      }
      const sum = scores.reduce((a, b) => a + b);
      for (let i = 0; i < d; i++) {
        for (const [s, score] of scores.entries()) {
          mixed[(t * heads + h) * d + i]! += (score / sum) * v[(kvHead(h) * T + s) * d + i]!;
        }
      }
    }
  }
  const W = attention.oProj.weight.toArray();
  return Float64Array.from({ length: T * D }, (_, n) => {
    let y = 0;
    for (let i = 0; i < heads * d; i++)
      y += W[(n % D) * heads * d + i]! * mixed[Math.floor(n / D) * heads * d + i]!;
    return y;
  });
}

test('MHA is the formula, with every head on its own', () => {
  const attention = make(4, 4);
  const y = attention.forward(input(), pass).toArray();
  allClose(
    y,
    byHand(attention, input(), 4, (head) => head),
    TIGHT,
  );
  const nothing = zeros([1, 1, 1, T, T]);
  const unmasked = attention.forward(input(), new ForwardPass({ rope, mask: nothing })).toArray();
  assert.equal(
    attention.forward(input(), new ForwardPass({ rope, mask: null })).toArray(),
    y,
    'the future is always hidden',
  );
  assert.ok(differs(unmasked, y, { absolute: 1e-3 }), 'without the mask it must differ');
});

test('GQA: neighbouring query heads share a key-value head', () => {
  const attention = make(4, 2);
  const y = attention.forward(input(), pass).toArray();
  allClose(
    y,
    byHand(attention, input(), 4, (head) => Math.floor(head / 2)),
    TIGHT,
  );
  assert.ok(
    differs(
      y,
      byHand(attention, input(), 4, (head) => head % 2),
      { absolute: 1e-3 },
    ),
  );
});

/** The weights of a GQA layer, its key-value heads copied for an MHA layer in the given order. */
function repeated(gqa: Attention, order: readonly number[]): Attention {
  const mha = make(4, 4);
  const rows = int32(order.flatMap((head) => Array.from({ length: d }, (_, i) => head * d + i)));
  const state = new Map([...gqa.namedParameters()].map(([name, p]) => [name, p.detach()]));
  for (const name of ['k_proj.weight', 'k_proj.bias', 'v_proj.weight', 'v_proj.bias']) {
    state.set(name, state.get(name)!.indexSelect(0, rows));
  }
  mha.loadState(state);
  return mha;
}

test('GQA = MHA with the key-value weights repeated; the gradients of the copies add up', () => {
  const gqa = make(4, 2);
  const mha = repeated(gqa, [0, 0, 1, 1]);
  const dy = randn([1, T, D], new Random(9), { dtype: 'float64' });
  const [y, z] = [gqa, mha].map((layer) => layer.forward(input(), pass));
  allClose(y!.toArray(), z!.toArray(), TIGHT);
  y!.backward({ gradient: dy });
  z!.backward({ gradient: dy });
  const [small, large] = [gradientsOf(gqa), gradientsOf(mha)];
  allClose(small.get('q_proj.weight')!, large.get('q_proj.weight')!, TIGHT);
  const copies = large.get('k_proj.weight')!;
  const block = d * D; // numbers in the weight of one head
  const sums = Array.from(small.get('k_proj.weight')!, (_, n) => {
    const first = 2 * Math.floor(n / block) * block + (n % block);
    return copies[first]! + copies[first + block]!;
  });
  allClose(small.get('k_proj.weight')!, sums, TIGHT);

  const wrong = repeated(gqa, [0, 1, 0, 1]).forward(input(), pass);
  assert.ok(differs(wrong.toArray(), y!.toArray(), { absolute: 1e-3 }), 'the order of the copies matters');
});

test('interleaved RoPE = half-split RoPE with the rows of q and k permuted', () => {
  const interleaved = make(4, 2, 'interleaved');
  const half = make(4, 2, 'half');
  const state = new Map([...interleaved.namedParameters()].map(([name, p]) => [name, p.detach()]));
  for (const [name, values] of state) {
    if (!/^[qk]_proj/.test(name)) continue;
    const rows = Array.from({ length: values.shape[0]! }, (_, row) => {
      const [head, i] = [Math.floor(row / d), row % d];
      return head * d + (i < d / 2 ? 2 * i : 2 * (i - d / 2) + 1);
    });
    state.set(name, values.indexSelect(0, int32(rows)));
  }
  const y = interleaved.forward(input(), pass).toArray();
  const unpermuted = half.forward(input(), pass).toArray();
  assert.ok(differs(unpermuted, y, { absolute: 1e-3 }), 'without the permutation it must differ');
  half.loadState(state);
  allClose(half.forward(input(), pass).toArray(), y, TIGHT);
});

test('huge scores stay finite', () => {
  const attention = make(4, 2);
  const y = attention.forward(input().mul(1e4), pass).toArray();
  assert.ok(y.every(Number.isFinite));
});

test('heads that cannot be shared evenly are refused', () => {
  assert.throws(() => make(4, 3), /4 query heads cannot share 3 key-value heads/);
});

function sizes(kvHeads: number) {
  const heads = { dim: 16, heads: 4, kvHeads, headDim: 4 };
  return { ...heads, bias: true, dropout: 0, ropeLayout: 'half', random: new Random(5) } as const;
}

for (const name of ['attention.mha', 'attention.gqa', 'attention.gqa.left-padded']) {
  test(`like PyTorch: ${name}`, () => {
    float64(() => {
      const attention = new Attention(sizes(golden.number(`${name}/kv_heads`)));
      const table = new RopeTable(4, 16, golden.number(`${name}/theta`));
      const padded = name.endsWith('left-padded');
      const leftPadding = padded ? [0, 2] : undefined;
      const mask = attentionMask({ queries: 6, keys: 6, ...(leftPadding && { leftPadding }) });
      const { values, shape } = golden.entry(`${name}/positions`);
      const angles = table.at(fromArray(Int32Array.from(values), shape));
      const shifted = new ForwardPass({ rope: angles, mask });
      const visible = padded ? golden.tensor(`${name}/visible`).to('float64') : undefined;
      likePyTorch(name, attention, (x) => attention.forward(x, shifted), visible);
      if (visible === undefined) return;
      const unpadded = new ForwardPass({ rope: angles, mask: attentionMask({ queries: 6, keys: 6 }) });
      const y = attention.forward(golden.tensor(`${name}/x`), unpadded).mul(visible.unsqueeze(-1));
      assert.ok(differs(y.toArray(), golden.values(`${name}/y`), { absolute: 1e-3 }));
    });
  });
}

test('central differences with shared heads, left padding and documents', () => {
  float64(() => {
    const attention = new Attention({ ...sizes(2), dim: 8, headDim: 2 });
    const angles = new RopeTable(2, 8).consecutive(0, 4);
    const masks = [
      attentionMask({ queries: 4, keys: 4 }),
      attentionMask({ queries: 4, keys: 4, leftPadding: [0, 1] }),
      attentionMask({ queries: 4, keys: 4, documents: [Uint16Array.of(0, 0, 1, 1), new Uint16Array(4)] }),
    ];
    for (const mask of masks)
      likeDifferences(attention, [2, 4, 8], (x) =>
        attention.forward(x, new ForwardPass({ rope: angles, mask })),
      );
  });
});

/** softmax(q k^T / sqrt(d)) by loops over numbers, [H, T, T]; two query heads share a key-value head. */
function sharesByHand(attention: Attention, x: Tensor): Float64Array {
  const split = (y: Tensor) => y.reshape([1, T, y.shape[2]! / d, d]).transpose(1, 2);
  const q = applyRope(split(attention.qProj.forward(x)), rope).toArray();
  const k = applyRope(split(attention.kProj.forward(x)), rope).toArray();
  const shares = new Float64Array(4 * T * T);
  for (let row = 0; row < 4 * T; row++) {
    const [h, t] = [Math.floor(row / T), row % T];
    const kvHead = h >> 1;
    for (let s = 0; s <= t; s++) {
      let dot = 0;
      for (let i = 0; i < d; i++) dot += q[row * d + i]! * k[(kvHead * T + s) * d + i]!;
      shares[row * T + s] = Math.exp(dot / Math.sqrt(d));
    }
    const sum = shares.subarray(row * T, row * T + T).reduce((a, b) => a + b);
    for (let s = 0; s <= t; s++) shares[row * T + s]! /= sum;
  }
  return shares;
}

test('what a collector captures are the shares by which the values are mixed', () => {
  const attention = make(4, 2);
  const collect = new Collector({ attention: true });
  const y = attention.forward(input(), pass.heardBy(collect)).toArray();
  assert.equal(y, attention.forward(input(), pass).toArray(), 'listening changes nothing');
  const [shares] = collect.captured.get('attention')!;
  assert.equal(shares!.shape, [1, 4, T, T]);
  allClose(shares!.toArray(), sharesByHand(attention, input()), TIGHT);
  assert.is(shares!.requiresGrad, false);
  const unmasked = new Collector({ attention: true });
  attention.forward(input(), new ForwardPass({ rope, mask: zeros([1, 1, 1, T, T]), collect: unmasked }));
  assert.ok(
    differs(unmasked.captured.get('attention')![0]!.toArray(), shares!.toArray(), { absolute: 1e-3 }),
  );
});

test('without the wish nothing is captured', () => {
  const collect = new Collector({ losses: true, numbers: true });
  make(4, 2).forward(input(), pass.heardBy(collect));
  assert.equal(collect.told, []);
});

test('a backend with a fused kernel captures by the plain formula, and mixes by what it captured', async () => {
  const wasm = await startWasmBackend({ threads: 1 });
  const exact = make(4, 2);
  const [y, shares, fusedY] = withDefaults({ backend: wasm }, () => {
    const attention = new Attention({ ...sizes(2), random: new Random(1) });
    attention.loadState(
      new Map(
        [...exact.namedParameters()].map(([name, p]) => [
          name,
          fromArray(Float32Array.from(p.toArray()), p.shape),
        ]),
      ),
    );
    const collect = new Collector({ attention: true });
    const x = fromArray(Float32Array.from(input().toArray()), [1, T, D]);
    const own = { rope: new RopeTable(d, 8).consecutive(0, T), mask: attentionMask({ queries: T, keys: T }) };
    assert.ok(fusedFor(x));
    const heard = attention.forward(x, new ForwardPass({ ...own, collect }));
    const fused = attention.forward(x, new ForwardPass(own));
    return [heard, collect.captured.get('attention')![0]!, fused].map((tensor) => tensor.toArray());
  });
  wasm.stop();
  const float32 = { absolute: 1e-5, relative: 1e-5 };
  allClose(shares!, sharesByHand(exact, input()), float32, 'shares');
  allClose(y!, exact.forward(input(), pass).toArray(), float32, 'y');
  allClose(fusedY!, y!, float32, 'fused');
});

test('the output projection may start with a spread of its own', () => {
  const wide = { dim: 100, heads: 10, kvHeads: 10, headDim: 10, bias: false, dropout: 0 } as const;
  const layer = new Attention({
    ...wide,
    ropeLayout: 'half',
    random: new Random(2),
    std: 0.1,
    outputStd: 0.02,
  });
  assert.ok(Math.abs(spread(layer.qProj.weight) / 0.1 - 1) < 0.03); // 4 standard errors
  assert.ok(Math.abs(spread(layer.oProj.weight) / 0.02 - 1) < 0.03);
});

test('dropout acts on the shares whatever the kernels, in training alone, and leaves the mean as it is', async () => {
  const wasm = await startWasmBackend({ threads: 1 });
  for (const backend of [reference, wasm])
    withDefaults({ backend }, () => {
      const dropping = new Attention({ ...sizes(2), dropout: 0.4, random: new Random(1), std: 0.3 });
      const plain = new Attention({ ...sizes(2), random: new Random(1), std: 0.3 });
      const x = randn([1, T, D], new Random(2));
      const own = new ForwardPass({
        rope: new RopeTable(d, 8).consecutive(0, T),
        mask: attentionMask({ queries: T, keys: T }),
      });
      const run = (attention: Attention) => noGrad(() => attention.forward(x, own).toArray());
      const expected = run(plain);
      assert.equal(run(dropping.eval()), expected);
      dropping.train();
      const rounds = 600;
      const sums = new Float64Array(expected.length);
      for (let round = 0; round < rounds; round++)
        for (const [i, value] of run(dropping).entries()) sums[i]! += value;
      assert.ok(differs(run(dropping), expected, { absolute: 1e-3 }), backend.name);
      const scale = Math.max(...expected.map(Math.abs));
      allClose(
        sums.map((sum) => sum / rounds),
        expected,
        { absolute: 0.15 * scale },
        backend.name,
      );
    });
  wasm.stop();
});

test.run();
