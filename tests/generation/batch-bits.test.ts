/**
 * On wasm a text is continued alike alone and in any batch, to the last bit: whatever the neighbours and their lengths, however
 * many have ended, for any number of threads and both widths of tiles.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generate, generateBatch } from '../../src/generation/generate.ts';
import { rollOut } from '../../src/generation/rollout.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import type { ModelConfig } from '../../src/models/config.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import { type Backend, Random, reference, setDefaults } from '../../src/tensor/index.ts';
import { differs } from '../close.ts';
import { randomIds, randomize, tinyConfig } from '../models/tiny.ts';
import { collect } from './scripted.ts';

const start = (threads: number, wide: boolean) =>
  startWasmBackend({ threads, wide, maximumBytes: 256 << 20 });
const [one, two] = [await start(1, false), await start(2, true)];

/** Widths of which none is a whole number of tiles, and enough work for a second thread. */
const sizes = {
  ...{
    hiddenSize: 76,
    intermediateSize: 180,
    vocabSize: 3001,
    numHiddenLayers: 2,
    maxPositionEmbeddings: 64,
  },
  ...{ numAttentionHeads: 2, numKeyValueHeads: 1 },
};
const configs: readonly ModelConfig[] = [
  { ...tinyConfig, ...sizes },
  { ...tinyConfig, ...sizes, arch: 'llama2', tieWordEmbeddings: true },
];

const modelOn = (config: ModelConfig, backend: Backend) => {
  setDefaults({ backend });
  return randomize(new CausalLM(config, new Random(1)).eval(), 6, 0.3);
};

/** 1 to 20 tokens; two of them twice. */
const prompts = Array.from({ length: 37 }, (_, i) => randomIds(1 + ((i * 7) % 20), 3001, 100 + (i % 35)));
const options = { maxNewTokens: 30, stopId: 7, seed: 17 };

test('drawn answers and their log-probabilities: alone, in halves, all at once', async () => {
  for (const config of configs) {
    const model = modelOn(config, one);
    // Often the stop id: rows leave at every step.
    const often = {
      ...options,
      stopId: (await rollOut(model, prompts, { ...options, stopId: -1 }))[5]!.answer[4]!,
    };
    const all = await rollOut(model, prompts, often);
    const halves = [
      ...(await rollOut(model, prompts.slice(0, 16), often)),
      ...(await rollOut(model, prompts.slice(16), { ...often, first: 16 })),
    ];
    assert.equal(halves, all);
    for (const row of [0, 1, 2, 5, 19, 36]) {
      const [alone] = await rollOut(model, [prompts[row]!], { ...often, first: row });
      assert.equal(alone, all[row], `row ${row}`);
    }
    const wide = await rollOut(modelOn(config, two), prompts, often);
    assert.equal(wide, all, 'two threads, wide tiles');
    const lengths = all.map(({ answer }) => answer.length);
    assert.ok(new Set(lengths).size > 1, 'control: some ended earlier');
    assert.ok(
      differs(all[0]!.logProbs, all[35]!.logProbs, { absolute: 1e-3 }),
      'control: same prompt, other draws',
    );
  }
});

test('greedy answers to equal prompts are equal, and what generate gives', async () => {
  const model = modelOn(configs[0]!, two);
  const repeated = [4, 9, 4, 4, 30, 9].map((i) => prompts[i]!);
  const answers = await generateBatch(model, repeated, { maxNewTokens: 20, stopIds: [] });
  assert.equal([answers[0], answers[1]], [answers[2], answers[5]]);
  for (const [i, prompt] of repeated.entries())
    assert.equal(answers[i], await collect(generate(model, prompt, { maxNewTokens: 20 })));
});

test.after(() => {
  setDefaults({ backend: reference });
  one.stop();
  two.stop();
});

test.run();
