/**
 * Log-probabilities of answers do not depend on padding, neighbours or how the answer came about: cached rollout = training pass.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Rollout, rollOut } from '../../src/generation/rollout.ts';
import { answerLogProbs, entropies, sumByAnswer, tokenLogProbs } from '../../src/losses/log-probs.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { fromArray, Random, randn, type Tensor, tensor } from '../../src/tensor/index.ts';
import { allClose, differs, Golden } from '../close.ts';
import {
  float64,
  goldenConfig,
  idsOf,
  int32,
  randomIds,
  randomize,
  TIGHT,
  tinyConfig,
  tinyModel,
} from '../models/tiny.ts';
import { gradientHolds } from './differences.ts';
import { check, golden, inputs } from './golden-cases.ts';
import { agreesOnWasm, config, answers as longAnswers } from './on-wasm.ts';

const model = tinyModel();
const answers = [6, 11, 3, 9].map((length, i) => ({ ids: randomIds(length, 13, 30 + i), answerStart: 2 }));

/** Row by row, with nothing around it. */
function alone(lm: CausalLM, { ids, answerStart }: (typeof answers)[number]): number[] {
  const logProbs = lm.forward(idsOf([ids])).logSoftmax();
  return ids.slice(answerStart).map((id, i) =>
    logProbs
      .slice(1, answerStart + i - 1, answerStart + i)
      .slice(2, id, id + 1)
      .item(),
  );
}

test('packed with any neighbours in any order = alone', () => {
  float64(() => {
    const expected = answers.map((answer) => alone(model, answer));
    for (const order of [[0], [0, 1, 2, 3], [3, 1, 0, 2], [2, 2, 1], [1, 3]]) {
      const batch = toAnswerBatch(order.map((i) => answers[i]!));
      const values = tokenLogProbs(model, batch).toArray();
      allClose(
        values,
        order.flatMap((i) => expected[i]!),
        TIGHT,
        `order ${order}`,
      );
      const sums = order.map((i) => expected[i]!.reduce((a, b) => a + b, 0));
      allClose(answerLogProbs(model, batch).toArray(), sums, TIGHT);
    }
    assert.is(toAnswerBatch(answers).ids.shape[0], 3, 'the short ones share a row');
  });
});

test('padded on the left = padded on the right = alone', () => {
  float64(() => {
    const [long, short] = [answers[1]!, answers[0]!];
    const filler = long.ids.length - short.ids.length;
    const N = short.ids.length - 2;
    const pass = (row: number[], shift: number, options: object): Tensor => {
      const places = Array.from({ length: N }, (_, i) => long.ids.length + shift + 1 + i);
      return tokenLogProbs(model, {
        ids: fromArray(Int32Array.from([...long.ids, ...row]), [2, long.ids.length]),
        options,
        targetRows: int32(places),
        targets: int32(short.ids.slice(2)),
        answers: 1,
        owners: int32(places.map(() => 0)),
        ends: int32([0]),
      });
    };
    const expected = alone(model, short);
    const padding = new Array<number>(filler).fill(7);
    allClose(pass([...short.ids, ...padding], 0, {}).toArray(), expected, TIGHT, 'right');
    const counted = [...padding.map(() => 0), ...short.ids.map((_, t) => t)];
    const positions = idsOf([long.ids.map((_, t) => t), counted]);
    const left = pass([...padding, ...short.ids], filler, { leftPadding: [0, filler], positions });
    allClose(left.toArray(), expected, TIGHT, 'left');
    assert.ok(differs(pass([...padding, ...short.ids], filler, {}).toArray(), expected), 'control: unmasked');
  });
});

/** The same model in float32: drawing is asynchronous, and the default type is changed for synchronous calls only. */
function singlePrecision(): CausalLM {
  const lm = randomize(new CausalLM(tinyConfig, new Random(1)).eval(), 1);
  const source = model.namedParameters();
  for (const [name, parameter] of lm.namedParameters()) parameter.assign(source.get(name)!.to('float32'));
  return lm;
}

