/** The mixture of experts: what it computes, how it learns, and that the sparse way is the plain way. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Collector } from '../../src/nn/collector.ts';
import { everyExpert, groupedExperts, MoE, type MoEOptions, type MoEPass, maskOf } from '../../src/nn/moe.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import { createGpuBackend } from '../../src/tensor/backends/gpu/index.ts';
import {
  type Backend,
  fromArray,
  GradcheckError,
  gradcheck,
  noGrad,
  Random,
  randn,
  reference,
  scope,
  type Tensor,
  tensor,
  withDefaults,
  zeros,
} from '../../src/tensor/index.ts';
import { allClose, differs } from '../close.ts';
import { float64, gradientsOf, randomize, TIGHT } from '../models/tiny.ts';

const silent: MoEPass = { counted: null, collect: null };
const sizes = { dim: 6, experts: 4, expertsPerToken: 2, hiddenDim: 4, sharedHiddenDim: 8 } as const;

function make(changes: Partial<MoEOptions> = {}, seed = 1): MoE {
  return randomize(
    new MoE({ ...sizes, balancing: 'loss', random: new Random(seed), ...changes }),
    seed + 10,
    0.6,
  );
}

function input(rows = 5, seed = 7): Tensor {
  return randn([2, rows, sizes.dim], new Random(seed));
}

/** The parts of the formula. */
function parts(moe: MoE, x: Tensor) {
  const tokens = x.reshape([-1, sizes.dim]);
  const probabilities = moe.gate.forward(tokens).softmax(-1);
  const shared = moe.sharedExpertGate.forward(tokens).sigmoid().mul(moe.sharedExpert.forward(tokens));
  return { tokens, probabilities, shared };
}

/** What the layer tells a collector. */
function listen() {
  const collect = new Collector({ losses: true, numbers: true });
  return {
    collect,
    balance: () => collect.losses.get('balance')![0]!,
    number: (name: string) => collect.numbers.get(name)![0]!,
  };
}

test('parameters have the names and shapes of Qwen2MoeForCausalLM', () => {
  const names = [...make({ experts: 2 }).namedParameters()].map(([name, { shape }]) => `${name} [${shape}]`);
  const expert = (e: number) => [
    `experts.${e}.gate_proj.weight [4,6]`,
    `experts.${e}.up_proj.weight [4,6]`,
    `experts.${e}.down_proj.weight [6,4]`,
  ];
  assert.equal(names, [
    'gate.weight [2,6]',
    ...expert(0),
    ...expert(1),
    'shared_expert.gate_proj.weight [8,6]',
    'shared_expert.up_proj.weight [8,6]',
    'shared_expert.down_proj.weight [6,8]',
    'shared_expert_gate.weight [1,6]',
  ]);
});

test('token by token: the k likeliest experts, weighted with their probabilities, and the shared expert', () => {
  float64(() => {
    const moe = make();
    const x = input();
    const { tokens, probabilities, shared } = parts(moe, x);
    const y = moe.forward(x, silent);
    assert.equal(y.shape, x.shape);
    for (let t = 0; t < 10; t++) {
      const token = tokens.slice(0, t, t + 1);
      const p = [...probabilities.slice(0, t, t + 1).toArray()];
      const best = p
        .map((_, e) => e)
        .sort((a, b) => p[b]! - p[a]!)
        .slice(0, 2);
      const expected = best
        .map((e) => moe.experts[e]!.forward(token).mul(p[e]!))
        .reduce((a, b) => a.add(b))
        .add(shared.slice(0, t, t + 1));
      allClose(
        y
          .reshape([10, sizes.dim])
          .slice(0, t, t + 1)
          .toArray(),
        expected.toArray(),
        TIGHT,
        `token ${t}`,
      );
    }
  });
});

test('the shared expert is really added', () => {
  float64(() => {
    const moe = make();
    const x = input();
    const { shared } = parts(moe, x);
    const whole = moe.forward(x, silent).reshape(shared.shape);
    moe.sharedExpert.downProj.weight.assign(moe.sharedExpert.downProj.weight.detach().mul(0));
    const routed = moe.forward(x, silent).reshape(shared.shape);
    allClose(whole.sub(routed).toArray(), shared.toArray(), TIGHT);
    assert.ok(differs(whole.toArray(), routed.toArray(), { absolute: 0.01 }), 'control: it is not nothing');
  });
});

