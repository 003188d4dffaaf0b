/** The attention map: the weights are those that the model's own forward pass mixes the values by. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Collector } from '../../src/nn/collector.ts';
import { ForwardPass } from '../../src/nn/forward-pass.ts';
import { attentionMask } from '../../src/nn/mask.ts';
import { RopeTable } from '../../src/nn/rope.ts';
import { attendedAnswer, mostTelling } from '../../src/report/attention.ts';
import { fromArray, noGrad } from '../../src/tensor/index.ts';
import { encodeDialogue } from '../../src/tokenizer/index.ts';
import { allClose } from '../close.ts';
import { tinyModel, tinyTokenizer as tokenizer } from '../training/tiny.ts';
import { attention } from './weights.ts';

const model = tinyModel({ initializerRange: 0.3 }).eval();
const loaded = { model, tokenizer, directory: '' };

test('weights times values, through the output projection, is what attention gives (4 query heads on 2 key-value heads)', () => {
  const { heads: H, kvHeads: K, d, D, T } = { heads: 4, kvHeads: 2, d: 4, D: 16, T: 7 };
  const ids = fromArray(
    Int32Array.from({ length: T }, (_, i) => 265 + 9 * i),
    [1, T],
  );
  noGrad(() => {
    const collect = new Collector({ attention: true });
    model.model.forward(ids, { collect });
    const [weights, secondWeights] = collect.captured.get('attention')!;
    assert.equal(weights!.shape, [1, H, T, T]);
    const block = model.model.layers[0]!;
    const x = block.inputLayernorm.forward(model.model.embedTokens.forward(ids));
    const values = block.selfAttn.vProj.forward(x).toArray(); // [T, K d]
    const w = weights!.toArray();
    const mixed = new Float32Array(T * D);
    for (let h = 0; h < H; h++)
      for (let q = 0; q < T; q++)
        for (let i = 0; i < d; i++) {
          let sum = 0;
          for (let k = 0; k < T; k++)
            sum += w[(h * T + q) * T + k]! * values[k * K * d + Math.floor(h / (H / K)) * d + i]!;
          mixed[q * D + h * d + i] = sum;
        }
    const byHand = block.selfAttn.oProj.forward(fromArray(mixed, [1, T, D])).toArray();
    // The second layer sees what the first one left: its weights come from the real stream.
    const after = x
      .mul(0)
      .add(model.model.embedTokens.forward(ids))
      .add(fromArray(byHand, [1, T, D]));
    const h = after.add(block.mlp.forward(block.postAttentionLayernorm.forward(after), passOf(T)));
    const second = model.model.layers[1]!;
    const pass = passOf(T);
    second.selfAttn.forward(second.inputLayernorm.forward(h), pass);
    const [expected] = pass.collect!.captured.get('attention')!;
    allClose(secondWeights!.toArray(), expected!.toArray(), { absolute: 1e-5 });
  });
});

/** Angles and mask as the decoder makes them, from public parts. */
function passOf(T: number) {
  return new ForwardPass({
    rope: new RopeTable(4, 32, 10000).consecutive(0, T),
    mask: attentionMask({ queries: T, keys: T }),
    collect: new Collector({ attention: true }),
  });
}

test('rows are shares of what a token may see; the answer follows the question', async () => {
  const { tokens, answerStart, heads, question } = await attendedAnswer(loaded, '中国？', false);
  const T = tokens.length;
  assert.is(question, '中国？');
  assert.is(tokens[0], '<|user|>');
  assert.is(tokens[answerStart - 1], '<|assistant|>');
  assert.equal([heads.length, heads[0]!.length], [2, 4]);
  for (const weights of heads.flat()) {
    for (let q = 0; q < T; q++) {
      const row = Array.from(weights.subarray(q * T, (q + 1) * T));
      allClose([row.slice(0, q + 1).reduce((a, b) => a + b, 0)], [1], { absolute: 1e-5 });
      assert.ok(row.slice(q + 1).every((share) => share === 0));
    }
  }
});

test('a question longer than the context is cut, not fatal; a base model has no markers', async () => {
  const long = await attendedAnswer(loaded, '中'.repeat(100), false);
  assert.is(long.tokens.length, 32);
  const base = await attendedAnswer(loaded, '中国', true);
  assert.ok(!base.tokens.includes('<|user|>'));
});

test('the head shown first is one that looks back', () => {
  assert.equal(mostTelling(attention), { layer: 1, head: 0 });
});

test('every layer and head has its own weights: those that the layers tell, in their order', async () => {
  const { heads, answerStart, answer, tokens: pieces } = await attendedAnswer(loaded, '中国的首都', false);
  const prompt = encodeDialogue(tokenizer, [{ role: 'user', content: '中国的首都' }], {
    addGenerationPrompt: true,
  });
  assert.is(answerStart, prompt.ids.length);
  const ids = pieces.map((piece) => tokenizer.idOf(piece)!);
  assert.is(answer, tokenizer.decode(ids.slice(answerStart), { skipSpecial: true }));
  const T = ids.length;
  const collect = new Collector({ attention: true });
  noGrad(() => model.model.forward(fromArray(Int32Array.from(ids), [1, T]), { collect }));
  const told = collect.captured.get('attention')!.map((layer) => Array.from(layer.toArray()));
  assert.equal(
    heads.map((row) => row.flatMap((weights) => Array.from(weights))),
    told,
  );
  const all = heads.flat().map((weights) => weights.join());
  assert.is(new Set(all).size, all.length, 'control: no two heads are alike');
});

test('what counts for the head shown first: the answer looking at what lies between the first token and itself', () => {
  const size = 5;
  /** Every row on itself, but for `row`, which looks at `column`. */
  const looking = (row: number, column: number) =>
    Float64Array.from({ length: size * size }, (_, i) => {
      const [q, k] = [Math.floor(i / size), i % size];
      return Number(q === row ? k === column : k === q);
    });
  const itself = looking(0, 0);
  const tokens = ['a', 'b', 'c', 'd', 'e'];
  const first = (answerStart: number, ...heads: Float64Array[][]) =>
    mostTelling({ question: '', answer: '', tokens, answerStart, heads });
  const nothing = [itself, looking(4, 0)];
  assert.equal(first(4, nothing, nothing), { layer: 0, head: 0 }, 'the first token and itself say nothing');
  assert.equal(first(4, nothing, [itself, looking(4, 1)]), { layer: 1, head: 1 });
  assert.equal(
    first(4, [looking(2, 1), itself], [itself, looking(4, 3)]),
    { layer: 1, head: 1 },
    'not the question',
  );
  assert.equal(
    first(4, [itself, looking(3, 1)], [itself, itself]),
    { layer: 0, head: 1 },
    'but the row before it',
  );
  assert.equal(
    first(4, [itself, looking(4, 2)], [looking(4, 3), itself]),
    { layer: 0, head: 1 },
    'of equals the first',
  );
  assert.equal(
    first(0, [itself, looking(1, 0)], [looking(2, 1), itself]),
    { layer: 1, head: 0 },
    'no question at all',
  );
});

test.run();
