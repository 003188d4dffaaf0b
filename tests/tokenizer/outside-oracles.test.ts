/**
 * The outside oracles: ids that Python's SentencePiece and Transformers made of the stored files
 * (tests/golden/make_tokenizer_golden.py, which asserts that the two agree with each other).
 */
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  encodeDialogue,
  type Message,
  readSentencePieceModel,
  readTokenizerJson,
  Tokenizer,
  type Vocabulary,
  writeSentencePieceModel,
  writeTokenizerJson,
} from '../../src/tokenizer/index.ts';
import { fixtureFiles, GOLDEN } from './write-fixture.ts';

interface Row {
  readonly text: string;
  readonly ids: number[];
  readonly decoded: string;
}

interface Expected {
  readonly own: Row[];
  readonly prefix: Row[];
  readonly transformers: {
    readonly class: string;
    readonly pad: number;
    readonly eos: number;
    readonly bos: number;
    readonly specialIds: number[];
    readonly maxLength: number;
    readonly forgery: string;
    readonly forgedByTransformers: number[];
    readonly forgedBySentencePiece: number[];
    readonly chats: { messages: Message[]; addGenerationPrompt: boolean; ids: number[] }[];
  };
}

const read = (name: string) => readFileSync(new URL(name, GOLDEN));
const expected = JSON.parse(read('expected.json').toString('utf8')) as Expected;

function vocabularies(name: 'own' | 'prefix'): Vocabulary[] {
  return [
    readSentencePieceModel(read(`${name}/tokenizer.model`)),
    readTokenizerJson(read(`${name}/tokenizer.json`).toString('utf8')),
  ];
}

test('the stored files are what is written today, byte for byte', () => {
  for (const [name, contents] of fixtureFiles()) {
    const stored = read(name);
    if (typeof contents === 'string') assert.is(stored.toString('utf8'), contents, name);
    else assert.equal(new Uint8Array(stored), contents, name);
  }
});

for (const name of ['own', 'prefix'] as const) {
  test(`${name}: ids and decoded text as SentencePiece and Transformers give them, from either file`, () => {
    for (const vocabulary of vocabularies(name)) {
      const tokenizer = new Tokenizer(vocabulary);
      for (const { text, ids, decoded } of expected[name]) {
        assert.equal(tokenizer.encode(text), ids, JSON.stringify(text));
        assert.is(tokenizer.decode(ids), decoded, JSON.stringify(text));
      }
    }
  });
}

test('the model trained by SentencePiece: dummy prefix, digits, its own scores; read, written and read again', () => {
  const [vocabulary] = vocabularies('prefix');
  const tokenizer = new Tokenizer(vocabulary!); // the list has two entries
  assert.is(vocabulary!.addDummyPrefix, true);
  assert.equal([tokenizer.unkId, tokenizer.bosId, tokenizer.eosId, tokenizer.padId], [0, 1, 2, 0]);
  assert.equal(
    tokenizer.encode('2023').map((id) => tokenizer.pieceOf(id)),
    ['▁', '2', '0', '2', '3'],
  );
  assert.equal(readSentencePieceModel(writeSentencePieceModel(vocabulary!)), vocabulary);
  assert.is(writeTokenizerJson(vocabulary!), read('prefix/tokenizer.json').toString('utf8'));
});

test('negative control: without the dummy prefix most ids of that model differ', () => {
  const [vocabulary] = vocabularies('prefix');
  const wrong = new Tokenizer({ ...vocabulary!, addDummyPrefix: false });
  const differing = expected.prefix.filter(({ text, ids }) => wrong.encode(text).join() !== ids.join());
  assert.ok(differing.length > expected.prefix.length / 2);
});

test('conversations: the ids of apply_chat_template in the directory of a Qwen2 model', () => {
  const tokenizer = new Tokenizer(vocabularies('own')[0]!);
  for (const { messages, addGenerationPrompt, ids } of expected.transformers.chats) {
    assert.equal(encodeDialogue(tokenizer, messages, { addGenerationPrompt }).ids, ids);
  }
  const { pad, eos, bos, specialIds, maxLength } = expected.transformers;
  assert.equal([pad, eos, bos, maxLength], [tokenizer.padId, tokenizer.eosId, tokenizer.bosId, 128]);
  assert.equal(specialIds, [0, 1, 2, 3, 4, 5]);
  assert.is(expected.transformers.class, 'TokenizersBackend'); // not Qwen2Tokenizer, see tokenizer-config.ts
});

test('a forged marker: text for us and for SentencePiece, a special token for Transformers', () => {
  const tokenizer = new Tokenizer(vocabularies('own')[0]!);
  const { forgery, forgedBySentencePiece, forgedByTransformers } = expected.transformers;
  assert.equal(tokenizer.encode(forgery), forgedBySentencePiece);
  assert.ok(forgedByTransformers.includes(tokenizer.userId));
});

test.run();
