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
  const { ids, options } = toAnswerBatch(answers.slice(0, 2));
  assert.equal(numbers(ids)!.slice(5), [21, 22, 0, 0, 0]);
  assert.equal(Array.from(options!.documents![1]!), [2, 2, 0, 0, 0]);
  assert.is(options!.counted, options!.documents);
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
