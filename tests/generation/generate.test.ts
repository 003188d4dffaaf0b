/** Generation: greedy continuations against Transformers, ends, errors, batches. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/errors.ts';
import { generate, generateBatch } from '../../src/generation/generate.ts';
import { penalizeRepetition } from '../../src/generation/processors.ts';
import { greedy, indexOfMax } from '../../src/generation/sampler.ts';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { type HostArray, noGrad, Random, scope, scopeSize } from '../../src/tensor/index.ts';
import { allClose, Golden } from '../close.ts';
import { everyArchitecture, goldenConfig, idsOf, randomIds, randomize, tinyConfig } from '../models/tiny.ts';
import { collect, errorOf } from './scripted.ts';

const golden = new Golden('generation');
const weights = new Golden('model');

function load(tied: boolean): CausalLM {
  const model = new CausalLM(goldenConfig(tied), new Random(1)).eval();
  const prefix = `${tied ? 'tied' : 'untied'}/weights/`;
  const names = [...model.namedParameters().keys()];
  model.loadState(new Map(names.map((name) => [name, weights.tensor(prefix + name)])));
  return model;
}

const list = (key: string) => Array.from(golden.values(key));

for (const name of ['greedy.tied', 'greedy.untied', 'greedy.untied.repetition_penalty=1.3']) {
  test(`${name}: the twelve tokens and the scores they were chosen from`, async () => {
    const model = load(name === 'greedy.tied');
    const ids = list(`${name}/ids`);
    const key = `${name}/repetition_penalty`;
    const repetitionPenalty = golden.has(key) ? golden.number(key) : 1;
    const found = await collect(generate(model, ids.slice(0, 4), { maxNewTokens: 12, repetitionPenalty }));
    assert.equal(found, ids.slice(4));
    const logits = model.forward(idsOf([ids.slice(0, -1)])).slice(1, 3);
    allClose(logits.toArray(), golden.values(`${name}/logits`), { absolute: 1e-4, relative: 1e-4 });
  });
}

test('the golden continuation is not what ignoring the penalty gives', () => {
  assert.not.equal(list('greedy.untied/ids'), list('greedy.untied.repetition_penalty=1.3/ids'));
});

const model = randomize(new CausalLM(tinyConfig, new Random(1)).eval(), 6, 0.5); // context 16, 13 tokens
const prompt = [1, 2, 3];

/** Greedy without a cache: the whole text again for every token. */
function slowly(ids: readonly number[], count: number, own = model): number[] {
  const text = [...ids];
  for (let made = 0; made < count && text.length <= own.config.maxPositionEmbeddings; made++) {
    const logits = noGrad(() =>
      own
        .forward(idsOf([text]))
        .slice(1, text.length - 1)
        .toArray(),
    );
    text.push(logits.indexOf(Math.max(...logits)));
  }
  return text.slice(ids.length);
}

test('with the cache the same tokens as without, up to the end of the context', async () => {
  for (const ids of [prompt, [5], [7, 7, 12, 0, 4]]) {
    const found = await collect(generate(model, ids, { maxNewTokens: 50 }));
    assert.equal(found, slowly(ids, 50));
    assert.is(found.length, 16 - ids.length + 1, 'the token after a full context is the last');
  }
  assert.is((await collect(generate(model, randomIds(16, 13, 1), { maxNewTokens: 5 }))).length, 1);
});

test('limits and stop ids; the stop id itself is not given out', async () => {
  const all = slowly(prompt, 8);
  assert.equal(await collect(generate(model, prompt, { maxNewTokens: 0 })), []);
  assert.equal(await collect(generate(model, prompt, { maxNewTokens: 3 })), all.slice(0, 3));
  const stop = all[4]!;
  const stopped = await collect(generate(model, prompt, { maxNewTokens: 8, stopIds: [stop] }));
  assert.equal(stopped, all.slice(0, all.indexOf(stop)));
});

test('everything else gets its turn between two tokens', async () => {
  let turns = 0;
  let going = true;
  const count = () => {
    turns++;
    if (going) setImmediate(count);
  };
  setImmediate(count);
  const at: number[] = [];
  for await (const _ of generate(model, prompt, { maxNewTokens: 6 })) at.push(turns);
  going = false;
  for (let i = 1; i < at.length; i++) assert.ok(at[i]! > at[i - 1]!, `${at}`);
});

test('sampling: the seed decides', async () => {
  const tokens = (seed: number) =>
    collect(generate(model, prompt, { maxNewTokens: 12, temperature: 3, seed }));
  assert.equal(await tokens(1), await tokens(1));
  assert.not.equal(await tokens(1), await tokens(2));
  assert.equal(
    await collect(generate(model, prompt, { maxNewTokens: 12, temperature: 3, topK: 1, seed: 5 })),
    slowly(prompt, 12),
    'top-k 1 is greedy',
  );
});

