/**
 * A batch of answers as tensors: for the log-probabilities of their tokens, and for the reward at their ends.
 *
 * Answers to one prompt share it: the prompt is there once, and its answers follow as branches that do not see each other. Several
 * of such bundles share a row; each sees itself only (attention by document), and positions are counted as if every answer stood
 * alone. So what the model says of an answer depends neither on its neighbours nor on the filler. Targets come answer by answer,
 * in the order given.
 *
 *   ids         <|user|> 你 好 吗 </s> <|assistant|> 我 很 好 </s> 不 好 </s>
 *   positions   0        1  2  3  4    5             6  7  8  9    6  7  8
 *   branches    0        0  0  0  0    0             1  1  1  1    2  2  2
 *
 * Shapes: ids, positions [B, T]; targets, targetRows, owners [N]; ends [A].
 */
import { type Answer, bundle, packLengths } from '../data/rows/answers.ts';
import type { AnswerBatch } from '../losses/log-probs.ts';
import { fromArray } from '../tensor/index.ts';

/**
 * Make the tensors of a batch (inside the scope of a step: they are released with it). `cut` 1 leaves out the last token of each
 * answer, which predicts nothing; there are no `ends` then.
 */
export function toAnswerBatch(answers: readonly Answer[], cut: 0 | 1 = 0): AnswerBatch {
  const bundles = bundle(answers, cut);
  const { rows: B, width: T, places } = packLengths(bundles.map(({ length }) => length));
  const ids = new Int32Array(B * T);
  const positions = new Int32Array(B * T);
  const table = () => Array.from({ length: B }, () => new Uint16Array(T));
  const [documents, branches] = [table(), table()];
  const rowsOf = answers.map((): number[] => []);
  const ends = new Int32Array(answers.length);
  for (const [b, { prompt, members }] of bundles.entries()) {
    const { row, column } = places[b]!;
    let next = column;
    const put = (id: number, position: number, branch: number) => {
      const at = row * T + next;
      ids[at] = id;
      positions[at] = position;
      documents[row]![next] = b + 1; // 0 is the filler
      branches[row]![next++] = branch;
      return at;
    };
    let last = 0;
    for (const [t, id] of prompt.entries()) last = put(id, t, 0);
    const lastOfPrompt = last;
    for (const [m, a] of members.entries()) {
      const answer = answers[a]!;
      last = lastOfPrompt;
      for (let t = answer.answerStart; t < answer.ids.length; t++) {
        rowsOf[a]!.push(last);
        if (t < answer.ids.length - cut) last = put(answer.ids[t]!, t, m + 1);
      }
      ends[a] = last;
    }
  }
  const owners = answers.flatMap((answer, a) =>
    new Array<number>(answer.ids.length - answer.answerStart).fill(a),
  );
  const isShared = bundles.length < answers.length;
  const isPacked = B < bundles.length; // else what stands behind a bundle is filler, and the future anyway
  return {
    answers: answers.length,
    ids: fromArray(ids, [B, T]),
    options: {
      ...(isPacked ? { documents } : {}),
      positions: fromArray(positions, [B, T]),
      counted: documents,
      ...(isShared ? { branches } : {}),
    },
    targets: vector(answers.flatMap((answer) => answer.ids.slice(answer.answerStart))),
    targetRows: vector(rowsOf.flat()),
    owners: vector(owners),
    ends: fromArray(ends, [ends.length]),
  };
}

function vector(values: readonly number[]) {
  return fromArray(Int32Array.from(values), [values.length]);
}
