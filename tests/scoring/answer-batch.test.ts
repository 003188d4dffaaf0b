/** Answers side by side in rows: where everything lies, and that nobody sees a neighbour. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tokenLogProbs } from '../../src/losses/log-probs.ts';
import { toAnswerBatch } from '../../src/scoring/answer-batch.ts';
import { noGrad, type Tensor } from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { tinyModel } from '../training/tiny.ts';

const numbers = (tensor: Tensor | undefined) => tensor && [...tensor.toArray()];
/** Five, two and three tokens: the last two share a row. */
const answers = [
  { ids: [11, 12, 13, 14, 15], answerStart: 3 },
  { ids: [21, 22], answerStart: 1 },
  { ids: [31, 32, 33], answerStart: 1 },
];

test('ids, positions, documents, targets answer by answer, ends', () => {
  const batch = toAnswerBatch(answers);
  assert.is(batch.answers, 3);
  assert.equal(batch.ids.shape, [2, 5]);
  assert.equal(numbers(batch.ids), [11, 12, 13, 14, 15, 31, 32, 33, 21, 22]);
  assert.equal(numbers(batch.options?.positions), [0, 1, 2, 3, 4, 0, 1, 2, 0, 1]);
  assert.equal(
    batch.options?.documents?.map((row) => Array.from(row)),
    [
      [1, 1, 1, 1, 1],
      [3, 3, 3, 2, 2],
    ],
  );
  assert.equal(numbers(batch.targets), [14, 15, 22, 32, 33]);
  assert.equal(numbers(batch.targetRows), [2, 3, 8, 5, 6], 'the place before each target');
  assert.equal(numbers(batch.owners), [0, 0, 1, 2, 2]);
  assert.equal(numbers(batch.ends), [4, 9, 7]);
});

test('filler is document 0, and does not count', () => {
  const { ids, options } = toAnswerBatch([...answers, { ids: [41, 42, 43, 44], answerStart: 2 }]);
  assert.equal(numbers(ids)!.slice(5, 10), [41, 42, 43, 44, 0]);
  assert.equal(Array.from(options!.documents![1]!), [4, 4, 4, 4, 0]);
  assert.is(options!.counted, options!.documents);
  const apart = toAnswerBatch(answers.slice(0, 2)).options!;
  assert.is(apart.documents, undefined, 'one in each row: what is behind it is the future');
  assert.equal(
    apart.counted!.map((row) => Array.from(row)),
    [
      [1, 1, 1, 1, 1],
      [2, 2, 0, 0, 0],
    ],
  );
});

/** Two answers to one question, one to another, a third to the first. */
const shared = [
  { ids: [11, 12, 13, 14, 15], answerStart: 3 },
  { ids: [21, 22, 23], answerStart: 2 },
  { ids: [11, 12, 13, 16], answerStart: 3 },
  { ids: [11, 12, 13, 17, 18, 19], answerStart: 3 },
];

test('answers to one prompt share it, as branches that begin at the same position', () => {
  const batch = toAnswerBatch(shared);
  assert.equal(numbers(batch.ids)!.slice(0, 9), [11, 12, 13, 14, 15, 16, 17, 18, 19]);
  assert.equal(numbers(batch.options?.positions)!.slice(0, 9), [0, 1, 2, 3, 4, 3, 3, 4, 5]);
  assert.equal(Array.from(batch.options!.branches![0]!), [0, 0, 0, 1, 1, 2, 3, 3, 3]);
  assert.equal(numbers(batch.targets), [14, 15, 23, 16, 17, 18, 19], 'answer by answer');
  assert.equal(numbers(batch.targetRows), [2, 3, 10, 2, 2, 6, 7]);
  assert.equal(numbers(batch.ends), [4, 11, 5, 8]);
  const cut = toAnswerBatch(shared, 1);
  assert.equal(numbers(cut.ids)!.slice(0, 6), [11, 12, 13, 14, 17, 18], 'without the last tokens');
  assert.equal(numbers(cut.targets), numbers(batch.targets));
});

test('what is said of answers that share a prompt, and its gradient, is what is said of each alone', () => {
  const model = tinyModel({ initializerRange: 0.3 }).eval();
  const run = (groups: (typeof shared)[]) => {
    model.zeroGrad();
    const values = groups.flatMap((group) => {
      const logProbs = tokenLogProbs(model, toAnswerBatch(group));
      logProbs.square().sum().backward();
      return numbers(logProbs)!;
    });
    return { values, gradients: model.parameters().map(({ grad }) => grad!.toArray().slice()) };
  };
  const [together, alone] = [run([shared]), run(shared.map((answer) => [answer]))];
  allClose(together.values, alone.values, { absolute: 1e-5 });
  for (const [i, gradient] of together.gradients.entries())
    allClose(gradient, alone.gradients[i]!, { absolute: 1e-4, relative: 1e-4 });
  assert.is(
    toAnswerBatch(shared).ids.size <
      toAnswerBatch(shared.map((a, i) => ({ ...a, ids: [i, ...a.ids.slice(1)] }))).ids.size,
    true,
  );
});

test('the same log-probabilities as each answer alone, in any order; with another question they differ', () => {
  noGrad(() => {
    const model = tinyModel({ initializerRange: 0.3 }).eval();
    const of = (some: typeof answers) => numbers(tokenLogProbs(model, toAnswerBatch(some)))!;
    const alone = answers.map((answer) => of([answer]));
    allClose(of(answers), alone.flat(), { absolute: 1e-5 });
    allClose(of(answers.toReversed()), alone.toReversed().flat(), { absolute: 1e-5 });
    const [first, ...others] = answers;
    const asked = of([{ ...first!, ids: [99, ...first!.ids.slice(1)] }, ...others]);
    assert.ok(differs(asked.slice(0, 2), alone[0]!, { absolute: 1e-3 }), 'control: the question is read');
    allClose(asked.slice(2), alone.slice(1).flat(), { absolute: 1e-5 });
  });
});

test.run();
