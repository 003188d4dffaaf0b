/** Three tokens under two layers of one head: the first rests on the first token, the second looks back. */
export const T = 3;
const shares = (rows: number[][]) => Float64Array.from(rows.flat());
const resting = shares([
  [1, 0, 0],
  [1, 0, 0],
  [1, 0, 0],
]);
const looking = shares([
  [1, 0, 0],
  [0.5, 0.5, 0],
  [0, 0.996, 0.004],
]);
export const attention = {
  tokens: ['<b>', '中', '</script>'],
  question: '',
  answer: '',
  answerStart: 2,
  heads: [[resting], [looking]],
};