for (const expertsPerToken of [1, 2, 4]) {
  test(`grouped experts are every expert with zero weights: values and all gradients, k = ${expertsPerToken}`, () => {
    float64(() => {
      const moe = make({ expertsPerToken });
      // An expert that nobody wants: its rows are empty.
      if (expertsPerToken < 4) {
        moe.gate.weight.slice(0, 3, 4).assign(moe.gate.weight.detach().slice(0, 3, 4).mul(0));
        moe.gate.weight.slice(0, 0, 1).assign(moe.gate.weight.detach().slice(0, 1, 2).mul(-1));
      }
      const dy = randn([10, sizes.dim], new Random(3));
      const run = (way: 'grouped' | 'every' | 'unweighted') => {
        moe.zeroGrad();
        const x = input().requireGrad();
        const { tokens, probabilities } = parts(moe, x);
        const chosen = moe.choose(probabilities) as Int32Array;
        const mask = maskOf(chosen, probabilities);
        const y =
          way === 'grouped'
            ? groupedExperts(moe.experts, tokens, probabilities, chosen)
            : everyExpert(
                moe.experts,
                tokens,
                way === 'every' ? probabilities : probabilities.mul(0).add(1),
                mask,
              );
        y.backward({ gradient: dy });
        const wanted = [...moe.namedParameters()].filter(([name]) => !name.startsWith('shared'));
        return [y, x.grad!, ...wanted.map(([, { grad }]) => grad!)].map((value) =>
          Float64Array.from(value.toArray()),
        );
      };
      const [grouped, every, unweighted] = [run('grouped'), run('every'), run('unweighted')];
      for (const [i, values] of grouped.entries()) allClose(values, every[i]!, TIGHT, `result ${i}`);
      assert.ok(
        differs(grouped[0]!, unweighted[0]!, { absolute: 0.01 }),
        'control: weights matter to the values',
      );
      assert.ok(
        differs(grouped[2]!, unweighted[2]!, { absolute: 0.01 }),
        'control: and to the gradient of the router',
      );
    });
  });
}

test('a backend that cannot be read at once computes the same, with gradients for all', async () => {
  const { readSync: _, ...unreadable } = reference;
  const run = (backend: Backend) =>
    withDefaults({ backend, dtype: 'float64' }, () => {
      const moe = make();
      const x = input().requireGrad();
      const y = moe.forward(x, silent);
      y.backward({ gradient: randn(y.shape, new Random(3)) });
      return [y, x.grad!, ...moe.parameters().map(({ grad }) => grad!)];
    });
  const [sparse, dense] = [run(reference), run(unreadable)];
  assert.throws(() => dense[0]!.toArray(), /can only be read/);
  for (const [i, tensor] of sparse.entries())
    allClose(await dense[i]!.read(), await tensor.read(), TIGHT, `result ${i}`);
});

test('the gradient of the text reaches the router, also with one expert per token', () => {
  float64(() => {
    const moe = make({ expertsPerToken: 1 });
    const x = input();
    const dy = randn([10, sizes.dim], new Random(3));
    moe.forward(x, silent).reshape(dy.shape).backward({ gradient: dy });
    assert.ok(Math.max(...moe.gate.weight.grad!.toArray().map(Math.abs)) > 1e-3);

    // Control: renormalised over the one chosen, the weight is 1 whatever the router says.
    moe.zeroGrad();
    const { tokens, probabilities } = parts(moe, x);
    const mask = maskOf(moe.choose(probabilities) as Int32Array, probabilities);
    const kept = probabilities.mul(mask);
    everyExpert(moe.experts, tokens, kept.div(kept.sum(-1, { keepDim: true })), mask).backward({
      gradient: dy,
    });
    assert.ok(Math.max(...moe.gate.weight.grad!.toArray().map(Math.abs)) < 1e-12);
  });
});

test('identical experts are one dense part times the sum of the chosen probabilities, and 1 if all are chosen', () => {
  float64(() => {
    for (const expertsPerToken of [2, 4]) {
      const moe = make({ expertsPerToken });
      const [first] = moe.experts;
      for (const expert of moe.experts) expert.loadState(first!.namedParameters());
      const x = input();
      const { tokens, probabilities, shared } = parts(moe, x);
      const sum = probabilities.topK(expertsPerToken).values.sum(-1, { keepDim: true });
      const y = moe.forward(x, silent).reshape(shared.shape);
      allClose(y.toArray(), first!.forward(tokens).mul(sum).add(shared).toArray(), TIGHT);
      const unweighted = first!.forward(tokens).add(shared).toArray();
      if (expertsPerToken === 4) allClose(y.toArray(), unweighted, TIGHT);
      else
        assert.ok(
          differs(y.toArray(), unweighted, { absolute: 0.01 }),
          'control: less than 1 for two of four',
        );
    }
  });
});

