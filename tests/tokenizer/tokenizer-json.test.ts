import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { Random } from '../../src/tensor/random.ts';
import {
  makeVocabulary,
  readTokenizerJson,
  Tokenizer,
  tokenizerConfig,
  trainBpe,
  type Vocabulary,
  withControlTokens,
  writeTokenizerJson,
} from '../../src/tokenizer/index.ts';
import { sampleDocuments } from './sample.ts';

const vocabulary = trainBpe(sampleDocuments(), { vocabSize: 440 });
const prefixed: Vocabulary = { ...vocabulary, addDummyPrefix: true };

/** The file as an object, with `change` applied, written again. */
// biome-ignore lint/suspicious/noExplicitAny: a test that breaks a JSON file in many places
function changed(change: (file: Record<string, any>) => void): string {
  const file = JSON.parse(writeTokenizerJson(vocabulary));
  change(file);
  return JSON.stringify(file);
}

function refusal(text: string): string {
  try {
    readTokenizerJson(text, 'x.json');
  } catch (error) {
    assert.instance(error, UserError);
    return (error as UserError).message;
  }
  return '';
}

/** Texts of known and unknown characters, spaces and runs; no special token's name, which Hugging Face would find in it. */
function randomTexts(): string[] {
  const random = new Random(31);
  const documents = sampleDocuments();
  const alphabet = [
    ...documents.join(''),
    ' ',
    ' ',
    '\n',
    '\0',
    '龙',
    '😀',
    'é',
    '\uFEFF',
    '…',
    '—',
    't',
    'h',
    'e',
  ];
  return Array.from({ length: 300 }, (_, i) => {
    if (i % 3 === 0) return random.pick(documents) + ' '.repeat(random.int(3)) + random.pick(documents);
    return Array.from({ length: random.int(50) }, () => random.pick(alphabet)).join('');
  });
}

test('@huggingface/tokenizers gives the same ids, with and without dummy prefix', () => {
  for (const each of [vocabulary, prefixed]) {
    const own = new Tokenizer(each);
    const config = tokenizerConfig(own, { contextLength: 64 });
    const theirs = new HuggingFaceTokenizer(JSON.parse(writeTokenizerJson(each)), config);
    for (const text of randomTexts())
      assert.equal(theirs.encode(text).ids, own.encode(text), JSON.stringify(text));
  }
});

test('negative control: only one merge for each piece, as classical BPE has it, gives other ids', () => {
  const overlapping = makeVocabulary(['bc', 'ab', 'abc'], ['a', 'b', 'c', '▁']);
  const own = new Tokenizer(overlapping);
  const file = JSON.parse(writeTokenizerJson(overlapping));
  const config = tokenizerConfig(own, { contextLength: 64 });
  assert.equal(file.model.merges.slice(-2), [
    ['a', 'bc'],
    ['ab', 'c'],
  ]);
  assert.equal(new HuggingFaceTokenizer(file, config).encode('abc').ids, own.encode('abc'));
  file.model.merges.splice(-2, 1);
  assert.equal(own.encode('abc').length, 1);
  assert.equal(new HuggingFaceTokenizer(file, config).encode('abc').ids.length, 2);
  assert.match(refusal(JSON.stringify(file)), /model\.merges has 1 of the 2 ways to make "abc"/);
});

test('write, read: the same vocabulary', () => {
  assert.equal(readTokenizerJson(writeTokenizerJson(vocabulary)), vocabulary);
  assert.equal(readTokenizerJson(writeTokenizerJson(prefixed)), prefixed);
});

test('read: merges as "left right" texts, special tokens that stand in added_tokens only', () => {
  const texts = changed((file) => {
    file.model.merges = file.model.merges.map((pair: string[]) => pair.join(' '));
    for (const name of ['<|system|>', '<|user|>', '<|assistant|>']) delete file.model.vocab[name];
  });
  assert.equal(readTokenizerJson(texts), vocabulary);
});

