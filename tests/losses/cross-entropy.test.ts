/** The masked cross-entropy: which positions count, and how much. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Row } from '../../src/data/rows/rows.ts';
import { SftRows } from '../../src/data/rows/sft-rows.ts';
import { maskedCrossEntropy } from '../../src/losses/cross-entropy.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { gradcheck, IGNORE_INDEX, Random } from '../../src/tensor/index.ts';
import { Tokenizer, trainBpe } from '../../src/tokenizer/index.ts';
import { toBatch } from '../../src/training/batch.ts';
import { allClose, differs } from '../close.ts';
import { float64, gradientsOf, idsOf, int32, randomIds, TIGHT, tinyModel } from '../models/tiny.ts';
import { agreesOnWasm, config } from './on-wasm.ts';

const model = tinyModel();
const _ = IGNORE_INDEX;

function row(inputs: readonly number[], targets: readonly number[]): Row {
  return { inputs: Int32Array.from(inputs), targets: Int32Array.from(targets) };
}

const rows = [row([1, 5, 9, 2, 7, 3], [_, _, 2, 7, 3, 0]), row([4, 4, 6, 8, 1, 0], [_, 6, _, 1, _, _])];

/** The mean of -log softmax at the counted targets, in plain numbers, from the logits of the whole batch. */
function byHand(batch: readonly Row[]): number {
  const logits = model.forward(idsOf(batch.map(({ inputs }) => [...inputs]))).toArray();
  const losses = batch
    .flatMap(({ targets }) => [...targets])
    .flatMap((target, place) => {
      if (target === IGNORE_INDEX) return [];
      const own = Array.from(logits.slice(place * 13, place * 13 + 13));
      return [Math.log(own.reduce((sum, logit) => sum + Math.exp(logit), 0)) - own[target]!];
    });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** The rows with a weight for each target, and the same as rows of single targets: weight, loss by hand. */
const weights = [
  [1, 1, 0.25, 2, 0, 1],
  [1, 0.25, 1, 2, 1, 1],
];
const weighted = rows.map((each, i): Row => ({ ...each, weights: Float32Array.from(weights[i]!) }));
function weightedByHand(): number {
  const singles = rows.flatMap(({ inputs, targets }, i) =>
    [...targets].flatMap((target, t) => {
      if (target === IGNORE_INDEX) return [];
      const only = [...targets].map((other, place) => (place === t ? other : IGNORE_INDEX));
      const batch = rows.map((each, b) =>
        b === i ? row([...inputs], only) : { ...each, targets: new Int32Array(6).fill(_) },
      );
      return [{ weight: weights[i]![t]!, loss: byHand(batch) }];
    }),
  );
  const sum = singles.reduce((total, { weight, loss }) => total + weight * loss, 0);
  return sum / singles.reduce((total, { weight }) => total + weight, 0);
}

test('targets with weights: the weighted mean, its gradient by finite differences and on wasm', async () => {
  float64(() => {
    const batch = toBatch(weighted);
    allClose([maskedCrossEntropy(model, batch).item()], [weightedByHand()], TIGHT);
    assert.ok(
      differs([maskedCrossEntropy(model, toBatch(rows)).item()], [weightedByHand()], { absolute: 1e-3 }),
    );
  });
  await agreesOnWasm(
    () => new CausalLM(config, new Random(5)),
    (lm) => maskedCrossEntropy(lm, toBatch(weighted), 7),
  );
});

test('the mean of -log p over the counted targets', () => {
  float64(() => {
    const loss = maskedCrossEntropy(model, toBatch(rows));
    assert.equal(loss.shape, []);
    allClose([loss.item()], [byHand(rows)], TIGHT);
    const shifted = rows.map(({ inputs, targets }) => row([...inputs], [...targets.slice(1), _]));
    assert.ok(
      differs([byHand(shifted)], [loss.item()], { absolute: 1e-3 }),
      'targets one place off must differ',
    );
  });
});

test('it divides by the total of the step, not by its own count', () => {
  float64(() => {
    const batch = toBatch(rows);
    assert.is(batch.targets.size, 6);
    allClose([maskedCrossEntropy(model, batch, 24).item()], [byHand(rows) / 4], TIGHT);
  });
});

test('uncounted places get exactly no gradient; a counted target changes the loss', () => {
  float64(() => {
    // Only the first of two rows counts: tokens 8, 10, 11 and 12 occur in the second alone.
    // Untied, so that the output layer is another table.
    const untied = tinyModel({ tieWordEmbeddings: false });
    const batch = [row([1, 5, 9], [5, 9, 2]), row([8, 10, 11], [_, _, _])];
    maskedCrossEntropy(untied, toBatch(batch)).backward();
    const table = gradientsOf(untied).get('model.embed_tokens.weight')!;
    const rowOf = (id: number) => table.slice(id * 16, id * 16 + 16);
    for (const id of [8, 10, 11, 12])
      assert.ok(
        rowOf(id).every((value) => value === 0),
        `token ${id}`,
      );
    for (const id of [1, 5, 9])
      assert.ok(
        rowOf(id).some((value) => value !== 0),
        `token ${id}`,
      );
    const other = rows.with(0, row([...rows[0]!.inputs], [_, _, 2, 7, 4, 0]));
    assert.ok(differs([byHand(other)], [byHand(rows)], { absolute: 1e-3 }));
  });
});

test('the same as cross-entropy over all positions with the rest ignored, gradients too', () => {
  float64(() => {
    model.zeroGrad();
    maskedCrossEntropy(model, toBatch(rows)).backward();
    const some = gradientsOf(model);
    model.zeroGrad();
    const logits = model.forward(idsOf(rows.map(({ inputs }) => [...inputs]))).reshape([12, 13]);
    logits.crossEntropy(int32(rows.flatMap(({ targets }) => [...targets]))).backward();
    for (const [name, gradient] of gradientsOf(model)) allClose(some.get(name)!, gradient, TIGHT, name);
    model.zeroGrad();
  });
});

const tokenizer = new Tokenizer(
  trainBpe(['你好吗，我很好。', '天空是蓝色的。'], { vocabSize: 290, shrinkToFit: true }),
);

function dialogueRow(question: string, answer: string): Row {
  const messages = [
    { role: 'user', content: question } as const,
    { role: 'assistant', content: answer } as const,
  ];
  const source = new SftRows([{ messages, place: 'test' }], tokenizer, {
    context: 32,
    seed: 1,
    shuffle: false,
  });
  return source.row(0, 0);
}

test('of a dialogue exactly the answer and its end are learned, whatever the question', () => {
  const counted = (r: Row) => [...r.targets].filter((target) => target !== IGNORE_INDEX);
  const learned = [...tokenizer.encode('我很好。'), tokenizer.eosId];
  assert.equal(counted(dialogueRow('你好吗', '我很好。')), learned);
  assert.equal(counted(dialogueRow('天空是', '我很好。')), learned);
  const { inputs, targets } = dialogueRow('你好吗', '我很好。');
  const first = targets.findIndex((target) => target !== IGNORE_INDEX);
  assert.is(inputs[first], tokenizer.assistantId, 'the first is predicted from the marker');
  for (let t = first; targets[t + 1] !== IGNORE_INDEX; t++) assert.is(targets[t], inputs[t + 1]);
});

test('of V equal logits it is ln V, whatever is counted', () => {
  float64(() => {
    const even = tinyModel({ tieWordEmbeddings: false });
    for (const [name, parameter] of even.namedParameters())
      if (name === 'lm_head.weight') parameter.assign(parameter.detach().mul(0));
    allClose([maskedCrossEntropy(even, toBatch(rows)).item()], [Math.log(13)], TIGHT);
    assert.ok(differs([maskedCrossEntropy(model, toBatch(rows)).item()], [Math.log(13)], { absolute: 1e-3 }));
  });
});

test('central differences with respect to every parameter', () => {
  float64(() => {
    const small = { hiddenSize: 4, intermediateSize: 6, numAttentionHeads: 2, numKeyValueHeads: 1 };
    const tiny = tinyModel({ ...small, numHiddenLayers: 1 });
    const loss = () => maskedCrossEntropy(tiny, toBatch(rows), 9);
    assert.ok(gradcheck(loss, tiny.parameters()) < 1e-6);
    const wrong = () => loss().mul(1.01).sub(loss().detach().mul(0.01));
    assert.throws(() => gradcheck(wrong, tiny.parameters()), /central differences/);
  });
});

test('wasm: the fused product with the output layer gives the loss and every gradient', () => {
  const long = [20, 31].map((length, i) => {
    const ids = randomIds(length + 1, 131, 50 + i);
    const padded = [...ids.slice(0, length), ...new Array<number>(31 - length).fill(0)];
    const targets = padded.map((_, t) => (t < length && t % 3 !== 0 ? ids[t + 1]! : IGNORE_INDEX));
    return row(padded, targets);
  });
  return agreesOnWasm(
    () => new CausalLM(config, new Random(5)),
    (lm) => maskedCrossEntropy(lm, toBatch(long), 40),
  );
});

test('wasm: with an output layer of its own, and any total of the step', async () => {
  const short = row(randomIds(9, 131, 3), randomIds(9, 131, 4));
  for (const total of [9, 2, 50])
    await agreesOnWasm(
      () => new CausalLM({ ...config, tieWordEmbeddings: false }, new Random(5)),
      (lm) => maskedCrossEntropy(lm, toBatch([short]), total),
    );
});

test.run();
