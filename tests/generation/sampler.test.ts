/** Drawing the next token. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { softmax } from '../../src/generation/processors.ts';
import {
  checkSampling,
  draw,
  greedy,
  indexOfMax,
  type SamplingOptions,
  sample,
} from '../../src/generation/sampler.ts';
import { Random } from '../../src/tensor/index.ts';

const logits = [0.5, 1.2, -1, 0.1, -3];
const options = (changes: Partial<SamplingOptions>): SamplingOptions => ({
  ...greedy,
  temperature: 1,
  ...changes,
});

function frequencies(changes: Partial<SamplingOptions>, draws = 8000, seed = 1): number[] {
  const random = new Random(seed);
  const counts = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < draws; i++) counts[sample(Float32Array.from(logits), [], options(changes), random)]!++;
  return counts.map((count) => count / draws);
}

/** Five standard errors, so that a right sampler fails once in a million seeds. */
function follows(found: readonly number[], probabilities: ArrayLike<number>, draws = 8000): boolean {
  return found.every((share, i) => {
    const p = probabilities[i]!;
    return Math.abs(share - p) <= 5 * Math.sqrt((p * (1 - p)) / draws);
  });
}

test('frequencies follow the probabilities at each temperature', () => {
  for (const temperature of [0.5, 1, 2]) {
    const right = softmax(Float64Array.from(logits, (logit) => logit / temperature));
    const found = frequencies({ temperature });
    assert.ok(follows(found, right), `${temperature}: ${found} instead of ${right}`);
    const wrong = softmax(Float64Array.from(logits, (logit) => logit * temperature));
    if (temperature !== 1) assert.not(follows(found, wrong), 'negative control: temperature upside down');
  }
});

test('what top-k and top-p remove never comes; the rest shares its probability', () => {
  const two = softmax(Float64Array.of(0.5, 1.2, -Infinity, -Infinity, -Infinity));
  for (const changes of [{ topK: 2 }, { topP: 0.6 }]) {
    const found = frequencies(changes);
    assert.equal(found.slice(2), [0, 0, 0]);
    assert.ok(follows(found, two), String(found));
  }
});

test('the same seed draws the same tokens, another seed others', () => {
  const tokens = (seed: number) => {
    const random = new Random(seed);
    return Array.from({ length: 40 }, () => sample(Float32Array.from(logits), [], options({}), random));
  };
  assert.equal(tokens(7), tokens(7));
  assert.not.equal(tokens(7), tokens(8));
});

test('greedy takes the largest, the first of equals, after the repetition penalty, and draws nothing', () => {
  const random = new Random(1);
  assert.is(sample(Float32Array.from(logits), [], greedy, random), 1);
  assert.is(sample(Float32Array.from(logits), [1], { ...greedy, repetitionPenalty: 3 }, random), 0);
  assert.is(indexOfMax([2, 5, 5, 1]), 1);
  assert.is(indexOfMax([-Infinity, -7]), 1);
  assert.equal(random.state(), new Random(1).state());
});

test('a temperature close to 0 is greedy, however close', () => {
  for (const temperature of [1e-3, 1e-8, 1e-38, 1e-45, 1e-300, Number.MIN_VALUE]) {
    for (const scores of [
      [1, 9, 3, -2],
      [-1, -9, -3, -2],
      [0, 0, 1e-3, 0],
    ]) {
      const id = sample(Float32Array.from(scores), [], options({ temperature }), new Random(3));
      assert.is(id, indexOfMax(scores), `temperature ${temperature}, scores ${scores}`);
    }
  }
});

test('draw: u falls into the interval of its token', () => {
  const probabilities = Float64Array.of(0, 0.25, 0, 0.5, 0.25);
  assert.equal(
    [0, 0.2499, 0.25, 0.7499, 0.75, 0.9999].map((u) => draw(probabilities, u)),
    [1, 1, 3, 3, 4, 4],
  );
  assert.is(draw(Float64Array.of(0.3, 0.3, 0), 0.999), 1, 'a sum short of 1 never gives a removed token');
});

