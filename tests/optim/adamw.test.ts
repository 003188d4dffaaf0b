/** AdamW against PyTorch and against its formula, what decays, and going on from a saved state. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CausalLM } from '../../src/models/causal-lm.ts';
import { Module, type Parameter } from '../../src/nn/module.ts';
import { AdamW, type AdamWOptions } from '../../src/optim/adamw.ts';
import { clipFactor, gradientNorm } from '../../src/optim/clip.ts';
import { startWasmBackend } from '../../src/platform/node.ts';
import { ones, Random, randn, type Tensor, withDefaults, zeros } from '../../src/tensor/index.ts';
import { allClose, differs, Golden, sameNumbers, type Tolerance } from '../close.ts';
import { float64, idsOf, tinyConfig, tinyModel } from '../models/tiny.ts';

const golden = new Golden('optim');
const usual: AdamWOptions = { beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1 };

class Pair extends Module {
  readonly matrix: Parameter;
  readonly gain: Parameter;
  constructor() {
    super();
    this.matrix = this.parameter(golden.tensor('adamw.matrix/start'));
    this.gain = this.parameter(golden.tensor('adamw.gain/start'));
  }
}

const names = ['matrix', 'gain'] as const;

/** Five golden steps; gradients are divided by `scale` before and multiplied by it inside the optimizer. */
function run(
  options: AdamWOptions,
  check: (pair: Pair, step: number, optimizer: AdamW) => void,
  scale = 1,
): void {
  float64(() => {
    const pair = new Pair();
    const optimizer = new AdamW(pair, options);
    for (let step = 0; step < 5; step++) {
      for (const name of names) {
        pair[name].grad = golden
          .tensor(`adamw.${name}/gradients`)
          .slice(0, step, step + 1)
          .squeeze(0)
          .div(scale);
      }
      optimizer.update(golden.number('adamw/lr'), scale);
      check(pair, step, optimizer);
    }
  });
}

const after = (name: string, step: number) => {
  return golden
    .tensor(`adamw.${name}/after`)
    .slice(0, step, step + 1)
    .toArray();
};

for (const scale of [1, 0.25]) {
  test(`five steps and both moments as in PyTorch, gradients scaled by ${scale}`, () => {
    const exact = { absolute: 1e-12, relative: 1e-12 };
    run(
      usual,
      (pair, step, optimizer) => {
        assert.is(optimizer.step, step + 1);
        for (const name of names) {
          allClose(pair[name].toArray(), after(name, step), exact, `${name} after step ${step}`);
          if (step < 4) continue;
          for (const moment of ['exp_avg', 'exp_avg_sq']) {
            const own = optimizer.state().get(`${name}.${moment}`)!;
            allClose(own.toArray(), golden.values(`adamw.${name}/${moment}`), exact, `${name}.${moment}`);
          }
        }
      },
      scale,
    );
  });
}

test('negative controls: another eps, beta or decay shows at the first or second step', () => {
  for (const changes of [{ eps: 1e-3 }, { beta1: 0.8 }, { beta2: 0.99 }, { weightDecay: 0 }]) {
    run({ ...usual, ...changes }, (pair, step) => {
      if (step === 1) assert.ok(differs(pair.matrix.toArray(), after('matrix', step), { absolute: 1e-6 }));
    });
  }
});

interface Numbers {
  readonly p: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
}

/** One update, number by number, straight from the paper (algorithm 2). */
function byFormula(
  { p, m, v }: Numbers,
  g: ArrayLike<number>,
  { beta1, beta2, eps }: AdamWOptions,
  { t, lr, scale, decay }: { t: number; lr: number; scale: number; decay: number },
): void {
  for (let i = 0; i < p.length; i++) {
    const gradient = g[i]! * scale;
    m[i] = beta1 * m[i]! + (1 - beta1) * gradient;
    v[i] = beta2 * v[i]! + (1 - beta2) * gradient ** 2;
    const [mean, square] = [m[i]! / (1 - beta1 ** t), v[i]! / (1 - beta2 ** t)];
    p[i] = p[i]! - lr * (mean / (Math.sqrt(square) + eps) + decay * p[i]!);
  }
}

/** Parameters of odd sizes, one number, a vector longer than a chunk of the wasm kernel, and the embedding. */
class Mixed extends Module {
  readonly embed_tokens: Module;
  readonly wide: Parameter;
  readonly long: Parameter;
  readonly cube: Parameter;
  readonly one: Parameter;
  constructor(random: Random) {
    super();
    this.embed_tokens = new Table(random);
    this.wide = this.parameter(randn([5, 7], random));
    this.long = this.parameter(randn([4099], random));
    this.cube = this.parameter(randn([2, 3, 3], random));
    this.one = this.parameter(randn([1], random));
  }
}

