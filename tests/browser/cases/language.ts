/**
 * Tokenizer, generation and model files in a page, held to the stored answers of SentencePiece and Transformers that the tests in
 * Node use.
 */
import * as assert from 'uvu/assert';
import { decodeModel, filesToOpen } from '../../../src/formats/hf/model-files.ts';
import { decodeSafetensors } from '../../../src/formats/safetensors.ts';
import { streamText } from '../../../src/generation/chat.ts';
import { generate } from '../../../src/generation/generate.ts';
import { CausalLM } from '../../../src/models/causal-lm.ts';
import {
  type Backend,
  fromArray,
  noGrad,
  Random,
  reference,
  scope,
  setDefaults,
} from '../../../src/tensor/index.ts';
import {
  readSentencePieceModel,
  readTokenizerJson,
  Tokenizer,
  trainBpe,
} from '../../../src/tokenizer/index.ts';
import { allClose, differs } from '../../all-close.ts';
import { collect, ScriptedLM, tokenizer as smallTokenizer } from '../../generation/scripted.ts';
import { goldenConfig, idsOf, randomize, tinyConfig } from '../../models/tiny.ts';
import { sampleDocuments } from '../../tokenizer/sample.ts';
import { start } from '../engine.ts';
import type { PageCase } from '../page-case.ts';

async function load(path: string): Promise<Uint8Array> {
  const response = await fetch(`/tests/golden/${path}`);
  assert.ok(response.ok, `${path}: the server answers ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

const loadText = async (path: string) => new TextDecoder().decode(await load(path));

interface StoredIds {
  readonly text: string;
  readonly ids: number[];
  readonly decoded: string;
}

/** From tests/golden/checkpoint/expected.json. */
interface StoredAnswer {
  readonly texts: string[];
  readonly text_ids: number[][];
  readonly ids: number[];
  readonly logits: number[][];
}

/** Run `work` on each backend in turn, as the default one. */
async function onEach(work: (backend: Backend) => Promise<void>): Promise<string> {
  const wasm = await start({ threads: 2 });
  try {
    for (const backend of [reference, wasm]) {
      setDefaults({ backend });
      await work(backend);
    }
  } finally {
    setDefaults({ backend: reference });
    wasm.stop();
  }
  return 'reference and wasm';
}

/** Greedy without a cache: the whole text again for every token. */
function slowly(model: CausalLM, prompt: readonly number[], count: number): number[] {
  const text = [...prompt];
  for (let made = 0; made < count; made++) {
    const logits = scope(() =>
      noGrad(() => model.forward(idsOf([text])).slice(1, text.length - 1)),
    ).toArray() as Float32Array;
    text.push(logits.indexOf(Math.max(...logits)));
  }
  return text.slice(prompt.length);
}

export const cases: readonly PageCase[] = [
  {
    name: 'the tokenizer gives the ids of SentencePiece and the text back',
    async run() {
      const stored = JSON.parse(await loadText('tokenizer/expected.json'));
      let texts = 0;
      for (const name of ['own', 'prefix'] as const) {
        const model = new Tokenizer(readSentencePieceModel(await load(`tokenizer/${name}/tokenizer.model`)));
        const json = new Tokenizer(readTokenizerJson(await loadText(`tokenizer/${name}/tokenizer.json`)));
        for (const { text, ids, decoded } of stored[name] as StoredIds[]) {
          assert.equal(model.encode(text), ids, text);
          assert.equal(json.encode(text), ids, text);
          assert.is(model.decode(ids), decoded);
          texts++;
        }
      }
      return `${texts} texts`;
    },
  },
  {
    name: 'a tokenizer is trained',
    run() {
      const tokenizer = new Tokenizer(trainBpe(sampleDocuments(), { vocabSize: 420 }));
      assert.is(tokenizer.vocabSize, 420);
      const text = '中国的首都是北京。🐼 a = b\n';
      assert.is(tokenizer.decode(tokenizer.encode(text)), text);
      assert.ok(tokenizer.encode('的首都是').length < 4);
      return undefined;
    },
  },
  {
    name: 'a model directory is opened from its bytes, and its logits are those of Transformers',
    async run() {
      const names = filesToOpen(() => true);
      const contents = await Promise.all(names.map((name) => load(`checkpoint/${name}`)));
      const files = new Map(names.map((name, i) => [name, contents[i]!])); // one of each
      const expected = JSON.parse(await loadText('checkpoint/expected.json')) as StoredAnswer;
      const on = await onEach(async () => {
        const { model, tokenizer } = decodeModel(files, 'checkpoint');
        assert.equal(
          expected.texts.map((text) => tokenizer.encode(text)),
          expected.text_ids,
        );
        const logits = await noGrad(() => model.forward(idsOf([expected.ids]))).read();
        const tolerance = { absolute: 1e-4, relative: 0 };
        allClose(logits, expected.logits.flat(), tolerance);
        // Control: the comparison notices one wrong number in a vocabulary.
        const wrong = Float64Array.from(logits);
        wrong[wrong.length - 1]! += 1e-3;
        assert.ok(differs(wrong, expected.logits.flat(), tolerance));
      });
      files.delete('config.json');
      assert.throws(() => decodeModel(files, 'checkpoint'), /Cannot read checkpoint\/config\.json/);
      return on;
    },
  },
  {
    name: 'greedy generation says what Transformers says',
    async run() {
      const answers = decodeSafetensors(await load('generation.safetensors'), 'generation').tensors;
      const weights = decodeSafetensors(await load('model.safetensors'), 'model').tensors;
      return onEach(async () => {
        for (const name of ['tied', 'untied']) {
          const model = new CausalLM(goldenConfig(name === 'tied'), new Random(1)).eval();
          const state = [...model.namedParameters().keys()].map((key) => {
            const { values, shape } = weights.get(`${name}/weights/${key}`)!; // else the next line throws
            return [key, fromArray(values.slice(), shape)] as const;
          });
          model.loadState(new Map(state));
          const ids = [...answers.get(`greedy.${name}/ids`)!.values];
          assert.equal(await collect(generate(model, ids.slice(0, 4), { maxNewTokens: 12 })), ids.slice(4));
        }
      });
    },
  },
  {
    name: 'with the cache the same tokens as without',
    run: () =>
      onEach(async () => {
        const model = randomize(new CausalLM(tinyConfig, new Random(1)).eval(), 6, 0.5);
        for (const prompt of [[5], [1, 2, 3], [7, 7, 12, 0, 4]]) {
          const found = await collect(generate(model, prompt, { maxNewTokens: 10 }));
          assert.equal(found, slowly(model, prompt, 10));
        }
      }),
  },
  {
    name: 'an answer streams character by character, and the page goes on in between',
    async run() {
      const text = '天空是蓝色的，🐼 也是蓝色的。';
      // Messages to ourselves, one after the other, as long as the event loop turns.
      let turns = 0;
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        turns++;
        port2.postMessage(null);
      };
      port2.postMessage(null);
      const pieces: string[] = [];
      const at: number[] = [];
      const model = new ScriptedLM().willSay(text);
      for await (const piece of streamText(model, smallTokenizer, [5, 6], { maxNewTokens: 50 })) {
        pieces.push(piece);
        at.push(turns);
      }
      port1.close();
      assert.is(pieces.join(''), text);
      assert.ok(pieces.length > 8, `${pieces.length} pieces`);
      assert.not.ok(pieces.some((piece) => piece.includes('\uFFFD')));
      for (let i = 1; i < at.length; i++)
        assert.ok(at[i]! > at[i - 1]!, `the page stood still before piece ${i}`);
      return pieces.join('|');
    },
  },
];