test('impossible settings are refused in one sentence', () => {
  const refuse = (changes: Partial<SamplingOptions>, message: RegExp) => {
    assert.throws(
      () => checkSampling({ ...greedy, ...changes }),
      (error: Error) => error instanceof UserError && message.test(error.message),
    );
  };
  refuse({ temperature: -1 }, /temperature must be from 0 to 100, got -1/);
  refuse({ temperature: Number.NaN }, /temperature .* got NaN/);
  refuse({ temperature: 101 }, /temperature .* got 101/);
  refuse({ topK: 1.5 }, /top-k must be a whole number of at least 0, got 1.5/);
  refuse({ topK: -1 }, /top-k .* got -1/);
  refuse({ topP: 0 }, /top-p must be above 0 and at most 1, got 0/);
  refuse({ topP: 1.1 }, /top-p .* got 1.1/);
  refuse({ repetitionPenalty: 0 }, /repetition penalty must be above 0 and at most 100, got 0/);
  refuse({ repetitionPenalty: Number.POSITIVE_INFINITY }, /got Infinity/);
  checkSampling({ temperature: 100, topK: 0, topP: 1, repetitionPenalty: 100 });
});

/** Probabilities by the page of processors.ts: penalty, temperature, top-k, top-p, each on what the one before left. */
function byHand(scores: readonly number[], seen: readonly number[], o: SamplingOptions): number[] {
  const scaled = scores.map((score, id) => {
    const penalized = !seen.includes(id)
      ? score
      : score > 0
        ? score / o.repetitionPenalty
        : score * o.repetitionPenalty;
    return penalized / o.temperature;
  });
  const order = [...scaled.keys()].sort((a, b) => scaled[b]! - scaled[a]! || a - b);
  const border = o.topK > 0 && o.topK < scaled.length ? scaled[order[o.topK - 1]!]! : -Infinity;
  const kept = order.filter((id) => scaled[id]! >= border);
  const weight = (id: number) => Math.exp(scaled[id]! - scaled[order[0]!]!);
  const total = kept.reduce((sum, id) => sum + weight(id), 0);
  const likely: number[] = [];
  let before = 0;
  for (const id of kept) {
    if (o.topP < 1 && before >= o.topP) break;
    likely.push(id);
    before += weight(id) / total;
  }
  const sum = likely.reduce((all, id) => all + weight(id), 0);
  return scores.map((_, id) => (likely.includes(id) ? weight(id) / sum : 0));
}

/** A stream whose next number is u. */
const always = (u: number) => ({ float: () => u }) as unknown as Random;

test('penalty, temperature, top-k and top-p act in this order, for settings drawn at random', () => {
  const random = new Random(5);
  const pick = (...values: number[]) => random.pick(values);
  let differs = 0;
  for (let round = 0; round < 400; round++) {
    const scores = Array.from({ length: 8 }, () => Math.fround(6 * random.float() - 3));
    if (round % 4 === 0) scores[3] = scores[6]!; // a tie
    const seen = [random.int(8), random.int(8), random.int(8)];
    seen.push(seen[0]!); // a token seen twice is penalised once
    const setting = {
      ...{ temperature: pick(0.3, 0.7, 1, 1.7, 3), topK: pick(0, 1, 2, 4, 8, 9) },
      ...{ topP: pick(0.2, 0.5, 0.8, 0.95, 1), repetitionPenalty: pick(0.5, 1, 1.3, 2) },
    };
    const expected = byHand(scores, seen, setting);
    let sum = 0;
    for (const [id, p] of expected.entries()) {
      sum += p;
      if (p < 1e-6) continue;
      const found = sample(Float64Array.from(scores), seen, setting, always(sum - p / 2));
      assert.is(found, id, `${JSON.stringify({ scores, seen, setting })}: ${expected}`);
    }
    const drawn = sample(Float64Array.from(scores), seen, setting, always(1 - 1e-12));
    assert.ok(expected[drawn]! > 0, 'nothing that was removed');
    if (byHand(scores, [], setting).join() !== expected.join()) differs++;
  }
  assert.ok(differs > 100, 'control: what was seen matters');
});

test('greedy by default: no limit, no penalty', () => {
  assert.equal(greedy, { temperature: 0, topK: 0, topP: 1, repetitionPenalty: 1 });
  const scores = Array.from({ length: 9 }, (_, i) => i / 10);
  for (const [u, id] of [
    [0, 0],
    [0.9999, 8],
  ] as const)
    assert.is(sample(Float64Array.from(scores), [8], options({}), always(u)), id);
});

test('draw at the borders: a token begins where the one before it ends', () => {
  const probabilities = Float64Array.of(0.5, 0.25, 0.25);
  assert.equal(
    [0, 0.5, 0.75].map((u) => draw(probabilities, u)),
    [0, 1, 2],
  );
  assert.is(draw(Float64Array.of(0, 0, 1, 0), 0), 2);
});

test.run();