test('prompts that cannot be read are refused', async () => {
  const cases: [ids: number[], message: RegExp][] = [
    [[], /the prompt is empty; give at least one token/],
    [randomIds(17, 13, 1), /the prompt has 17 tokens, the model's context only 16/],
    [[1, 13], /there is no token 13, the vocabulary has 13/],
    [[-1], /there is no token -1/],
    [[1.5], /there is no token 1\.5/],
  ];
  for (const [ids, message] of cases) {
    for (const promise of [
      collect(generate(model, ids, { maxNewTokens: 2 })),
      generateBatch(model, [prompt, ids], { maxNewTokens: 2, stopIds: [] }),
    ]) {
      const error = await errorOf(promise);
      assert.ok(error instanceof UserError && message.test(error.message), error.message);
    }
  }
  const error = await errorOf(collect(generate(model, prompt, { maxNewTokens: 2, topP: 2 })));
  assert.match(error.message, /top-p/);
});

test('a reader who stops early leaves nothing behind', async () => {
  for await (const id of generate(model, prompt, { maxNewTokens: 8 })) {
    assert.is(id, slowly(prompt, 1)[0]);
    break;
  }
  assert.is(scopeSize(), 0);
  scope(() => assert.is(scopeSize(), 0));
});

test('generateBatch = generate for each prompt alone, with stop ids', async () => {
  const prompts = [[1, 2, 3], [9], [4, 4, 8, 0, 2, 6], [7, 12]];
  for (const stopIds of [[], [slowly(prompt, 3)[2]!], [0, 1, 2, 3]]) {
    const alone: number[][] = [];
    for (const ids of prompts) alone.push(await collect(generate(model, ids, { maxNewTokens: 6, stopIds })));
    assert.equal(await generateBatch(model, prompts, { maxNewTokens: 6, stopIds }), alone, `stop ${stopIds}`);
  }
  assert.equal(await generateBatch(model, [], { maxNewTokens: 6, stopIds: [] }), []);
});

test('generateBatch: a long prompt in the batch does not shorten the answers to the others', async () => {
  const prompts = [[1, 2, 3], randomIds(15, 13, 4), [9], randomIds(16, 13, 5)];
  const alone: number[][] = [];
  for (const ids of prompts) alone.push(await collect(generate(model, ids, { maxNewTokens: 40 })));
  assert.equal(
    alone.map((ids) => ids.length),
    [14, 2, 16, 1],
  );
  assert.equal(await generateBatch(model, prompts, { maxNewTokens: 40, stopIds: [] }), alone);
});

test('a model of every architecture, cached, in batches of any lengths = the whole text again for every token', async () => {
  for (const [arch, own] of Object.entries(everyArchitecture)) {
    const each = randomize(new CausalLM(own, new Random(2)).eval(), 9, 0.5);
    const context = own.maxPositionEmbeddings;
    const prompts = [
      randomIds(5, 13, 1),
      randomIds(1, 13, 2),
      randomIds(context, 13, 3),
      randomIds(9, 13, 4),
    ];
    for (const maxNewTokens of [1, 4, 50]) {
      const expected = prompts.map((ids) => slowly(ids, maxNewTokens, each));
      assert.equal(await generateBatch(each, prompts, { maxNewTokens, stopIds: [] }), expected, arch);
      for (const [i, ids] of prompts.entries())
        assert.equal(await collect(generate(each, ids, { maxNewTokens })), expected[i], arch);
      for (const [i, ids] of expected.entries())
        assert.is(ids.length, Math.min(maxNewTokens, context - prompts[i]!.length + 1));
    }
  }
});

test('each row is asked with its own scores, once per step, until it has ended; the stop id ends it alone', async () => {
  const prompts = [randomIds(3, 13, 1), randomIds(6, 13, 2), randomIds(2, 13, 3)];
  const asked: number[] = [];
  const script = [
    [4, 5, 0],
    [6, 0],
    [7, 8, 9, 10],
  ];
  const answers = await generateBatch(model, prompts, {
    ...{ maxNewTokens: 4, stopIds: [0] },
    async choose(logits, rows) {
      const scores = logits.toArray();
      return rows.map((row, place) => idFor(scores.slice(13 * place, 13 * (place + 1)), row));
    },
  });
  function idFor(logits: HostArray, row: number): number {
    const made = asked.filter((other) => other === row).length;
    asked.push(row);
    const text = [...prompts[row]!, ...script[row]!.slice(0, made)];
    const expected = noGrad(() =>
      model
        .forward(idsOf([text]))
        .slice(1, text.length - 1)
        .toArray(),
    );
    allClose(logits, expected, { absolute: 1e-4 }, `row ${row}, token ${made}`);
    return script[row]![made]!;
  }
  assert.equal(answers, [[4, 5], [6], [7, 8, 9, 10]]);
  assert.equal(asked, [0, 1, 2, 0, 1, 2, 0, 2, 2]);
});

test('without settings greedy; the penalty sees the prompt; without a seed always the same', async () => {
  const plain = await collect(generate(model, prompt, { maxNewTokens: 6 }));
  assert.equal(await collect(generate(model, prompt, { ...greedy, maxNewTokens: 6 })), plain);
  const first = (repetitionPenalty: number) =>
    collect(generate(model, [plain[0]!, ...prompt], { maxNewTokens: 1, repetitionPenalty }));
  const scores = noGrad(() =>
    model
      .forward(idsOf([[plain[0]!, ...prompt]]))
      .slice(1, 3)
      .toArray(),
  );
  const best = indexOfMax(scores);
  const penalized = Float32Array.from(scores);
  penalizeRepetition(penalized, [plain[0]!, ...prompt], 50);
  assert.equal([await first(1), await first(50)], [[best], [indexOfMax(penalized)]]);
  const drawn = { maxNewTokens: 12, temperature: 3 };
  const unseeded = await collect(generate(model, prompt, drawn));
  assert.equal(unseeded, await collect(generate(model, prompt, { ...drawn, seed: 0 })));
});

test.run();
