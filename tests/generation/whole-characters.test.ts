/** Text of a model that prefers torn bytes is whole all the same, greedily and drawn, up to every limit. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { streamText } from '../../src/generation/chat.ts';
import { generate } from '../../src/generation/generate.ts';
import { ByteTokens, bytesFrom, WholeCharacters } from '../../src/generation/whole-characters.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { fromArray, Random, type Tensor } from '../../src/tensor/index.ts';
import { FIRST_BYTE_ID } from '../../src/tokenizer/index.ts';
import { tinyConfig } from '../models/tiny.ts';
import { collect, tokenizer } from './scripted.ts';

const bytes = new ByteTokens(tokenizer.vocabulary.pieces);
const byteId = (byte: number) => FIRST_BYTE_ID + byte;
const idsOf = (text: string) => [...Buffer.from(text)].map(byteId);

/** Bytes, each as likely as any other and far more likely than text: nearly nothing that it says by itself is UTF-8. */
class Tearing extends CausalLM {
  private readonly noise = new Random(5);

  constructor(context = 64) {
    const changes = { vocabSize: tokenizer.vocabSize, numHiddenLayers: 1, maxPositionEmbeddings: context };
    super({ ...tinyConfig, ...changes }, new Random(1));
  }

  override logits(hidden: Tensor): Tensor {
    const scores = Float32Array.from({ length: this.config.vocabSize }, (_, id) => {
      return bytes.byteOf[id]! >= 128 ? 20 + this.noise.float() : 0;
    });
    return fromArray(scores, [...hidden.shape.slice(0, -1), this.config.vocabSize]);
  }
}

const fatal = new TextDecoder('utf-8', { fatal: true });
const isWhole = (sequence: readonly number[]) => {
  try {
    fatal.decode(Uint8Array.from(sequence));
    return true;
  } catch {
    return false;
  }
};

test('a byte is allowed exactly where some text goes on with it', () => {
  const random = new Random(3);
  const canEnd = (sequence: readonly number[]): boolean =>
    isWhole(sequence) ||
    [128, 143, 144, 159, 160, 191].some((next) => isWhole([...sequence, next])) ||
    [128, 144, 160, 191].some((a) => isWhole([...sequence, a, 128])) ||
    [128, 144, 160, 191].some((a) => isWhole([...sequence, a, 128, 128]));
  let allowed = 0;
  for (let round = 0; round < 300; round++) {
    const text = String.fromCodePoint(random.pick([65, 233, 0x4e2d, 0xffff, 0xd7ff, 0x1f600, 0x10ffff]));
    const whole = [...Buffer.from(text)];
    const begun = whole.slice(0, random.int(whole.length + 1));
    const watch = new WholeCharacters(bytes, begun.map(byteId));
    for (let byte = 0; byte < 256; byte++) {
      const fine = watch.allows(byteId(byte), 4);
      const isControl = (byte < 32 && ![9, 10, 13].includes(byte)) || byte === 127;
      assert.is(fine, !isControl && canEnd([...begun, byte]), `${begun} then ${byte}`);
      if (fine) allowed++;
    }
    assert.is(watch.allows(tokenizer.eosId, 4), isWhole(begun), 'text, and the end, between characters only');
  }
  assert.ok(allowed > 1000);
});

test('a character is begun only where the limit has room for its last byte', () => {
  const watch = new WholeCharacters(bytes);
  for (let byte = 0; byte < 256; byte++)
    for (let left = 1; left <= 4; left++)
      assert.is(watch.allows(byteId(byte), left), bytesFrom(byte) > 0 && bytesFrom(byte) <= left);
  assert.equal([65, 128, 193, 194, 224, 240, 244, 245].map(bytesFrom), [1, 0, 0, 2, 3, 4, 4, 0]);
  assert.equal([0, 7, 9, 10, 13, 27, 32, 127].map(bytesFrom), [0, 0, 1, 1, 1, 0, 1, 0]);
});

test('what is allowed keeps its score, the rest has none; a prompt cut within a character is gone on with', () => {
  const logits = new Float32Array(tokenizer.vocabSize).fill(1);
  new WholeCharacters(bytes, idsOf('中').slice(0, 2)).restrict(logits, 1);
  const left = [...logits.keys()].filter((id) => logits[id] !== -Infinity);
  assert.equal(
    left,
    Array.from({ length: 64 }, (_, i) => byteId(128 + i)),
  );
  assert.ok(left.every((id) => logits[id] === 1));
});

test('a model that tears: every text is valid UTF-8, whatever the limit, the context and the draws', async () => {
  let characters = 0;
  for (const temperature of [0, 0.7, 1]) {
    for (let limit = 1; limit <= 24; limit++) {
      const options = { maxNewTokens: limit, temperature, seed: limit, ...(limit % 2 ? { topK: 3 } : {}) };
      const context = limit % 3 === 0 ? 12 : 64;
      const found = (
        await collect(streamText(new Tearing(context), tokenizer, [tokenizer.eosId], options))
      ).join('');
      assert.not.match(found, /\uFFFD/);
      characters += [...found].length;
    }
  }
  assert.ok(characters > 300, `${characters} characters`);
});

test('control: without the processor the same model tears', async () => {
  const ids = await collect(generate(new Tearing(), [tokenizer.eosId], { maxNewTokens: 24, temperature: 1 }));
  assert.match(tokenizer.decode(ids), /\uFFFD/);
});

test.run();