test('experts that change places together with their router rows change nothing', () => {
  float64(() => {
    const [moe, other] = [make(), make()];
    const order = [2, 0, 3, 1];
    for (const [to, from] of order.entries()) {
      other.experts[to]!.loadState(moe.experts[from]!.namedParameters());
    }
    const x = input();
    const y = moe.forward(x, silent).toArray();
    assert.ok(differs(other.forward(x, silent).toArray(), y, { absolute: 0.01 }), 'control: experts alone');
    other.gate.weight.assign(moe.gate.weight.detach().indexSelect(0, tensor(order).to('int32')));
    allClose(other.forward(x, silent).toArray(), y, TIGHT);
  });
});

/** A layer and an input of which no token's choice is close. */
function clearCut(): { moe: MoE; x: Tensor } {
  const moe = make();
  const x = input(3, 5);
  const sorted = parts(moe, x).probabilities.sort({ descending: true }).values;
  const gaps = sorted
    .slice(1, 1, 2)
    .sub(sorted.slice(1, 2, 3))
    .toArray();
  assert.ok(Math.min(...gaps) > 1e-3, `a choice hangs on ${Math.min(...gaps)}`);
  return { moe, x };
}

test('central differences of the whole layer, and of the balance loss', () => {
  float64(() => {
    const { moe, x } = clearCut();
    x.requireGrad();
    const worst = gradcheck(() => moe.forward(x, silent), [x, ...moe.parameters()]);
    assert.ok(worst < 1e-6, `worst relative error ${worst}`);
    const balance = () => {
      const { collect, balance } = listen();
      moe.forward(x, { counted: null, collect });
      return balance();
    };
    gradcheck(balance, [x, moe.gate.weight]);
    // Control: weights cut off from the router.
    const detached = () => {
      const { tokens, probabilities } = parts(moe, x);
      return groupedExperts(
        moe.experts,
        tokens,
        probabilities.detach(),
        moe.choose(probabilities) as Int32Array,
      );
    };
    assert.throws(
      () => gradcheck(detached, [x]),
      (error: Error) => error instanceof GradcheckError,
    );
  });
});

test('statistics: nothing is dropped, choices add up to T k, filler does not count', () => {
  float64(() => {
    const moe = make();
    const x = input();
    for (const counted of [
      null,
      tensor([
        [0, 0, 1, 1, 1],
        [1, 1, 1, 1, 1],
      ]),
    ]) {
      const { collect, number } = listen();
      moe.forward(x, { counted, collect });
      const { probabilities } = parts(moe, x);
      const choices = new Array<number>(4).fill(0);
      for (const [slot, expert] of (moe.choose(probabilities) as Int32Array).entries()) {
        if (counted === null || slot >= 4) choices[expert]!++;
      }
      const total = counted === null ? 20 : 16;
      assert.is(
        choices.reduce((a, b) => a + b),
        total,
      );
      allClose(
        number('load').toArray(),
        choices.map((count) => count / total),
        TIGHT,
      );
      assert.is(number('dropped').item(), 0);
      assert.ok(number('entropy').item() > 0 && number('entropy').item() < Math.log(4));
      assert.is(collect.losses.get('balance')!.length, 1);
    }
  });
});

test('who wants only numbers gets no loss, and a layer nobody listens to computes neither', () => {
  const moe = make();
  const collect = new Collector({ numbers: true });
  moe.forward(input(), { counted: null, collect });
  assert.is(collect.losses.size, 0);
  assert.equal([...collect.numbers.keys()], ['load', 'entropy', 'dropped']);
  let launches = 0;
  const counting: Backend = {
    ...reference,
    binary: (...args) => {
      launches++;
      return reference.binary(...args);
    },
  };
  const launchesOf = (pass: MoEPass) => {
    launches = 0;
    withDefaults({ backend: counting }, () => make().forward(input(), pass));
    return launches;
  };
  assert.ok(launchesOf(silent) < launchesOf({ counted: null, collect }));
});

