/**
 * Every op against PyTorch: values, and gradients under a fixed random upstream gradient (tests/golden/make_golden.py), by
 * family.
 *
 * float64, |actual - golden| <= 1e-10 (1 + |golden|). Each family is run by its file in this folder;
 * tests/tensor/goldens.test.ts sees to it that none is forgotten and that every case of the file has a row here.
 */
import * as assert from 'uvu/assert';
import { concat, scatterAdd, type Tensor, where } from '../../../src/tensor/index.ts';
import { allClose, Golden } from '../../close.ts';

export const golden = new Golden('ops');
export const tolerance = { absolute: 1e-10, relative: 1e-10 };

/** The stored tensors of one case. */
export class Case {
  readonly name: string;
  readonly leaves = new Map<string, Tensor>();

  constructor(name: string) {
    this.name = name;
    assert.ok(golden.keys(`${name}/`).length > 0, `no case ${name}`);
  }

  /** An input; it requires a gradient where PyTorch computed one. */
  input(key: string): Tensor {
    const value = golden.tensor(`${this.name}/${key}`);
    if (golden.has(`${this.name}/d${key}`)) this.leaves.set(key, value.requireGrad());
    return value;
  }

  numbers(key: string): number[] {
    return Array.from(golden.values(`${this.name}/${key}`));
  }

  number(key: string): number {
    return golden.number(`${this.name}/${key}`);
  }

  /** Compare y and the gradients of all inputs read. */
  check(y: Tensor): void {
    const expected = golden.entry(`${this.name}/y`);
    const isNumber = y.shape.length === 0; // stored with shape [1]
    assert.equal(y.shape, isNumber ? [] : expected.shape, `${this.name}: shape`);
    allClose(y.toArray(), expected.values, tolerance, this.name);
    if (!golden.has(`${this.name}/dy`)) return;
    const wanted = golden.keys(`${this.name}/d`).map((key) => key.slice(this.name.length + 2));
    const dy = golden.tensor(`${this.name}/dy`);
    y.backward({ gradient: isNumber ? dy.reshape([]) : dy });
    for (const key of wanted.filter((name) => name !== 'y')) {
      const leaf = this.leaves.get(key);
      assert.ok(leaf !== undefined, `${this.name}: input ${key} was never read`);
      allClose(
        leaf.grad!.toArray(),
        golden.values(`${this.name}/d${key}`),
        tolerance,
        `${this.name}: d${key}`,
      );
    }
  }
}

/** Called with each case of the file and the op that has to reproduce it. */
export type Run = (name: string, op: (c: Case) => Tensor) => void;

export const checkGolden: Run = (name, op) => {
  const one = new Case(name);
  one.check(op(one));
};

