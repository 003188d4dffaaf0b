/**
 * Rollouts: drawn from the model's own distribution, reproducibly, whatever the batch; finished and cut-off answers are told
 * apart.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { softmax } from '../../src/generation/processors.ts';
import { rollOut } from '../../src/generation/rollout.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { noGrad, Random } from '../../src/tensor/index.ts';
import { allClose } from '../close.ts';
import { idsOf, randomIds, randomize, tinyConfig } from '../models/tiny.ts';
import { errorOf } from './scripted.ts';

const model = randomize(new CausalLM(tinyConfig, new Random(1)).eval(), 6, 0.3);
const prompts = [[1, 5, 9], [4], [2, 2, 7, 3, 8], [6, 1], [9, 9, 9, 9]];
const options = { maxNewTokens: 9, stopId: 0, seed: 17 };

test('the same seed gives the same answers, alone or in any batch; another seed others', async () => {
  const all = await rollOut(model, prompts, options);
  assert.equal(await rollOut(model, prompts, options), all);
  for (const row of prompts.keys()) {
    const [one] = await rollOut(model, [prompts[row]!], { ...options, first: row });
    assert.equal(one!.answer, all[row]!.answer);
    allClose(one!.logProbs, all[row]!.logProbs, { absolute: 1e-5 });
  }
  const halves = [
    ...(await rollOut(model, prompts.slice(0, 2), options)),
    ...(await rollOut(model, prompts.slice(2), { ...options, first: 2 })),
  ];
  assert.equal(
    halves.map(({ answer }) => answer),
    all.map(({ answer }) => answer),
  );
  assert.not.equal(await rollOut(model, prompts, { ...options, seed: 18 }), all);
});

test('neighbouring seeds and numbers share no stream', async () => {
  const text = async (seed: number, first: number) =>
    (await rollOut(model, [[1]], { ...options, stopId: -1, seed, first }))[0]!.answer.join();
  const texts = new Set<string>();
  for (const seed of [0, 1, 2, 3]) for (const first of [0, 1, 2, 3]) texts.add(await text(seed, first));
  assert.is(texts.size, 16);
});

test('an answer ends with its stop id, or is cut off at the limit and says so', async () => {
  const many = await rollOut(
    model,
    Array.from({ length: 60 }, (_, i) => [1 + (i % 12)]),
    options,
  );
  for (const { answer, logProbs, finished } of many) {
    assert.is(answer.indexOf(0), finished ? answer.length - 1 : -1);
    assert.is(logProbs.length, answer.length);
    assert.ok(finished || answer.length === 9);
  }
  assert.ok(many.some(({ finished }) => finished) && many.some(({ finished }) => !finished));
});

test('first tokens are drawn with the probabilities of the model', async () => {
  const n = 3000;
  const drawn = await rollOut(model, new Array<number[]>(n).fill([1, 5]), { ...options, maxNewTokens: 1 });
  const expected = softmax(
    noGrad(() => model.forward(idsOf([[1, 5]])).slice(1, 1, 2)).toArray() as Float32Array,
  );
  const counts = new Float64Array(13);
  for (const { answer } of drawn) counts[answer[0]!]!++;
  for (const [id, p] of expected.entries()) {
    const deviation = Math.sqrt((p * (1 - p)) / n);
    assert.ok(Math.abs(counts[id]! / n - p) < 4.5 * deviation, `token ${id}: ${counts[id]! / n} for ${p}`);
  }
});

test('a prompt that leaves no room is refused; no prompts, no answers', async () => {
  const error = await errorOf(rollOut(model, [[1, 2, 3, 4, 5, 6, 7, 8]], options));
  assert.match(error.message, /prompt of 8 tokens leaves no room for an answer of 9 in the context of 16/);
  assert.equal(await rollOut(model, [], options), []);
});

test('a prompt and its answer may fill the context to the last token; logged probabilities add up over the vocabulary', async () => {
  const long = randomIds(7, 13, 1);
  const full = { ...options, maxNewTokens: 9, stopId: -1 };
  const [rollout] = await rollOut(model, [long], full); // 16 tokens of context
  assert.equal([rollout!.answer.length, rollout!.finished, rollout!.prompt], [9, false, long]);
  const failed = await errorOf(rollOut(model, [long, [...long, 1]], full));
  assert.match(failed.message, /8 tokens leaves no room for an answer of 9/);
  for (const [t, id] of rollout!.answer.entries()) {
    const text = [...long, ...rollout!.answer.slice(0, t)];
    const logits = noGrad(() =>
      model
        .forward(idsOf([text]))
        .slice(1, text.length - 1)
        .toArray(),
    );
    allClose([rollout!.logProbs[t]!], [Math.log(softmax(Float64Array.from(logits))[id]!)], {
      absolute: 1e-5,
    });
  }
});

test('an answer that ends with its last token is finished, one that ends after it is not', async () => {
  const all = await rollOut(
    model,
    Array.from({ length: 80 }, (_, i) => [1 + (i % 12)]),
    options,
  );
  const { answer, finished } = all.find(
    (each) => each.finished && each.answer.length > 2 && each.answer.length < 9,
  )!;
  const row = all.findIndex((each) => each.answer === answer);
  const ending = async (maxNewTokens: number) => {
    const [one] = await rollOut(model, [[1 + (row % 12)]], { ...options, maxNewTokens, first: row });
    return [one!.answer.length, one!.finished];
  };
  assert.ok(finished);
  assert.equal(await ending(answer.length), [answer.length, true]);
  assert.equal(await ending(answer.length - 1), [answer.length - 1, false]);
});

test.run();