const prompts = [[1, 5, 9], [4], [2, 2, 7, 3, 8], [6, 1], [9, 9, 9, 9]];
const options = { maxNewTokens: 10, stopId: 0, seed: 17 };
const asAnswers = (rollouts: readonly Rollout[]) =>
  rollouts.map(({ prompt, answer }) => ({ ids: [...prompt, ...answer], answerStart: prompt.length }));

test('log-probabilities noted while drawing = those of the training pass', async () => {
  const lm = singlePrecision();
  const rollouts = await rollOut(lm, prompts, options);
  const drawn = rollouts.flatMap(({ logProbs }) => logProbs);
  const trained = tokenLogProbs(lm, toAnswerBatch(asAnswers(rollouts))).toArray();
  allClose(drawn, trained, { absolute: 1e-5, relative: 1e-5 }); // the cache and its inputs are float32
  const shifted = asAnswers(rollouts).map(({ ids, answerStart }) => ({
    ids: [3, ...ids],
    answerStart: answerStart + 1,
  }));
  assert.ok(
    differs(drawn, tokenLogProbs(lm, toAnswerBatch(shifted)).toArray(), { absolute: 1e-3 }),
    'control',
  );
});

test('entropy: ln V when undecided, 0 when sure', () => {
  float64(() => {
    const [even, sure] = entropies(
      tensor([
        [3, 3, 3, 3],
        [0, 1000, 0, 0],
      ]),
    ).toArray();
    allClose([even!, sure!], [Math.log(4), 0], TIGHT);
  });
});

test('sums by answer', () => {
  const sums = sumByAnswer(tensor([1, 2, 4, 8]), { answers: 3, owners: int32([2, 0, 2, 0]) });
  assert.equal([...sums.toArray()], [10, 0, 5]);
});

test('PyTorch: entropy of every row', () => {
  float64(() => {
    const { x } = inputs('entropy', 'x');
    check('entropy', { x }, entropies(x));
  });
});

test('PyTorch: log-probabilities of answers through the whole model, with every gradient', () => {
  float64(() => {
    const weights = new Golden('model');
    const model = new CausalLM(goldenConfig(true), new Random(1)).eval();
    const names = [...model.namedParameters().keys()];
    model.loadState(new Map(names.map((name) => [name, weights.tensor(`tied/weights/${name}`)])));
    const ids = Array.from(golden.values('answers/ids'));
    const [starts, lengths] = [golden.values('answers/starts'), golden.values('answers/lengths')];
    const two = [0, 1].map((b) => ({
      ids: ids.slice(b * 9, b * 9 + lengths[b]!),
      answerStart: starts[b]!,
    }));
    const batch = toAnswerBatch(two);
    allClose(tokenLogProbs(model, batch).toArray(), golden.values('log_probs/tokens'), TIGHT);
    const y = answerLogProbs(model, batch);
    allClose(y.toArray(), golden.values('log_probs/y'), TIGHT);
    y.backward({ gradient: golden.tensor('log_probs/dy') });
    for (const [name, { grad }] of model.namedParameters())
      allClose(grad!.toArray(), golden.values(`log_probs/grad/${name}`), TIGHT, name);
    const late = toAnswerBatch(two.map((answer) => ({ ...answer, answerStart: answer.answerStart + 1 })));
    assert.ok(differs(answerLogProbs(model, late).toArray(), golden.values('log_probs/y')), 'control');
  });
});

gradientHolds('entropy', (x) => entropies(x!), [
  randn([4, 5], new Random(99), { dtype: 'float64' }).requireGrad(),
]);

test('wasm: log-probabilities of answers and every gradient', () =>
  agreesOnWasm(
    () => new CausalLM(config, new Random(5)),
    (model) => answerLogProbs(model, toAnswerBatch(longAnswers)).mean(),
  ));

test.run();