test('malformed files are refused by the name of the field', () => {
  const json = writeTokenizerJson(vocabulary);
  assert.match(refusal(json.slice(0, -10)), /^x\.json is not valid JSON/);
  assert.match(refusal('[]'), /^x\.json must be an object, but it is an empty list/);
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const cases: [(file: Record<string, any>) => void, RegExp][] = [
    [(file) => delete file.model, /"model" must be an object, but it is missing/],
    [(file) => (file.model.type = 'Unigram'), /"model\.type" must be "BPE", but it is "Unigram"/],
    [(file) => (file.model.byte_fallback = false), /"model\.byte_fallback" must be true/],
    [
      (file) => (file.pre_tokenizer = { type: 'ByteLevel' }),
      /"pre_tokenizer" must be null, but it is an object/,
    ],
    [(file) => (file.model.vocab = []), /"model\.vocab" must be an object/],
    [
      (file) => (file.model.vocab.的 = 'x'),
      /"model\.vocab\.的" must be a whole number of at least 0, but it is "x"/,
    ],
    [(file) => (file.model.vocab.新 = 500), /no piece with id 440/],
    [(file) => (file.model.vocab.新 = 2 ** 32), /no piece with id 440/],
    [(file) => (file.model.vocab['新'.repeat(2000)] = 440), /piece 440 has 2000 characters/],
    [(file) => (file.model.vocab['\u001b[2J'] = 300), /the id of "\\u001b\[2J", is 300/],
    [(file) => (file.model.vocab.新 = 300), /is 300, but that is the id of/],
    [(file) => (file.model.merges = {}), /"model\.merges" must be a list/],
    [
      (file) => (file.model.merges[3] = ['a']),
      /"model\.merges\[3\]" must be a list of 2 or a text, but it is a list of 1/,
    ],
    [
      (file) => (file.model.merges[3] = ['x', 'y']),
      /model\.merges\[3\] must be two pieces of the vocabulary that make a third, but it is "x y"/,
    ],
    [(file) => file.model.merges.push(file.model.merges[0]), /must be beside the other merges of its piece/],
    [(file) => file.model.merges.pop(), /model\.merges has \d+ of the \d+ ways/],
    [(file) => (file.added_tokens = 5), /"added_tokens" must be a list/],
    [(file) => (file.added_tokens[2].id = '2'), /"added_tokens\[2\]\.id" must be a whole number/],
    [(file) => (file.added_tokens[2].content = 2), /"added_tokens\[2\]\.content" must be a text/],
    [(file) => (file.added_tokens[2].special = false), /"added_tokens\[2\]\.special" must be true/],
    [(file) => (file.added_tokens[2].id = 3), /is 3, but that is the id of/],
    [(file) => delete file.normalizer, /"normalizer" must be an object/],
    [(file) => (file.normalizer = { type: 'NFC' }), /"normalizer" must be Replace/],
    [(file) => file.normalizer.normalizers.unshift({ type: 'NFKC' }), /"normalizer" must be Replace/],
    [(file) => (file.model.unk_token = null), /0 unknown pieces/],
  ];
  for (const [change, message] of cases) assert.match(refusal(changed(change)), message);
});

test('any value at any place: a vocabulary, or one sentence', () => {
  const small = writeTokenizerJson(makeVocabulary(['ab', 'abc'], ['a', 'b', 'c', '▁']));
  const odd = [
    undefined,
    null,
    0,
    -1,
    1.5,
    2 ** 32,
    1e300,
    '',
    '\u001b[2J\n',
    'a b c',
    true,
    [],
    ['a'],
    {},
    { type: 'Sequence' },
  ];
  let read = 0;
  /** Every place below `holder`, each with every odd value in turn. */
  const visit = (root: object, holder: Record<string, unknown>) => {
    for (const name of [...Object.keys(holder).slice(0, 12), '__proto__', 'constructor']) {
      const { value: before } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
      const put = (value: unknown) =>
        Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
      for (const value of odd) {
        put(value);
        const message = refusal(JSON.stringify(root));
        if (message === '') read++;
        else assert.match(message, /^x\.json[: ].+$/);
        assert.not.match(message, /\p{Cc}/u);
      }
      if (before === undefined) delete holder[name];
      else put(before);
      if (before !== null && typeof before === 'object') visit(root, before as Record<string, unknown>);
    }
  };
  const root = JSON.parse(small) as Record<string, unknown>;
  visit(root, root);
  assert.equal(JSON.stringify(root), JSON.stringify(JSON.parse(small)), 'all is as it was');
  assert.ok(read > 200, `${read} were read`);
});