class Table extends Module {
  readonly weight: Parameter;
  constructor(random: Random) {
    super();
    this.weight = this.parameter(randn([11, 3], random));
  }
}

/** Two values of each setting, all of them different from the defaults of anything. */
const settings: readonly AdamWOptions[] = [0, 1].flatMap((a) =>
  [0, 1].flatMap((b) =>
    [0, 1].map((c) => ({
      beta1: [0.9, 0.3][a]!,
      beta2: [0.95, 0.7][b]!,
      eps: [1e-8, 0.05][c]!,
      weightDecay: [0.1, 0.4][(a + b + c) % 2]!,
      decayEmbeddings: (a + c) % 2 === 1,
    })),
  ),
);

/** Four updates by the optimizer on this backend, and the same by the formula in float64. */
function againstFormula(
  options: AdamWOptions,
  defaults: Parameters<typeof withDefaults>[0],
  tolerance: Tolerance,
) {
  withDefaults(defaults, () => {
    const model = new Mixed(new Random(3));
    const optimizer = new AdamW(model, options);
    const random = new Random(4);
    const own = new Map<string, Numbers>();
    for (const [name, parameter] of model.namedParameters()) {
      const p = Float64Array.from(parameter.toArray());
      own.set(name, { p, m: new Float64Array(p.length), v: new Float64Array(p.length) });
    }
    for (let t = 1; t <= 4; t++) {
      const [lr, scale] = [[0.01, 0.2, 0.05, 0.1][t - 1]!, [1, 0.5, 3, 0][t - 1]!];
      for (const [name, parameter] of model.namedParameters()) {
        const skipped = name === 'cube' && t === 2; // a part of the model that this batch did not use
        parameter.grad = skipped ? null : randn(parameter.shape, random);
        if (skipped) continue;
        const isTable = name === 'embed_tokens.weight';
        const decays = isTable ? options.decayEmbeddings === true : parameter.rank >= 2;
        const decay = decays ? options.weightDecay : 0;
        byFormula(own.get(name)!, parameter.grad!.toArray(), options, { t, lr, scale, decay }); // made above
      }
      optimizer.update(lr, scale);
    }
    assert.is(optimizer.step, 4);
    assert.is(own.size, 5);
    for (const [name, { p, m, v }] of own) {
      const state = (moment: string) => optimizer.state().get(`${name}.${moment}`)?.toArray() ?? [];
      const found = new Map(model.namedParameters()).get(name)?.toArray() ?? [];
      allClose(found, p, tolerance, `${name} with ${JSON.stringify(options)}`);
      allClose(state('exp_avg'), m, tolerance, `${name}.exp_avg`);
      allClose(state('exp_avg_sq'), v, tolerance, `${name}.exp_avg_sq`);
    }
  });
}

test('two values of each setting, parameters of all sizes, some without a gradient: as the formula says', () => {
  for (const options of settings) {
    againstFormula(options, { dtype: 'float64' }, { absolute: 1e-13, relative: 1e-12 });
  }
});

test('the same on wasm', async () => {
  const backend = await startWasmBackend({ threads: 2, maximumBytes: 64 << 20 });
  for (const options of settings) {
    againstFormula(options, { backend, dtype: 'float32' }, { absolute: 2e-6, relative: 5e-6 });
  }
  backend.stop();
});

test('an update without any gradient counts as a step and changes nothing', () => {
  const pair = new Pair();
  const before = [pair.matrix, pair.gain].map((p) => p.toArray());
  const optimizer = new AdamW(pair, usual);
  optimizer.update(0.1);
  assert.is(optimizer.step, 1);
  for (const [i, p] of [pair.matrix, pair.gain].entries()) sameNumbers(p.toArray(), before[i]!);
});

test('clipped: the update is that of gradients scaled to the limit, and no other than the given ones below it', () => {
  float64(() => {
    const step = (limit: number, divide: (norm: number) => number) => {
      const pair = new Pair();
      for (const name of names) pair[name].grad = pair[name].detach().mul(10).clone();
      const norm = gradientNorm(pair).item();
      for (const name of names) pair[name].grad = pair[name].detach().mul(10 / divide(norm));
      const optimizer = new AdamW(pair, { ...usual, eps: 1 }); // with a small eps the length would not matter
      optimizer.update(0.1, clipFactor(gradientNorm(pair).item(), limit));
      return [...pair.matrix.toArray(), ...pair.gain.toArray()];
    };
    for (const limit of [0.5, 2]) {
      allClose(
        step(limit, () => 1),
        step(0, (norm) => norm / limit),
        { absolute: 1e-6 },
      );
      assert.ok(
        differs(
          step(limit, () => 1),
          step(0, () => 1),
          { absolute: 1e-3 },
        ),
        'control',
      );
    }
    allClose(
      step(1e6, () => 1),
      step(0, () => 1),
      { absolute: 0 },
    );
  });
});