test('an expert without tokens has gradients of zeros, and the optimizer still decays it', () => {
  const moe = make({ expertsPerToken: 1 });
  const rows = moe.gate.weight.detach().clone();
  rows.slice(0, 1, 4).assign(rows.slice(0, 1, 4).mul(0));
  moe.gate.weight.assign(rows);
  const x = rows.slice(0, 0, 1).reshape([1, 1, sizes.dim]).mul(5); // everyone prefers expert 0
  const optimizer = new AdamW(moe, { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.5 });
  moe.forward(x, silent).sum().backward();
  const idle = moe.experts[2]!.upProj.weight;
  assert.ok(idle.grad!.toArray().every((value) => value === 0));
  const before = Float32Array.from(idle.toArray());
  optimizer.update(0.1);
  allClose(
    idle.toArray(),
    before.map((value) => value * 0.95),
    { absolute: 1e-6, relative: 1e-5 },
  );
});

test('a bias changes the choice and never the weight', () => {
  float64(() => {
    const moe = make({ balancing: 'bias' });
    const x = input();
    const { tokens, probabilities } = parts(moe, x);
    const before = moe.choose(probabilities) as Int32Array;
    moe
      .keptState()
      .get('choice_bias')!
      .assign(tensor([0, 0, 0, 5]));
    const after = moe.choose(probabilities) as Int32Array;
    assert.ok(differs(before, after, { absolute: 0 }), 'another choice');
    for (let token = 0; token < 10; token++)
      assert.is(after[2 * token], 3, 'expert 3 is the first choice of all');
    const { shared } = parts(moe, x);
    const y = moe.forward(x, silent).reshape(shared.shape).toArray();
    const mask = maskOf(after, probabilities);
    allClose(y, everyExpert(moe.experts, tokens, probabilities, mask).add(shared).toArray(), TIGHT);
    const biased = probabilities.add(tensor([0, 0, 0, 5]));
    const wrong = everyExpert(moe.experts, tokens, biased, mask).add(shared).toArray();
    assert.ok(differs(y, wrong, { absolute: 0.01 }), 'control: a bias in the weights would be seen');
  });
});

test('the bias follows the tokens learned from, once each, and evens out the load', () => {
  const moe = make({ balancing: 'bias', expertsPerToken: 1 });
  const bias = moe.keptState().get('choice_bias')!;
  const x = randn([1, 400, sizes.dim], new Random(9), { mean: 0.5 });
  const largestLoad = () => {
    const { collect, number } = listen();
    noGrad(() => moe.forward(x, { counted: null, collect }));
    return Math.max(...number('load').toArray());
  };
  const start = largestLoad();
  assert.ok(start > 0.3, `it starts uneven: ${start}`);
  moe.moveBias(0.1);
  assert.equal([...bias.toArray()], [0, 0, 0, 0], 'evaluation alone moves nothing');
  scope(() => moe.forward(x, { counted: zeros([1, 400]), collect: null }));
  moe.moveBias(0.1);
  assert.equal([...bias.toArray()], [0, 0, 0, 0], 'nor does filler');
  for (let step = 0; step < 150; step++) {
    scope(() => moe.forward(x, silent));
    moe.moveBias(0.004);
  }
  assert.ok(largestLoad() < 0.27, `${start} became ${largestLoad()}`);
  assert.ok(bias.toArray().some((value) => value !== 0));
  assert.ok(
    ![...moe.namedParameters().keys()].some((name) => name.includes('bias')),
    'it is not a parameter',
  );
});

test('a bias put back chooses as before; balancing by a loss has none', () => {
  const [moe, resumed] = [make({ balancing: 'bias' }), make({ balancing: 'bias' })];
  for (let step = 0; step < 5; step++) {
    scope(() => moe.forward(input(40), silent));
    moe.moveBias(0.1);
  }
  const { probabilities } = parts(moe, input(40));
  const chosen = moe.choose(probabilities) as Int32Array;
  assert.ok(
    differs(resumed.choose(probabilities) as Int32Array, chosen, { absolute: 0 }),
    'control: without it',
  );
  for (const [name, state] of moe.keptState()) resumed.keptState().get(name)!.assign(state);
  assert.equal(resumed.choose(probabilities), chosen);
  assert.is(make().keptState().size, 0);
});