test('what merges cannot express is refused when writing', () => {
  const fails = (each: Vocabulary, message: RegExp) =>
    assert.throws(
      () => writeTokenizerJson(each),
      (error: Error) => error instanceof UserError && message.test(error.message),
    );
  fails(makeVocabulary(['ab'], ['a', '▁']), /piece "ab" has a character that is not a piece/);
  const base = makeVocabulary(['ab', 'ba'], ['a', 'b', '▁']);
  fails(
    { ...base, pieces: base.pieces.map((piece) => ({ ...piece, score: 0 })) },
    /pieces 262 and 263 share the score 0/,
  );
  fails(
    { ...base, pieces: [...base.pieces, { text: 'x', score: 0, kind: 'user-defined' }] },
    /piece 267 is user-defined/,
  );
});

test('random vocabularies: written and read back they encode every text alike, as Hugging Face does', () => {
  const random = new Random(41);
  let merged = 0;
  for (let round = 0; round < 60; round++) {
    const alphabet = random.shuffle(['a', 'b', '你', '▁', '😀']).slice(0, 2 + random.int(2));
    const texts = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const text = Array.from({ length: 2 + random.int(3) }, () => random.pick(alphabet)).join('');
      texts.add(text);
    }
    const made = makeVocabulary(
      random.shuffle([...texts]),
      [...new Set([...alphabet, '▁'])],
      random.int(2) === 0,
    );
    const json = writeTokenizerJson(made);
    const again = readTokenizerJson(json);
    assert.equal(
      again.pieces.map(({ text, kind }) => [text, kind]),
      made.pieces.map(({ text, kind }) => [text, kind]),
    );
    assert.is(again.addDummyPrefix, made.addDummyPrefix);
    const [own, back] = [new Tokenizer(made), new Tokenizer(again)];
    const theirs = new HuggingFaceTokenizer(JSON.parse(json), tokenizerConfig(own, { contextLength: 64 }));
    for (let i = 0; i < 8; i++) {
      const text = Array.from({ length: 1 + random.int(12) }, () => random.pick([...alphabet, ' ', 'x']))
        .join('')
        .replaceAll('▁', ' ');
      const ids = own.encode(text);
      if (ids.some((id) => [...own.pieceOf(id)].length > 2 && id > 261)) merged++;
      assert.equal(back.encode(text), ids, JSON.stringify([text, [...texts]]));
      assert.equal(theirs.encode(text).ids, ids, JSON.stringify([text, [...texts]]));
      assert.is(theirs.decode(ids), own.decode(ids));
    }
  }
  assert.ok(merged > 50, `control: ${merged} texts have a longer piece`);
});

test('the beginning, the end and padding are special tokens of these names, and those alone', () => {
  const made = makeVocabulary(['ab'], ['a', 'b', '▁']);
  const padded = withControlTokens(made, ['<pad>']);
  const read = (each: Vocabulary) => {
    const { bosId, eosId, padId } = readTokenizerJson(writeTokenizerJson(each));
    return [bosId, eosId, padId];
  };
  assert.equal(read(made), [1, 2, undefined]);
  assert.equal(read(padded), [1, 2, made.pieces.length]);
  const pieces = made.pieces.map((piece, id) => (id === 1 ? { ...piece, text: '[s]' } : piece));
  assert.equal(read({ ...made, pieces }), [undefined, 2, undefined]);
});

test.run();
