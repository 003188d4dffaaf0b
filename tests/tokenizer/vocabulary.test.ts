/** The vocabulary: what it promises, and the order of our own. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { makeVocabulary, Tokenizer, type Vocabulary, withControlTokens } from '../../src/tokenizer/index.ts';

test('a vocabulary that breaks a promise is refused', () => {
  const good = makeVocabulary(['ab'], ['a', 'b', '▁']);
  const with_ = (pieces: Vocabulary['pieces']): Vocabulary => ({ ...good, pieces });
  const normal = (text: string, score = 0) => ({ text, score, kind: 'normal' as const });
  const cases: [Vocabulary, RegExp][] = [
    [with_([...good.pieces, normal('ab')]), /pieces 262 and 266 are both "ab"/],
    [with_([...good.pieces, normal('')]), /piece 266 is empty/],
    [with_([...good.pieces, normal('c', Number.NaN)]), /score NaN/],
    [with_(good.pieces.slice(1)), /0 unknown pieces/],
    [with_(good.pieces.filter((_, id) => id !== 100)), /255 of the 256 byte pieces/],
    [with_([...good.pieces, { text: '<0xZZ>', score: 0, kind: 'byte' }]), /must look like <0x0A>/],
    [{ ...good, eosId: 266 }, /eos id is 266, but the ids end at 265/],
  ];
  for (const [vocabulary, message] of cases) {
    assert.throws(
      () => new Tokenizer(vocabulary),
      (error: Error) => error instanceof UserError && message.test(error.message),
    );
  }
});

test('our own: merged pieces score by their rank, characters come after them, names already there are kept', () => {
  const { pieces, addDummyPrefix, bosId, eosId, padId } = makeVocabulary(['ab', 'abc'], ['a', 'b', 'c']);
  assert.equal(
    pieces.slice(262).map(({ text, score }) => [text, score]),
    [
      ['ab', 0],
      ['abc', -1],
      ['a', -2],
      ['b', -3],
      ['c', -4],
    ],
  );
  assert.equal([addDummyPrefix, bosId, eosId, padId], [false, 1, 2, undefined]);
  const more = withControlTokens(makeVocabulary([], ['a']), ['<|user|>', '<|observation|>']);
  assert.equal(more.pieces.at(-1), { text: '<|observation|>', score: 0, kind: 'control' });
  assert.is(more.pieces.length, 264);
});

test.run();