test('on wasm: one thread and two give the same bits, close to the reference', async () => {
  const run = () => {
    const random = new Random(4);
    const moe = new MoE({
      ...{ dim: 64, experts: 8, expertsPerToken: 2, hiddenDim: 56, sharedHiddenDim: 64 },
      ...{ balancing: 'loss', random, std: 0.2 },
    });
    const x = randn([2, 70, 64], random).requireGrad();
    const { collect, balance } = listen();
    const y = moe.forward(x, { counted: null, collect });
    y.mul(randn(y.shape, random)).sum().add(balance()).backward();
    return new Map([
      ['y', Float64Array.from(y.toArray())],
      ['dx', Float64Array.from(x.grad!.toArray())],
      ...gradientsOf(moe),
    ]);
  };
  const expected = run();
  const results: Map<string, Float64Array>[] = [];
  for (const threads of [1, 2]) {
    const backend = await startWasmBackend({ threads });
    results.push(withDefaults({ backend }, run));
    backend.stop();
  }
  for (const [name, values] of results[0]!) {
    assert.equal(values, results[1]!.get(name), name);
    allClose(values, expected.get(name)!, { absolute: 2e-4, relative: 1e-4 }, name);
  }
});

for (const balancing of ['loss', 'bias'] as const) {
  test(`on the gpu backend, balanced by a ${balancing}: all that comes out equals the reference`, async () => {
    const gpu = await createGpuBackend({ mode: 'webasm' });
    const run = (backend: Backend) =>
      withDefaults({ backend }, () => {
        const moe = make({ balancing });
        const state = [...moe.keptState().values()];
        for (const bias of state) bias.assign(fromArray(Float32Array.of(0.3, 0, 0, -0.3), [4]));
        const x = input().requireGrad();
        const counted = fromArray(Float32Array.of(0, 1, 1, 1, 1, 1, 1, 1, 1, 1), [2, 5]);
        const { collect, balance, number } = listen();
        const y = moe.forward(x, { counted, collect });
        const loss = y.mul(randn(y.shape, new Random(3))).sum();
        (balancing === 'loss' ? loss.add(balance()) : loss).backward();
        assert.is(collect.losses.size, balancing === 'loss' ? 1 : 0);
        moe.moveBias(0.125);
        return [
          loss,
          y,
          x.grad!,
          number('load'),
          number('entropy'),
          ...state,
          ...moe.parameters().map(({ grad }) => grad!),
        ];
      });
    const [actual, expected] = [run(gpu), run(reference)];
    for (const [i, tensor] of expected.entries()) {
      allClose(
        await actual[i]!.read(),
        await tensor.read(),
        { absolute: 2e-5, relative: 2e-5 },
        `result ${i}`,
      );
    }
    await gpu.stop();
  });
}

test('a token cannot go to more experts than there are, or to none', () => {
  for (const expertsPerToken of [0, 5, Number.NaN]) {
    assert.throws(
      () => make({ expertsPerToken }),
      new RegExp(`cannot go to ${expertsPerToken} of 4 experts`),
    );
  }
});

test('an update moves the bias by all choices since the last one, once', () => {
  const moe = make({ balancing: 'bias', expertsPerToken: 2 });
  const bias = moe.keptState().get('choice_bias')!;
  const texts = [input(7), input(30), randn([2, 9, sizes.dim], new Random(4))];
  const expected = new Array<number>(sizes.experts).fill(0);
  for (const x of texts) {
    const probabilities = noGrad(() => moe.gate.forward(x.reshape([-1, sizes.dim])).softmax(-1));
    for (const expert of moe.choose(probabilities) as Int32Array) expected[expert]!++;
    scope(() => moe.forward(x, silent));
  }
  const mean = expected.reduce((sum, count) => sum + count, 0) / sizes.experts;
  const signs = expected.map((count) => 1e-3 * Math.sign(mean - count));
  assert.ok(signs.some((step) => step > 0) && signs.some((step) => step < 0), 'control');
  moe.afterUpdate();
  allClose(bias.toArray(), signs, { absolute: 1e-9 });
  moe.afterUpdate();
  allClose(bias.toArray(), signs, { absolute: 1e-9 }, 'without new choices it stays');
  moe.train();
  noGrad(() => moe.forward(texts[0]!, silent));
  moe.afterUpdate();
  allClose(
    bias.toArray(),
    signs,
    { absolute: 1e-9 },
    'what is not learned from does not count, also in training mode',
  );
  const { collect, number } = listen();
  moe.eval().forward(texts[0]!, { counted: null, collect });
  assert.is(collect.losses.size, 0, 'no loss beside the bias');
  assert.is(number('load').size, sizes.experts);
});

test.run();
