/** The decoder: where it ends, what it refuses, what it tells who asks, and which tokens count. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CausalLM } from '../../src/models/causal-lm.ts';
import type { DecoderOptions } from '../../src/models/decoder.ts';
import { Collector } from '../../src/nn/collector.ts';
import type { ForwardPass } from '../../src/nn/forward-pass.ts';
import { Random, type Tensor } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, idsOf, int32, randomIds, TIGHT, tinyConfig, tinyModel } from './tiny.ts';

const model = tinyModel();
const rows = [randomIds(10, 13, 1), randomIds(10, 13, 2)];

test('a cache ends at the context', () => {
  float64(() => {
    const cache = model.model.newCache(1);
    assert.is(cache.capacity, 16);
    model.forward(idsOf([randomIds(16, 13, 3)]), { cache });
    assert.throws(
      () => model.forward(idsOf([[1]]), { cache }),
      /position 16 is beyond the model's context of 16/,
    );
    const short = model.model.newCache(1, 4);
    assert.throws(
      () => model.forward(idsOf([[1, 2, 3, 4, 5]]), { cache: short }),
      /KV cache: 5 tokens do not fit into a context of 4/,
    );
  });
});

test('ids out of range or of another rank are refused', () => {
  float64(() => {
    assert.throws(() => model.forward(int32([1, 2])), /expected token ids \[B, T\], got \[2\]/);
    assert.throws(() => model.forward(idsOf([[1, 13]])), /13/);
    assert.throws(() => model.forward(idsOf([[-1]])), /-1/);
    assert.throws(() => model.forward(idsOf([randomIds(17, 13, 1)])), /beyond the model's context of 16/);
  });
});

/** The pass that the first layer is given. */
function passOf(options: DecoderOptions, ids: Tensor = idsOf(rows)): ForwardPass {
  const listening = tinyModel();
  let seen: ForwardPass | null = null;
  const block = listening.model.layers[0]!;
  const { forward } = block;
  block.forward = (x, pass) => {
    seen ??= pass;
    return forward.call(block, x, pass);
  };
  listening.forward(ids, options);
  return seen!; // every forward pass runs the first layer
}

test('attention of every layer can be captured; it adds up to 1 and sees no later token', () => {
  float64(() => {
    const collect = new Collector({ attention: true });
    const y = model.forward(idsOf(rows), { collect });
    assert.equal(y.toArray(), model.forward(idsOf(rows)).toArray(), 'listening changes nothing');
    const layers = collect.captured.get('attention')!;
    assert.equal(
      layers.map(({ shape }) => [...shape]),
      [
        [2, 4, 10, 10],
        [2, 4, 10, 10],
      ],
    );
    for (const layer of layers) {
      allClose(layer.sum(-1).toArray(), new Array(80).fill(1), TIGHT);
      for (let t = 0; t < 9; t++)
        assert.ok(
          layer
            .slice(2, t, t + 1)
            .slice(3, t + 1)
            .toArray()
            .every((share) => share === 0),
        );
    }
    assert.ok(differs(layers[0]!.toArray(), layers[1]!.toArray(), { absolute: 1e-3 }));
  });
});

test('with a cache the shares reach over all tokens seen', () => {
  float64(() => {
    const whole = new Collector({ attention: true });
    model.forward(idsOf(rows), { collect: whole });
    const cache = model.model.newCache(2);
    model.forward(idsOf(rows.map((row) => row.slice(0, 7))), { cache });
    const rest = new Collector({ attention: true });
    model.forward(idsOf(rows.map((row) => row.slice(7))), { cache, collect: rest });
    for (const layer of [0, 1]) {
      const [all, last] = [whole, rest].map(({ captured }) => captured.get('attention')![layer]!);
      assert.equal(last!.shape, [2, 4, 3, 10]);
      allClose(last!.toArray(), all!.slice(2, 7).toArray(), TIGHT);
    }
  });
});

test('captured under activation checkpointing: the same', () => {
  float64(() => {
    const shares = (checkpointing: boolean) => {
      const own = tinyModel();
      own.model.checkpointing = checkpointing;
      const collect = new Collector({ attention: true });
      own.forward(idsOf(rows), { collect });
      return collect.captured.get('attention')!.map((layer) => [...layer.toArray()]);
    };
    assert.is(shares(true).length, 2);
    assert.equal(shares(true), shares(false));
  });
});

test('filler: what the caller says and what stands in front does not count; document numbers say nothing', () => {
  float64(() => {
    const collect = new Collector({ losses: true });
    const shown = (options: DecoderOptions) => {
      const { counted } = passOf({ ...options, collect }, idsOf([randomIds(4, 13, 1), randomIds(4, 13, 2)]));
      return counted === null ? null : [...counted.toArray()].join('');
    };
    assert.is(shown({}), null);
    assert.is(shown({ leftPadding: [0, 2] }), '11110011');
    const documents = [
      [1, 1, 0, 0],
      [2, 2, 2, 0],
    ];
    assert.is(shown({ documents }), null);
    assert.is(shown({ documents, counted: documents }), '11001110');
    const silent = passOf({ counted: documents }, idsOf([randomIds(4, 13, 1), randomIds(4, 13, 2)]));
    assert.equal([...silent.counted!.toArray()].join(''), '11001110', 'also where nobody listens');
  });
});

test('dropout on the embeddings acts in training only, and draws nothing where its probability is 0', () => {
  float64(() => {
    const random = new Random(4);
    const dropping = new CausalLM({ ...tinyConfig, arch: 'llama2', hiddenDropout: 0.5 }, random);
    for (const block of dropping.model.layers) block.eval();
    const logits = () => dropping.forward(idsOf(rows)).toArray();
    assert.ok(differs(logits(), logits(), { absolute: 1e-6 }));
    dropping.eval();
    const before = random.state();
    assert.equal(logits(), logits());
    assert.equal(random.state(), before);
    const plain = new CausalLM(tinyConfig, random);
    const start = random.state();
    plain.forward(idsOf(rows));
    assert.equal(random.state(), start);
  });
});

test('filler in front is counted from the beginning of the text, also where a cache has its first part', () => {
  const after = (leftPadding: number[]) =>
    float64(() => {
      const cache = model.model.newCache(2);
      cache.advance(3);
      const ids = idsOf([randomIds(4, 13, 1), randomIds(4, 13, 2)]);
      const { counted } = passOf({ cache, leftPadding }, ids);
      return counted && [...counted.toArray()];
    });
  assert.equal(after([2, 4]), [1, 1, 1, 1, 0, 1, 1, 1]);
  assert.is(after([2, 3]), null);
});

test.run();
