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

test.run();