export const goldens = {
  arithmetic(run: Run) {
    for (const op of ['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'] as const) {
      for (const shapes of ['2,3,4x3,1', '4x2,1,4'])
        run(`${op}.${shapes}`, (c) => c.input('a')[op](c.input('b')));
    }
    for (const exponent of ['3', '0.5', '-1']) {
      run(`pow.${exponent}`, (c) => c.input('x').pow(c.number('exponent')));
    }
  },
  elementwise(run: Run) {
    for (const op of [
      'neg',
      'abs',
      'square',
      'sin',
      'cos',
      'exp',
      'log',
      'sqrt',
      'rsqrt',
      'reciprocal',
    ] as const)
      run(op, (c) => c.input('x')[op]());
  },
  activations(run: Run) {
    for (const op of ['sigmoid', 'silu', 'tanh', 'relu', 'gelu'] as const) run(op, (c) => c.input('x')[op]());
    run('gelu_tanh', (c) => c.input('x').gelu({ approximate: 'tanh' }));
  },
  select(run: Run) {
    run('where', (c) => where(c.input('condition'), c.input('a'), c.input('b')));
    run('masked_fill', (c) => c.input('x').maskedFill(c.input('mask'), c.number('value')));
    run('clamp', (c) => c.input('x').clamp({ min: c.number('low'), max: c.number('high') }));
  },
  sum(run: Run) {
    reductions(run, { sum: 'sum', mean: 'mean' });
    run('expand', (c) => c.input('x').expand(c.numbers('shape')));
  },
  extrema(run: Run) {
    reductions(run, { max: 'max', min: 'min', logsumexp: 'logSumExp' });
    for (const axis of [-1, 0]) run(`argmax.axis=${axis}`, (c) => c.input('x').argmax(c.number('axis')));
  },
  softmax(run: Run) {
    for (const [theirs, ours] of [
      ['softmax', 'softmax'],
      ['log_softmax', 'logSoftmax'],
    ] as const) {
      for (const name of ['axis=-1', 'axis=1', 'large']) {
        run(`${theirs}.${name}`, (c) => c.input('x')[ours](c.number('axis')));
      }
    }
    run('softmax.masked', (c) =>
      c.input('x').maskedFill(c.input('mask'), -Infinity).softmax(c.number('axis')),
    );
  },
  order(run: Run) {
    for (const [name, descending] of [
      ['sort.ascending', false],
      ['sort.descending', true],
    ] as const) {
      run(name, (c) => {
        const { values, indices } = c.input('x').sort({ descending });
        assert.equal(Array.from(indices.toArray()), c.numbers('indices'));
        return values;
      });
    }
    run('topk', (c) => {
      const { values, indices } = c.input('x').topK(c.number('k'));
      assert.equal(Array.from(indices.toArray()), c.numbers('indices'));
      return values;
    });
    for (const axis of [-1, 0]) run(`cumsum.axis=${axis}`, (c) => c.input('x').cumsum(c.number('axis')));
  },
  matmul(run: Run) {
    for (const shapes of ['5,7x7,3', '2,4,5x5,3', '2,3,4,5x3,5,6']) {
      run(`matmul.${shapes}`, (c) => c.input('a').matmul(c.input('b')));
    }
  },
  indexing(run: Run) {
    for (const axis of [0, -1]) {
      run(`gather.axis=${axis}`, (c) => c.input('x').gather(c.number('axis'), c.input('index')));
      run(`scatter_add.axis=${axis}`, (c) => {
        const x = c.input('x');
        return x.add(scatterAdd(x.shape, c.number('axis'), c.input('index'), c.input('source')));
      });
    }
    for (const axis of [0, 1]) {
      run(`index_select.axis=${axis}`, (c) => c.input('x').indexSelect(c.number('axis'), c.input('index')));
    }
    run('embedding', (c) => c.input('weight').embedding(c.input('ids')));
  },
  shape(run: Run) {
    run('permute', (c) => c.input('x').permute(c.numbers('axes')));
    run('permute_reshape', (c) => c.input('x').permute(c.numbers('axes')).reshape(c.numbers('shape')));
  },
  slice(run: Run) {
    run('concat', (c) => concat([c.input('a'), c.input('b'), c.input('c')], c.number('axis')));
    run('slice', (c) => {
      const [starts, ends] = [c.numbers('starts'), c.numbers('ends')];
      const cut = starts.reduce((x, start, axis) => x.slice(axis, start, ends[axis]), c.input('x'));
      assert.equal(c.numbers('steps'), [1, 1, 2]); // slices here have no step: every second one by index
      return cut.indexSelect(2, new Golden('ops').tensor('slice/starts').mul(0).add(2).cumsum().sub(2));
    });
  },
  'cross-entropy'(run: Run) {
    for (const reduction of ['mean', 'sum', 'none'] as const) {
      for (const suffix of ['', '.all-rows', '.large']) {
        run(`cross_entropy.${reduction}${suffix}`, (c) =>
          c.input('x').crossEntropy(c.input('targets'), { reduction }),
        );
      }
    }
  },
} as const satisfies Record<string, (run: Run) => void>;

export type Family = keyof typeof goldens;

type Reduction = 'sum' | 'mean' | 'max' | 'min' | 'logSumExp';

function reductions(run: Run, ops: Record<string, Reduction>): void {
  for (const [theirs, ours] of Object.entries(ops)) {
    const names = ['axis=-1', 'axis=0', 'axis=0,2', 'all'].flatMap((axes) => [axes, `${axes}.keep`]);
    if (theirs === 'logsumexp') names.push('large');
    for (const name of names) {
      run(`${theirs}.${name}`, (c) =>
        c.input('x')[ours](c.numbers('axes'), { keepDim: c.number('keepdim') === 1 }),
      );
    }
  }
}
