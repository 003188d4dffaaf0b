/** Logits processors against Transformers, and the worked examples of tiny-llm-zh. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  applyTemperature,
  keepTopK,
  keepTopP,
  type Logits,
  penalizeRepetition,
  softmax,
} from '../../src/generation/processors.ts';
import { allClose, Golden } from '../close.ts';

const golden = new Golden('generation');
const cases = golden
  .keys()
  .filter((key) => key.endsWith('/masked'))
  .map((key) => key.slice(0, -'/masked'.length));
const exact = { absolute: 1e-12, relative: 1e-12 };

function processed(name: string): Logits {
  const logits = Float64Array.from(golden.values(`${name}/logits`));
  const setting = (key: string, fn: (value: number) => void) => {
    if (golden.has(`${name}/${key}`)) fn(golden.number(`${name}/${key}`));
  };
  setting('repetition_penalty', (penalty) => {
    penalizeRepetition(logits, Array.from(golden.values(`${name}/ids`)), penalty);
  });
  setting('temperature', (temperature) => applyTemperature(logits, temperature));
  setting('top_k', (k) => keepTopK(logits, k));
  setting('top_p', (p) => keepTopP(logits, p));
  return logits;
}

for (const name of cases) {
  test(name, () => {
    const logits = processed(name);
    allClose(logits, golden.values(`${name}/masked`), exact, 'logits');
    allClose(softmax(logits), golden.values(`${name}/probabilities`), exact, 'probabilities');
  });
}

test('the golden file has every kind of case', () => {
  assert.is(cases.length, 19);
  for (const kind of ['temperature', 'top_k', 'top_p', 'repetition_penalty', 'all', 'tiny-llm-zh']) {
    assert.ok(
      cases.some((name) => name.startsWith(kind)),
      kind,
    );
  }
});

const example = () => Float64Array.of(0.5, 1.2, -1, 0.1);
const printed = { absolute: 6e-5, relative: 0 };

test("tiny-llm-zh's example: the printed digits", () => {
  const at = (temperature: number) => {
    const logits = example();
    applyTemperature(logits, temperature);
    return softmax(logits);
  };
  allClose(at(1), [0.2559, 0.5154, 0.0571, 0.1716], printed);
  allClose(at(0.5), [0.18, 0.7301, 0.009, 0.0809], printed);
  allClose(at(2), [0.2695, 0.3825, 0.1273, 0.2207], printed);
  const kept = (fn: (logits: Float64Array) => void) => {
    const logits = example();
    fn(logits);
    return [...logits.keys()].filter((i) => logits[i] !== -Infinity);
  };
  assert.equal(
    kept((logits) => keepTopP(logits, 0.9)),
    [0, 1, 3],
  );
  assert.equal(
    kept((logits) => keepTopK(logits, 2)),
    [0, 1],
  );
});

test("tiny-llm-zh's toy penalty: 1.25 on the tokens 2 and 4", () => {
  const scores = Float64Array.of(0.3, 0.1, 0.3, 0.1, 0.2);
  penalizeRepetition(scores, [2, 4, 2], 1.25);
  const sum = scores.reduce((a, b) => a + b, 0);
  allClose(
    scores.map((score) => score / sum),
    [0.3333, 0.1111, 0.2667, 0.1111, 0.1778],
    printed,
  );
});

test('a penalty makes negative scores more negative', () => {
  const scores = Float64Array.of(2, -2, 0);
  penalizeRepetition(scores, [0, 1, 2], 2);
  assert.equal([...scores], [1, -4, 0]);
});

test('top-k keeps ties at its border; 0 or V keep all', () => {
  const after = (k: number) => {
    const logits = Float32Array.of(1, 3, 2, 2, 0);
    keepTopK(logits, k);
    return logits.filter((logit) => logit !== -Infinity).length;
  };
  assert.equal([0, 1, 2, 3, 4, 5, 9].map(after), [5, 1, 3, 3, 4, 5, 5]);
});

test('top-p keeps the token that crosses p, and always one; of equals the first', () => {
  const kept = (logits: number[], p: number) => {
    const scores = Float64Array.from(logits);
    keepTopP(scores, p);
    return [...scores.keys()].filter((i) => scores[i] !== -Infinity);
  };
  const quarters = [0, 0, 0, 0]; // four times 1/4
  assert.equal(kept(quarters, 0.5), [0, 1]);
  assert.equal(kept(quarters, 0.500001), [0, 1, 2]);
  assert.equal(kept(quarters, 1e-9), [0]);
  assert.equal(kept(quarters, 1), [0, 1, 2, 3]);
  assert.equal(kept([0, 5, 0, -Infinity], 0.5), [1]);
});

test('softmax of removed and of huge scores', () => {
  allClose(softmax(Float64Array.of(-Infinity, 0, 0)), [0, 0.5, 0.5], exact);
  allClose(softmax(Float64Array.of(1e4, 1e4 - Math.log(3))), [0.75, 0.25], exact);
});

test('removed is exactly what the definition removes, at exact fits too', () => {
  const scores = Float64Array.from([0.5, 0.25, 0.125, 0.125], Math.log);
  const kept = (change: (logits: Float64Array) => void) => {
    const logits = scores.slice();
    change(logits);
    return [...logits.keys()].filter((id) => logits[id] !== -Infinity);
  };
  const topP = [0.49, 0.5, 0.51, 0.75, 0.76, 0.875, 0.9, 1].map((p) => kept((logits) => keepTopP(logits, p)));
  assert.equal(topP, [[0], [0], [0, 1], [0, 1], [0, 1, 2], [0, 1, 2], [0, 1, 2, 3], [0, 1, 2, 3]]);
  const topK = [0, 1, 2, 3, 4, 5].map((k) => kept((logits) => keepTopK(logits, k)));
  assert.equal(topK, [[0, 1, 2, 3], [0], [0, 1], [0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3]]);
});

test('a token seen twice is penalised once; a score of 0 stays', () => {
  const logits = Float64Array.of(2, -2, 0, 5);
  penalizeRepetition(logits, [0, 0, 1, 1, 1, 2], 2);
  assert.equal([...logits], [1, -4, 0, 5]);
});

test.run();