test('decay acts on the matrices of the layers: no gain, no bias, no embedding unless asked for', () => {
  const model = new CausalLM({ ...tinyConfig, numHiddenLayers: 1, tieWordEmbeddings: false }, new Random(1));
  const layer = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'];
  const mlp = ['mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj'];
  const matrices = [...layer, ...mlp].map((name) => `model.layers.0.${name}.weight`);
  /** The parameters that an update with gradients of zero changes. */
  const decayed = (options: AdamWOptions) => {
    const optimizer = new AdamW(model, { ...options, weightDecay: 0.1 });
    const parameters = [...model.namedParameters()];
    for (const [, parameter] of parameters) {
      parameter.assign(ones(parameter.shape)); // a bias of zero would hide its decay
      parameter.grad = zeros(parameter.shape);
    }
    optimizer.update(0.1);
    return parameters.filter(([, parameter]) => parameter.toArray()[0] !== 1).map(([name]) => name);
  };
  assert.equal(decayed(usual), [...matrices, 'lm_head.weight']);
  assert.equal(decayed({ ...usual, decayEmbeddings: true }), [
    'model.embed_tokens.weight',
    ...matrices,
    'lm_head.weight',
  ]);
});

test('with a gradient of zero only decay moves a weight: p (1 - lr wd), and nothing without it', () => {
  for (const weightDecay of [0.1, 0]) {
    float64(() => {
      const pair = new Pair();
      const before = pair.matrix.toArray();
      const gain = pair.gain.toArray();
      for (const name of names) pair[name].grad = pair[name].detach().mul(0);
      new AdamW(pair, { ...usual, weightDecay }).update(0.5);
      allClose(
        pair.matrix.toArray(),
        before.map((p) => p * (1 - 0.5 * weightDecay)),
        { absolute: 1e-15 },
      );
      assert.equal(pair.gain.toArray(), gain);
    });
  }
});

test('the first step is lr long for every weight, whatever its gradient (bias correction)', () => {
  float64(() => {
    const pair = new Pair();
    const before = pair.gain.toArray();
    pair.gain.grad = pair.gain.detach().mul(1e-3);
    new AdamW(pair, usual).update(0.01);
    const moved = pair.gain.toArray().map((p, i) => Math.abs(p - before[i]!));
    allClose(
      moved,
      moved.map(() => 0.01),
      { absolute: 1e-6 },
    );
  });
});

test('parameters without a gradient stay as they are, also from decay; frozen ones have no state', () => {
  const pair = new Pair();
  const before = pair.matrix.toArray();
  pair.gain.grad = golden.tensor('adamw.gain/start');
  new AdamW(pair, usual).update(0.1);
  assert.equal(pair.matrix.toArray(), before);
  pair.matrix.requireGrad(false);
  assert.equal([...new AdamW(pair, usual).state().keys()], ['gain.exp_avg', 'gain.exp_avg_sq']);
});

test('state and loadState: the continued run has the same bits', () => {
  const random = new Random(4);
  const gradients = Array.from({ length: 6 }, () => randn([13, 16], random));
  const make = () => {
    const model = new CausalLM(tinyConfig, new Random(2));
    return { model, optimizer: new AdamW(model, usual) };
  };
  const step = ({ model, optimizer }: ReturnType<typeof make>, n: number) => {
    model.zeroGrad();
    model
      .forward(idsOf([[1, 2, 3]]))
      .slice(1, 0, 1)
      .reshape([1, 13])
      .mul(gradients[n]!.slice(1, 0, 1).transpose())
      .sum()
      .backward();
    optimizer.update(0.01 * (n + 1));
  };
  const straight = make();
  for (let n = 0; n < 6; n++) step(straight, n);

  const first = make();
  for (let n = 0; n < 3; n++) step(first, n);
  const saved = new Map([...first.optimizer.state()].map(([name, t]) => [name, t.clone()]));
  const weights = new Map([...first.model.namedParameters()].map(([name, p]) => [name, p.detach().clone()]));
  const resume = (state: ReadonlyMap<string, Tensor>, at: number) => {
    const second = make();
    second.model.loadState(weights);
    second.optimizer.loadState(state, at);
    for (let n = 3; n < 6; n++) step(second, n);
    return second.model.parameters().map((p) => p.toArray());
  };
  const expected = straight.model.parameters().map((p) => p.toArray());
  assert.equal(resume(saved, 3), expected);
  assert.not.equal(resume(saved, 0), expected, 'the step number matters');
  saved.delete('model.norm.weight.exp_avg_sq');
  assert.throws(() => resume(saved, 3), /no "model\.norm\.weight\.exp_avg_sq"/);
});

test('moments live where and how their parameter lives', () => {
  const optimizer = new AdamW(tinyModel(), usual);
  assert.ok([...optimizer.state().values()].every(({ dtype }) => dtype === 'float64'));
});

test.run();
